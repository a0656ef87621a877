"""nonlinear: arguments, files, the choice of rates, and the tests of four layers against three."""
import os
import re
import shutil
import signal
import statistics
import time
import unittest

import program
import tap

HEAD = "seed,rule,layers,lr,samples,test_error\n"
USAGE = [
    ("unknown option '--bogus'", "--bogus"),
    ("--samples needs a value", "--samples"),
    ("not '0'", "--samples", 0),
    ("not '1001'", "--batch", 1001),
    ("not '201'", "--looks", 201),
    ("not 'nan'", "--lr", "nan"),
    ("lr=F,F", "--grid", "0.1,0.2"),
    ("not '-1'", "--omega", -1),
    ('"nope"', "--rules", "bp,nope"),
    ("not 'f16'", "--dtype", "f16"),
    ("not '5'", "--seeds", 5),
    ("a thousand seeds", "--seeds", "1-1001"),
    ("exclude each other", "--seed", 1, "--seeds", "1-2"),
    ("exclude each other", "--lr", 1, "--grid", "lr=1,2"),
    ("for --grid", "--tuning", "5-6"),
    ("for --grid", "--validation", 100),
    ("one that is reported", "--grid", "lr=1,2", "--seeds", "1-5", "--tuning", "5-6"),
    ("needs --seeds or --grid", "--jobs", 2),
    ("more --looks than", "--samples", 100, "--batch", 10, "--looks", 11),
    ("not 'a.pdf'", "--plot", "a.pdf"),
]
QUICK = "--samples", 2000, "--looks", 2, "--test", 200


