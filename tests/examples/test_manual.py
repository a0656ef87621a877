"""--help, the manual pages and the completion in bash tell of the same options."""
import os
import pty
import re
import shutil
import subprocess
import time
import unittest

import program
import tap

PROGRAMS = {"fa-linear-function": program.LINEAR_FUNCTION}
if program.CLASSIFY:
    PROGRAMS["fa-classify"] = program.CLASSIFY
COMPLETION = os.environ["LIBFA_TEST_COMPLETION"]
MANUAL = os.environ["LIBFA_TEST_MANUAL"]


def options(path):
    """Name: whether it takes a value, from --help."""
    text = program.run(path, "--help").stdout
    return {name: bool(value) for name, value in re.findall(r"^  (--[a-z-]+)(?: (?! )(\S*[A-Z|=,]\S*))?", text, re.M)}


def manual(name):
    with open(os.path.join(MANUAL, name + ".1"), encoding="utf-8") as file:
        return file.read()


class Manual(unittest.TestCase):
    def test_options(self):
        for name, path in PROGRAMS.items():
            told = {"--" + option: bool(value) for option, value in
                    re.findall(r"^\.It Fl Fl ([a-z-]+)(.*)$", manual(name), re.M)}
            self.assertEqual(told, options(path))
            self.assertGreater(len(told), 20)

    def test_form(self):
        """A usage line first, at most 79 characters wide, only ASCII, the exit status and the manual last; -h too."""
        for name, path in PROGRAMS.items():
            done = program.run(path, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(program.run(path, "-h").stdout, done.stdout)
            lines = done.stdout.splitlines()
            self.assertEqual(lines[0], f"Usage: {name} [OPTION]...")
            self.assertLessEqual(max(map(len, lines)), 79)
            self.assertTrue(done.stdout.isascii())
            self.assertRegex(lines[-1], rf"^Full manual.*: man {name}$")
            self.assertRegex(done.stdout, r"\n\nExit status:\n  0  .*\n  1  (.|\n)*\n  2  .*\n\n")

    def test_statuses(self):
        """Those of --help are those of the manual."""
        for name, path in PROGRAMS.items():
            section = re.search(r"^\.Sh EXIT STATUS\n(.*?)^\.Sh", manual(name), re.M | re.S)[1]
            told = re.findall(r"^\.It (\d+)$", section, re.M)
            self.assertEqual(told, re.findall(r"^  (\d+)  ", program.run(path, "--help").stdout, re.M))

    def test_every_part_of_the_manual(self):
        for name in PROGRAMS:
            self.assertEqual(re.findall(r"^\.Sh (.*)$", manual(name), re.M),
                             ["NAME", "SYNOPSIS", "DESCRIPTION", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES",
                              "SEE ALSO", "HISTORY"])


@unittest.skipUnless(shutil.which("bash"), "no bash here")
class Completion(unittest.TestCase):
    def all_completed(self, name, lines, **settings):
        """What bash is offered for the end of each line; words end at blanks, = and : as in bash."""
        script = r"""source "$1"; program=$2; shift 2
            for COMP_LINE; do
                COMP_POINT=${#COMP_LINE}; _fa_programs "$program" "${COMP_LINE##*[=:[:space:]]}"
                printf "%s\n" "${COMPREPLY[@]}" end
            done"""
        done = program.run("bash", "--norc", "-c", script, "bash", COMPLETION, PROGRAMS[name],
                           *[f"{name} {line}" for line in lines], **settings)
        self.assertEqual(done.stderr, "")
        return [[offered for offered in part.split("\n") if offered] for part in done.stdout.split("end\n")[:-1]]

    def completed(self, name, line, **settings):
        return self.all_completed(name, [line], **settings)[0]

    def test_options(self):
        for name, path in PROGRAMS.items():
            self.assertEqual(sorted(self.completed(name, "--")), sorted(options(path)))
            self.assertEqual(sorted(self.completed(name, "--quiet --")), sorted(options(path)))
            # An option with a value is offered none of the options behind it.
            offered = self.all_completed(name, [option + " " for option in options(path)])
            for (option, takes), found in zip(options(path).items(), offered, strict=True):
                self.assertEqual("--epochs" in found, not takes, option)

    def test_values(self):
        rules = re.findall(r"^\w+", program.run(program.LINEAR_FUNCTION, "--list-rules").stdout, re.M)
        for name in PROGRAMS:
            self.assertEqual(self.completed(name, "--rules "), rules)
            self.assertEqual(self.completed(name, "--rules bp,fa,sh"), ["bp,fa,shallow"])
            self.assertEqual(self.completed(name, "--rules=bp,sh"), ["bp,shallow"])
            self.assertEqual(self.completed(name, "--dtype "), ["f32", "f64"])
            self.assertEqual(self.completed(name, "--dtype="), ["f32", "f64"])
            self.assertEqual(self.completed(name, "--record-quantities delta_angle,weight_c"),
                             ["delta_angle,weight_condition"])
            self.assertEqual(self.completed(name, "--epochs "), [])

    @unittest.skipUnless(program.CLASSIFY, "fa-classify is not built")
    def test_values_that_are_taken(self):
        """Every value that is offered is one that the program takes; and all that --help names are offered."""
        text = " ".join(program.run(program.CLASSIFY, "--help").stdout.split())
        options = ("--loss --activation --init --bias-init --feedback-init --optimizer --schedule --monitor "
                   "--output-activation --dtype --bp-layers --rules").split()
        offered = self.all_completed("fa-classify", [option + " " for option in options])
        for option, values in zip(options, offered, strict=True):
            self.assertGreater(len(values), 0)
            for value in values:
                done = program.classify(option, value, "--data", "/nonexistent")
                self.assertRegex(done.stderr, "^fa-classify: (there is no directory|.* needs softmax outputs)", value)
        for option in "--loss", "--activation", "--optimizer", "--schedule", "--init":
            told = re.search(rf" {option} (.*?) --", text)[1]
            for value in self.completed("fa-classify", option + " "):
                self.assertIn(value, told)
        self.assertIn("momentum=", self.completed("fa-classify", "--optimizer-param "))
        self.assertEqual(self.completed("fa-classify", "--rule-param feedback_form=sparse,out"),
                         ["sparse,output_error="])
        self.assertEqual(self.completed("fa-classify", "--lr bp=0.1,shal"), ["0.1,shallow="])
        self.assertIn("lr=", self.completed("fa-classify", "--grid "))

    def test_files(self):
        with program.tempfile.TemporaryDirectory() as folder:
            for file in "run.csv", "run.svg", "run.jsonl", "a b.csv":
                with open(os.path.join(folder, file), "w"):
                    pass
            os.mkdir(os.path.join(folder, "runs"))
            for line, offered in (("--csv ", ["a b.csv", "run.csv", "runs"]), ("--plot=r", ["run.svg", "runs"]),
                                  ("--record r", ["run.csv", "run.jsonl", "runs"])):
                self.assertEqual(sorted(self.completed("fa-linear-function", line, cwd=folder)), offered)
            self.assertEqual(self.completed("fa-linear-function", "--load r", cwd=folder), ["runs"])

    def test_at_a_terminal(self):
        """A bash that is typed to: TAB after an option's value, with and without "="."""
        for typed, line in (("--dty\t f3\t", "--dtype f32"), ("--rules=bp,shal\t", "--rules=bp,shallow"),
                            ("--rules bp --ep\t", "--rules bp --epochs")):
            self.assertIn(f"<{line}>", self.typed(typed))

    def typed(self, keys):
        main, other = pty.openpty()
        folder = os.path.dirname(program.LINEAR_FUNCTION)
        process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"], stdin=other, stdout=other, stderr=other, start_new_session=True,
            env={**os.environ, "PATH": folder + ":" + os.environ["PATH"], "TERM": "dumb", "INPUTRC": "/dev/null"})
        os.close(other)
        os.write(main, f"source '{COMPLETION}'; shown() {{ shift; echo \"<$*>\"; }}\n".encode())
        time.sleep(0.2)
        # The line is completed, and then its beginning is made another command that shows it.
        os.write(main, b"fa-linear-function " + keys.encode())
        time.sleep(0.5)
        os.write(main, b"\x01shown \nexit\n")
        text = program.terminal(main)
        process.wait()
        return re.sub(r" +>", ">", text.decode())


if __name__ == "__main__":
    tap.main()
