"""Standard streams that are closed, full, broken pipes or strange terminals, and files that cannot be written."""
import os
import pty
import re
import shutil
import signal
import unittest

import program
import samples
import tap

CLOSE = {"stdin": "<&-", "stdout": ">&-", "stderr": "2>&-"}


class Streams(program.TestCase):
    def setUp(self):
        super().setUp()
        self.commands = {"fa-linear-function": [program.LINEAR_FUNCTION, "--epochs", "30"]}
        if program.CLASSIFY:
            samples.write(self.path("data"))
            self.commands["fa-classify"] = [program.CLASSIFY, "--data", self.path("data"), "--hidden", "8", "--epochs",
                                            "3"]

    def closed(self, command, *streams, **options):
        """Runs it with these streams closed."""
        return program.run("sh", "-c", 'exec "$@" ' + " ".join(CLOSE[stream] for stream in streams), "sh", *command,
                           **options)

    def test_closed_error_output(self):
        """Nothing that is meant for it gets into a file."""
        for name, command in self.commands.items():
            done = self.closed([*command, "--csv", self.path("run.csv")], "stderr")
            self.assertEqual(done.returncode, 0)
            with open(self.path("run.csv")) as file:
                head, *lines = file.read().splitlines()
            self.assertEqual({line.count(",") for line in lines}, {head.count(",")}, name)

    def test_closed_output(self):
        for name, command in self.commands.items():
            done = self.closed([*command, "--quiet", "--csv", self.path("run.csv")], "stdout")
            self.assertEqual((done.returncode, done.stderr),
                             (1, f"{name}: cannot write to the standard output: Bad file descriptor\n"))
            with open(self.path("run.csv")) as file:
                self.assertNotIn("BLAS", file.read())

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_plot_with_closed_streams(self):
        """gnuplot has the script as its input, whatever number the pipe's end had."""
        for command in self.commands.values():
            for streams in ["stdin"], ["stdin", "stderr"], ["stdin", "stdout", "stderr"]:
                done = self.closed([*command, "--plot", self.path("a.svg")], *streams)
                self.assertEqual(done.returncode, int("stdout" in streams))
                with open(self.path("a.svg")) as file:
                    self.assertTrue(file.read().rstrip().endswith("</svg>"))

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_full_device(self):
        for name, command in self.commands.items():
            with open("/dev/full", "w") as full:
                done = program.subprocess.run([*command, "--quiet"], stdout=full, stderr=program.subprocess.PIPE,
                                              text=True)
            self.assertEqual((done.returncode, done.stderr),
                             (1, f"{name}: cannot write to the standard output: No space left on device\n"))
            done = program.run(*command, "--quiet", "--csv", "/dev/full")
            self.assertEqual((done.returncode, done.stderr),
                             (1, f"{name}: cannot write /dev/full: No space left on device\n"))
            # A full error output changes nothing of the results.
            with open("/dev/full", "w") as full:
                done = program.subprocess.run(command, stdout=program.subprocess.PIPE, stderr=full, text=True)
            self.assertEqual(done.returncode, 0)

    def test_broken_pipe(self):
        """Ended by the signal and silent, as other programs are; where it is ignored, a complaint."""
        for name, command in self.commands.items():
            for action, status, words in ((signal.SIG_DFL, -signal.SIGPIPE, r"\Z"),
                                          (signal.SIG_IGN, 1, rf"{name}: cannot write to the standard output.*\n\Z")):
                end, broken = os.pipe()
                os.close(end)
                done = program.subprocess.run(
                    [command[0], "--help"], stdout=broken, stderr=program.subprocess.PIPE, text=True,
                    restore_signals=False, preexec_fn=lambda: signal.signal(signal.SIGPIPE, action))
                os.close(broken)
                self.assertEqual(done.returncode, status)
                self.assertRegex(done.stderr, r"\A" + words)

    def at_terminal(self, command, **environment):
        """What a terminal is sent through the error output."""
        main, other = pty.openpty()
        process = program.subprocess.Popen(command, stdout=program.subprocess.DEVNULL, stderr=other,
                                           env={**os.environ, **environment})
        os.close(other)
        text = program.terminal(main)
        process.wait()
        return text.decode("ascii")

    def test_terminals(self):
        """No colors, ever; nothing is written over where that cannot be; COLUMNS where the terminal does not know."""
        for command in self.commands.values():
            for environment in {"NO_COLOR": "1"}, {"TERM": "xterm-256color", "CLICOLOR_FORCE": "1"}:
                self.assertNotIn("\x1b", self.at_terminal(command, **environment))
            text = self.at_terminal(command, TERM="dumb")
            self.assertRegex(text, r"\A([^\r\n]+\r\n)+\Z")
            shown = self.at_terminal(command, TERM="xterm", COLUMNS="20")
            self.assertTrue(0 < max(map(len, re.split(r"[\r\n]+", shown))) < 20, shown)

    def test_only_ascii(self):
        """In a C locale everything can be read."""
        for command in self.commands.values():
            for arguments in [], ["--seeds", "1-2"], ["--list-rules"], ["--list-rules-markdown"], ["--list-quantities"]:
                done = program.run(*command, *arguments, env={**os.environ, "LC_ALL": "C"})
                self.assertEqual(done.returncode, 0)
                self.assertTrue(done.stdout.isascii() and done.stderr.isascii(), arguments)


if __name__ == "__main__":
    tap.main()
