"""Runs of fa-classify that are killed and go on from their checkpoints."""
import os
import re
import signal
import time
import unittest

import program
import samples
import tap

RUNS = ["--rules", "bp,fa", "--hidden", "9", "--batch", "8", "--epochs", "300", "--validation", "60", "--keep-best",
        "--optimizer", "adam", "--lr", "0.01", "--dropout", "1=0.1"]


class Checkpoints(samples.TestCase):
    def numbers(self, name):
        """Lines of a CSV file, without what a clock says."""
        return [{key: value for key, value in line.items() if key != "seconds"}
                for line in program.read_csv(self.path(name))]

    def kill(self, epochs, *arguments):
        """Starts it, and kills it when the CSV file has so many more lines."""
        path = self.path("part.csv")
        process = program.subprocess.Popen([program.CLASSIFY, "--quiet", "--data", self.data, "--csv", path,
                                            "--checkpoints", self.path("kept"), *arguments],
                                           stdout=program.subprocess.DEVNULL)
        while process.poll() is None:
            if os.path.exists(path):
                with open(path, "rb") as file:
                    if file.read().count(b"\n") > epochs:
                        break
            time.sleep(0.002)
        process.kill()
        process.wait()
        self.assertEqual(process.returncode, -signal.SIGKILL)

    def test_killed_runs(self):
        """It ends as if it had not been killed, and does no epoch twice that had ended."""
        whole = self.succeed(*RUNS, "--csv", self.path("whole.csv"))
        for epochs in 20, 150, 320:
            self.kill(epochs, *RUNS)
        done = program.run(program.CLASSIFY, "--data", self.data, *RUNS, "--csv", self.path("part.csv"),
                           "--checkpoints", self.path("kept"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("bp: going on after epoch 300 of 300", done.stderr)
        found = re.search(r"fa: going on after epoch (\d+) of 300", done.stderr)
        self.assertGreater(int(found.group(1)), 15)
        without_times = [re.sub(r" +\d+\.\d\d$", "", text, flags=re.MULTILINE) for text in (done.stdout, whole)]
        self.assertEqual(*without_times)
        self.assertEqual(self.numbers("part.csv"), self.numbers("whole.csv"))
        self.assertEqual(len(os.listdir(self.path("kept"))), 4 + sum(name.endswith(".tmp")
                                                                     for name in os.listdir(self.path("kept"))))

    def test_study(self):
        """In processes of their own; other settings have files of their own."""
        study = ["--rules", "fa", "--grid", "lr=0.1,0.2", "--seeds", "1-2", "--validation", "60", "--jobs", "2"]
        kept = ["--checkpoints", self.path("kept")]
        whole = self.succeed(*study, "--csv", self.path("whole.csv"))
        self.succeed(*study, *kept, "--csv", self.path("part.csv"))
        self.assertEqual(self.numbers("part.csv"), self.numbers("whole.csv"))
        names = sorted(os.listdir(self.path("kept")))
        self.assertEqual(len(names), 8)
        self.assertRegex(names[0], r"\Afa-seed1-lr0\.1-[0-9a-f]{16}\.npy\Z")
        again = self.succeed(*study, *kept, "--csv", self.path("again.csv"))
        self.assertEqual(self.numbers("again.csv"), self.numbers("whole.csv"))
        self.assertEqual(*(re.sub(r"\n.*  seconds .*", "", text) for text in (again, whole)))
        self.succeed(*study, *kept, "--epochs", "4")
        self.assertEqual(len(os.listdir(self.path("kept"))), 16)

    def test_weights_are_a_network(self):
        self.succeed("--rules", "fa", "--checkpoints", self.path("kept"))
        name, = (name for name in os.listdir(self.path("kept")) if name.endswith(".safetensors"))
        with open(self.path("kept/" + name), "rb") as file:
            content = file.read()
        self.assertIn(b'"layers.1.weight"', content[:8 + int.from_bytes(content[:8], "little")])

    def test_damage(self):
        """A file that is not what it should be is named and left alone."""
        self.succeed("--rules", "fa", "--checkpoints", self.path("kept"))
        for name in os.listdir(self.path("kept")):
            path = self.path("kept/" + name)
            with open(path, "rb") as file:
                content = file.read()
            with open(path, "wb") as file:
                file.write(content[:-1])
            done = self.program("--rules", "fa", "--checkpoints", self.path("kept"))
            self.assertEqual(done.returncode, 1)
            self.assertIn(name, done.stderr)
            self.assertEqual(os.path.getsize(path), len(content) - 1)
            with open(path, "wb") as file:
                file.write(content)
        self.succeed("--rules", "fa", "--checkpoints", self.path("kept"))

    def test_wrong_calls(self):
        done = self.program("--checkpoints", self.path("kept"), "--record", self.path("r.csv"))
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        # Before anything is trained.
        for path, words in (self.path("no/such/folder"), "No such file"), ("/dev/full", "is no directory"):
            self.assertEqual(self.fail_with(1, f"{path}: ", "--checkpoints", path), "")
            self.fail_with(1, words, "--checkpoints", path)


if __name__ == "__main__":
    tap.main()