class Nonlinear(program.TestCase):
    name = "nonlinear"
    program = staticmethod(program.nonlinear)

    def learn(self, *arguments):
        self.succeed("--csv", self.path("run.csv"), *arguments)
        return program.read_csv(self.path("run.csv"))

    def last(self, lines, rule, layers):
        """Test errors after the last sample, seed by seed."""
        samples = max(line["samples"] for line in lines)
        return [line["test_error"] for line in lines
                if (line["rule"], line["layers"], line["samples"]) == (rule, layers, samples)]

    def test_every_rule(self):
        """Those that compute their B themselves too."""
        rules = re.findall(r"^\w+", program.run(program.LINEAR_FUNCTION, "--list-rules").stdout, re.MULTILINE)
        lines = self.learn(*QUICK, "--lr", "0.001", "--rules", ",".join(rules))
        self.assertEqual({line["rule"] for line in lines}, set(rules))

    def test_wrong_command_lines(self):
        for words, *arguments in USAGE:
            with self.subTest(arguments):
                self.assertEqual(self.fail_with(2, words, *arguments, cwd=self.folder), "")
        self.assertEqual(os.listdir(self.folder), [])

    def test_help_and_version(self):
        text = self.succeed("--help")
        for name in ("rules samples batch lr grid tuning teacher teacher-bias omega beta validation test looks seed "
                     "seeds jobs dtype csv plot quiet help version").split():
            self.assertIn(f"  --{name} ", text)
        self.assertRegex(self.succeed("--version"), r"\Anonlinear \d+\.\d+\.\d+\nlibfa [^\n]*\n\Z")

    def test_csv(self):
        lines = self.learn(*QUICK, "--seeds", "4-6", "--jobs", 2)
        with open(self.path("run.csv")) as file:
            self.assertEqual(file.readline(), HEAD)
        self.assertEqual([(line["seed"], line["rule"], line["layers"]) for line in lines[::2]],
                         [(seed, rule, layers) for seed in (4, 5, 6) for rule in ("bp", "fa") for layers in (3, 4)])
        self.assertEqual([line["samples"] for line in lines[:2]], [1000, 2000])
        # A single seed gives the same bits as a study; and so do other looks.
        self.assertEqual(self.learn(*QUICK, "--seed", 5), lines[8:16])
        self.assertEqual(self.learn(*QUICK, "--looks", 5, "--seed", 5)[4::5], lines[9:16:2])

    def test_statistics(self):
        """The table against the lines of the CSV file."""
        table = self.succeed(*QUICK, "--seeds", "1-4", "--csv", self.path("run.csv")).splitlines()
        lines = program.read_csv(self.path("run.csv"))
        three, four = (self.last(lines, "fa", layers) for layers in (3, 4))
        row = next(line.split() for line in table if line.split()[:2] == ["fa", "4"])
        self.assertAlmostEqual(float(row[4]), statistics.mean(four), delta=1e-3 * statistics.mean(four))
        differences = [b - a for a, b in zip(three, four, strict=True)]
        row = next(line.split() for line in table if line.split()[:3] == ["fa", "error", "paired"])
        mean, error = statistics.mean(differences), statistics.stdev(differences) / 2
        # 95 % quantile of Student's t with 3 degrees of freedom, from a table: 3.18245.
        for number, expected in zip(row[4:8], (mean, mean - 3.18245 * error, mean + 3.18245 * error, mean / error),
                                    strict=True):
            self.assertAlmostEqual(float(number), expected, delta=2e-3 * max(abs(expected), error))
        self.assertEqual(row[8], "3")
        row = next(line.split() for line in table if line.split()[:3] == ["fa", "error", "Welch"])
        self.assertAlmostEqual(float(row[7]),
                               mean / ((statistics.variance(three) + statistics.variance(four)) / 4) ** 0.5, delta=2e-3)

    def test_four_layers_are_better(self):
        """docs/reproduction/nonlinear.md with a fifth of its samples, three of its seeds, and one rate for all."""
        lines = self.learn("--samples", 100000, "--looks", 1, "--seeds", "1-3", "--jobs", 2)
        for rule, factor in ("bp", 0.01), ("fa", 0.9):
            for three, four in zip(self.last(lines, rule, 3), self.last(lines, rule, 4), strict=True):
                self.assertLess(four, factor * three, rule)
                self.assertTrue(0.1 < three < 0.35, three)

    def test_grid(self):
        """Every student chooses by its own validation errors, and learns at that rate."""
        table = self.succeed(*QUICK, "--seeds", "1-2", "--tuning", "7-8", "--validation", 300, "--jobs", 2, "--grid",
                             "lr=0.001,0.05,0.1", "--csv", self.path("run.csv")).splitlines()
        rows = [line.split() for line in table[3:7]]
        self.assertEqual([row[:2] for row in rows],
                         [[rule, layers] for rule in ("bp", "fa") for layers in ("3", "4")])
        rates = {(line["rule"], line["layers"]): line["lr"] for line in program.read_csv(self.path("run.csv"))}
        for rule, layers, *errors, chosen in (row[:6] for row in rows):
            least = min(range(3), key=lambda i: float(errors[i]))
            self.assertEqual(float(chosen), (0.001, 0.05, 0.1)[least])
            self.assertEqual(rates[rule, float(layers)], float(chosen))
        self.assertTrue(any("end of the grid" in line for line in table))

    def test_divergence(self):
        done = self.program(*QUICK, "--lr", 1e5, "--rules", "bp", "--seeds", "1-2", "--dtype", "f32")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bp with 3 layers diverged with seed 1 and learning rate 100000", done.stderr)
        done = self.program(*QUICK, "--grid", "lr=1e5", "--rules", "bp")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no learning rate of the grid does for bp with 3 layers", done.stderr)

    def test_interrupt(self):
        process = program.subprocess.Popen(
            [program.NONLINEAR, "--quiet", "--samples", "100000000", "--csv", self.path("run.csv")], text=True,
            stdout=program.subprocess.PIPE, stderr=program.subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        while not os.path.exists(self.path("run.csv")):  # the signal is caught by then
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, complaint = process.communicate(timeout=60)
        self.assertEqual((process.returncode, complaint),
                         (1, "nonlinear: interrupted; this is what there is so far\n"))
        self.assertIn("stopped after", output)

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_plot(self):
        for arguments in [], ["--seeds", "1-2"], ["--looks", 1]:
            self.succeed(*QUICK, "--plot", self.path("a.svg"), *arguments)
            with open(self.path("a.svg")) as file:
                self.assertTrue(file.read().rstrip().endswith("</svg>"))


if __name__ == "__main__":
    tap.main()
