"""The Python examples that learn from images: classifiers compared rule by rule, and the angles of their layers."""
import csv
import gzip
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy as np

import tap

EXAMPLES = os.path.join(tap.ROOT, "examples", "python")
MATPLOTLIB_IS_MISSING = "import sys; sys.modules['matplotlib'] = None; import runpy; sys.argv = sys.argv[1:]; " \
                        "runpy.run_path(sys.argv[0], run_name='__main__')"


def example(name, *arguments):
    return subprocess.run([sys.executable, os.path.join(EXAMPLES, name), *arguments], capture_output=True, text=True)


class OnImages(unittest.TestCase):
    """Of 4 x 4 pixels whose brightest quarter is their class."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        draw = np.random.default_rng(1)
        for part, count in (("train", 300), ("t10k", 100)):
            labels = draw.integers(0, 4, count).astype(np.uint8)
            images = draw.integers(0, 128, (count, 4, 4)).astype(np.uint8)
            for image, label in zip(images, labels):
                image[label // 2 * 2:, label % 2 * 2:][:2, :2] += 127
            self.idx(f"{part}-images-idx3-ubyte" + ".gz" * tap.ZLIB, images, gzip.compress if tap.ZLIB else bytes)
            self.idx(f"{part}-labels-idx1-ubyte", labels)

    def path(self, name):
        return os.path.join(self.folder, name)

    def idx(self, name, array, packed=bytes):
        with open(self.path(name), "wb") as file:
            file.write(packed(struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()))

    def bad_files(self, name):
        """Programs end with a sentence where the data are missing or do not fit."""
        os.remove(self.path("t10k-labels-idx1-ubyte"))
        done = example(name, "--data", self.folder)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"{name}: there is no t10k-labels-idx1-ubyte[.gz] in {self.folder}", done.stderr)
        self.idx("t10k-labels-idx1-ubyte", np.zeros(3, np.uint8))
        done = example(name, "--data", self.folder)
        self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (1, "", 1))

    def refused(self, name, *arguments):
        done = example(name, "--data", self.folder, *arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
        self.assertIn(f"{name}: error: argument {arguments[0]}", done.stderr)


class Classify(OnImages):
    def classify(self, *arguments, status=0):
        done = example("classify.py", "--data", self.folder, "--epochs", "8", "--hidden", "20,10", "--batch", "10",
                       *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_lines_and_table(self):
        done = self.classify("--rules", "bp,fa,shallow", "--seeds", "1,7-8")
        lines, table = (part.splitlines() for part in done.stdout.split("\n\n")[::2])
        header, *lines = [line.split() for line in lines]
        self.assertEqual(header, ["rule", "seed", "epoch", "loss", "training", "test", "seconds"])
        self.assertEqual([line[:3] for line in lines], [[rule, seed, str(epoch)] for seed in "178"
                                                        for rule in ("bp", "fa", "shallow") for epoch in range(1, 9)])
        errors = {(line[0], line[1]): 100 - float(line[5].rstrip("%")) for line in lines if line[2] == "8"}
        for rule, *rest in (line.split() for line in table[1:]):
            mine, reference = (np.array([errors[name, seed] for seed in "178"]) for name in (rule, "bp"))
            self.assertEqual(rest[:4], ["0.1", f"{mine.mean():.2f}", "±", f"{mine.std(ddof=1):.2f}"])
            # Chance is 75 %: eight standard deviations of 300 trials.
            self.assertLess(mine.mean(), 75 - 8 * 2.5, rule)
            if rule != "bp":
                difference = mine - reference
                half = 4.302653 * difference.std(ddof=1) / np.sqrt(3)  # Student's t, 2 degrees of freedom
                self.assertEqual(" ".join(rest[4:7]), f"{difference.mean():+.2f} [{difference.mean() - half:+.2f}, "
                                                      f"{difference.mean() + half:+.2f}]")
        self.assertEqual(table[1].split()[-3:-1], ["0", "0"])
        self.assertEqual(table[3].split()[-3:-1], ["-", "-"])
        self.assertTrue(all(20 < float(angle) < 90 for angle in table[2].split()[-3:-1]), table[2])

    def test_seeds_are_paired(self):
        """With one hidden layer fa and dfa are one rule: the same weights, order and B give the same numbers."""
        done = example("classify.py", "--data", self.folder, "--epochs", "3", "--hidden", "20", "--rules", "fa,dfa",
                       "--seeds", "1-2")
        lines = [line.split() for line in done.stdout.splitlines()[1:13]]
        numbers = {rule: [line[1:-1] for line in lines if line[0] == rule] for rule in ("fa", "dfa")}
        self.assertEqual(len(numbers["fa"]), 6)
        self.assertEqual(numbers["fa"], numbers["dfa"])

    def test_a_rule_does_not_depend_on_the_others(self):
        """It has the same numbers whatever else is run, and a rate of its own is only its own."""
        alone, beside = (self.classify("--rules", rules, "--eta", "0.1,shallow=0.3").stdout.splitlines()
                         for rules in ("fa", "shallow,fa"))
        without_time = [[line.split()[:-1] for line in lines if re.match("fa .*%", line)] for lines in (alone, beside)]
        self.assertEqual(len(without_time[0]), 8)
        self.assertEqual(*without_time)
        rates = {line.split()[0]: line.split()[1] for line in beside[-2:]}
        self.assertEqual(rates, {"shallow": "0.3", "fa": "0.1"})

    def test_quiet(self):
        done = self.classify("--quiet", "--rules", "bp,fa")
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()[-2:]], ["bp", "fa"])
        self.assertNotIn("epoch ", done.stdout)

    def test_a_rule_that_diverges(self):
        done = self.classify("--rules", "bp,dfa", "--eta", "0.1,dfa=1e30", "--activation", "relu", status=1)
        self.assertIn("classify.py: dfa, seed 1: ", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertEqual(done.stdout.splitlines()[-1].split()[:3], ["dfa", "1e+30", "diverged"])

    def test_bad_input(self):
        self.bad_files("classify.py")
        for arguments in (["--epochs", "0"], ["--batch", "1.5"], ["--seeds", "-1"], ["--seeds", "3-1"],
                          ["--seeds", "1,1"], ["--rules", "nothing"], ["--rules", "fa,fa"], ["--eta", "nan"],
                          ["--eta", "nothing=1"], ["--eta", "fa="], ["--hidden", "5,"]):
            self.refused("classify.py", *arguments)

    def test_quantile_of_student(self):
        sys.path.insert(0, EXAMPLES)
        import classify
        for degrees, quantile in ((1, 12.70620), (2, 4.30265), (9, 2.26216), (30, 2.04227)):  # any printed table
            self.assertAlmostEqual(classify.student_quantile(degrees), quantile, 4)


class Angles(OnImages):
    def angles(self, *arguments):
        return ["--data", self.folder, "--hidden", "20,10", "--batch", "10", "--epochs", "3", "--every", "15",
                *arguments]

    def test_a_line_for_every_look(self):
        done = example("angles.py", *self.angles("--csv", self.path("angles.csv")))
        self.assertEqual(done.returncode, 0, done.stderr)
        *lines, test, first, second = done.stdout.splitlines()
        self.assertEqual(len(lines), 6)  # batches 15 and 30 of three epochs
        for i, line in enumerate(lines):
            self.assertRegex(line, rf"^epoch {i // 2 + 1}/3 batch {i % 2 * 15 + 15}/30 loss \d\.\d{{3}}  angles"
                                   r"  1: \d\d\.\d  2: \d\d\.\d$")
        self.assertRegex(test, r"^test error \d+\.\d\d %$")
        shown = np.array([re.findall(r"\d: +(\d\d\.\d)", line) for line in lines], float)
        for l, line in ((1, first), (2, second)):
            self.assertEqual(line, f"layer {l}: {shown[0, l - 1]:4.1f} -> {shown[-1, l - 1]:4.1f} degrees to "
                                   "back-propagation")
        with open(self.path("angles.csv"), encoding="ascii") as file:
            rows = list(csv.DictReader(file))
        written = np.array([[row["delta_angle_1"], row["delta_angle_2"]] for row in rows], float)
        self.assertLess(np.max(abs(written - shown)), 0.05 + 1e-9)
        self.assertLess(shown[-1].mean(), shown[0].mean())

    def test_rules_without_angles(self):
        done = example("angles.py", *self.angles("--rule", "shallow"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("  1:    -  2:    -", done.stdout)

    def test_one_line_on_a_terminal(self):
        terminal, end = pty.openpty()
        process = subprocess.Popen([sys.executable, os.path.join(EXAMPLES, "angles.py"), *self.angles()], stdout=end,
                                   env={**os.environ, "COLUMNS": "50"})
        os.close(end)
        shown = b""
        while True:
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # the program is done
                break
        os.close(terminal)
        self.assertEqual(process.wait(), 0)
        live, *rest = shown.decode().split("\r\n")
        frames = live.split("\r")[1:]
        self.assertEqual(len(frames), 6)
        self.assertTrue(all(frame.startswith("epoch ") and len(frame) < 50 for frame in frames), frames)
        self.assertEqual(len(rest), 4)  # test error, two layers, and the end of the last line

    def test_control_c(self):
        process = subprocess.Popen([sys.executable, os.path.join(EXAMPLES, "angles.py"), *self.angles("--every", "1"),
                                    "--epochs", "1000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertTrue(process.stdout.readline().startswith("epoch 1/1000000 batch 1/30"))
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
        self.assertEqual((process.returncode, complaint), (130, ""))

    def test_bad_input(self):
        self.bad_files("angles.py")
        for arguments in (["--rule", "nothing"], ["--every", "0"], ["--eta", "x"], ["--seed", "1e3"],
                          ["--hidden", ""]):
            self.refused("angles.py", *arguments)
        for arguments, sentence in ((["--plot", "a.pdf"], "--plot a.pdf: the name has to end in .png or .svg"),
                                    (["--plot", "/missing/a.svg"], "the folder /missing is missing")):
            done = example("angles.py", *arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("angles.py: " + sentence if sentence[0] == "-" else sentence, done.stderr)

    def test_a_plot_without_matplotlib(self):
        done = subprocess.run([sys.executable, "-c", MATPLOTLIB_IS_MISSING, os.path.join(EXAMPLES, "angles.py"),
                               "--plot", self.path("a.svg")], capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": EXAMPLES + os.pathsep + os.environ["PYTHONPATH"]})
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("angles.py: --plot needs Matplotlib (Debian: python3-matplotlib)", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == "__main__":
    tap.main()
