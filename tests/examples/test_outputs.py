"""What fa-linear-function writes: table, CSV, saved files, plots, studies; divergence and Ctrl-C."""
import math
import os
import shutil
import signal
import statistics
import time
import unittest

import program
import tap

HEAD = "rule,epoch,train_loss,test_loss,update_angle,weight_angle\n"


class Outputs(program.TestCase):
    def learn(self, *arguments):
        self.succeed("--csv", self.path("run.csv"), *arguments)
        return program.read_csv(self.path("run.csv"))

    def first_line(self):
        with open(self.path("run.csv")) as file:
            return file.readline()

    def test_default_run_learns(self):
        lines = self.learn()
        self.assertEqual(self.first_line(), HEAD)
        self.assertEqual([(line["rule"], line["epoch"]) for line in lines],
                         [(rule, epoch) for rule in ("bp", "fa", "shallow") for epoch in range(1, 1001)])
        bp, fa, shallow = lines[:1000], lines[1000:2000], lines[2000:]
        start = bp[0]["train_loss"]
        # Published spread of the first loss: 290; after 1000 epochs FA is at 1e-20 .. 1e-12.
        self.assertTrue(3750 - 5 * 290 < start < 3750 + 5 * 290)
        self.assertEqual([line["train_loss"] for line in (fa[0], shallow[0])], [start, start])
        self.assertLess(bp[-1]["train_loss"], 1e-20)
        self.assertLess(fa[-1]["train_loss"], 1e-9)
        self.assertLess(fa[-1]["test_loss"], 1e-9)
        self.assertGreater(shallow[-1]["train_loss"], start / 2)
        self.assertLess(fa[-1]["update_angle"], 45)
        self.assertLess(fa[-1]["weight_angle"], 45)

    def test_rounding_level_has_no_angle(self):
        """bp ends where e holds rounding errors only: then, and only then, the field is empty."""
        bp = self.learn("--rules", "bp", "--epochs", "1500")
        empty = [line["update_angle"] is None for line in bp]
        self.assertTrue(empty[-1])
        self.assertFalse(any(empty[:200]))
        # |y*|^2 is about twice the first loss; the bound is u (n_0 + n_1) (|y| + |y*|).
        limit = 0.5 * (2.0 ** -53 * 50 * 2) ** 2 * 2 * bp[0]["train_loss"]
        for line in bp:
            if line["train_loss"] > 4 * limit or line["train_loss"] < limit / 4:
                self.assertEqual(line["update_angle"] is None, line["train_loss"] < limit)

    def test_zero_feedback_has_no_angle(self):
        for line in self.learn("--beta", "0", "--epochs", "3"):
            self.assertEqual((line["update_angle"], line["weight_angle"]), (None, None))

    def test_tracing_changes_nothing(self):
        """With and without --csv other calls of the library do the work; the weights are the same bits."""
        self.succeed("--epochs", "50", "--save", self.path("plain"))
        self.learn("--epochs", "50", "--save", self.path("traced"))
        for name in os.listdir(self.path("plain")):
            with open(self.path(f"plain/{name}"), "rb") as a, open(self.path(f"traced/{name}"), "rb") as b:
                self.assertEqual(a.read(), b.read(), name)

    def test_save_and_load(self):
        drawn = self.learn("--seed", "5", "--epochs", "20", "--save", self.path("saved"))
        loaded = self.learn("--load", self.path("saved"), "--epochs", "20")
        self.assertEqual(drawn, loaded)
        T, x, y = (program.read_npy(self.path(f"saved/{name}.npy")) for name in ("T", "x_test", "y_test"))
        self.assertEqual([len(rows) for rows in (T, x, y)] + [len(x[0])], [10, 30, 10, 25])
        self.assertAlmostEqual(sum(T[3][k] * x[k][7] for k in range(30)), y[3][7], delta=1e-13)

    def test_float32(self):
        """The same numbers are drawn: the first losses agree to the rounding of float32."""
        single, double = (self.learn("--dtype", dtype, "--epochs", "1")[0] for dtype in ("f32", "f64"))
        self.assertNotEqual(single["train_loss"], double["train_loss"])
        self.assertAlmostEqual(single["train_loss"] / double["train_loss"], 1, delta=2 * 50 * 2.0 ** -24)

    def test_divergence(self):
        done = program.linear_function("--eta", "1", "--csv", self.path("run.csv"))
        self.assertEqual(done.returncode, 1)
        told = [line.split() for line in done.stderr.splitlines()]
        self.assertEqual([line[1:5] for line in told], [[rule, "diverged", "at", "epoch"] for rule in ("bp", "fa")])
        lines = program.read_csv(self.path("run.csv"))
        for rule, epoch in ((line[1], int(line[5])) for line in told):
            last = [line for line in lines if line["rule"] == rule][-1]
            self.assertEqual(last["epoch"], epoch - 1)
            self.assertTrue(math.isfinite(last["train_loss"]) and last["train_loss"] > 1e9)
        self.assertEqual(sum(line["rule"] == "shallow" for line in lines), 1000)

    def test_study(self):
        table = self.succeed("--seeds", "3-6", "--epochs", "30", "--rules", "fa", "--csv", self.path("run.csv"))
        self.assertEqual(self.first_line(), "seed," + HEAD)
        lines = program.read_csv(self.path("run.csv"))
        self.assertEqual([line["seed"] for line in lines[::30]], [3, 4, 5, 6])
        first = [line["train_loss"] for line in lines[::30]]
        row = next(line.split() for line in table.splitlines() if "first loss" in line)
        # 95 % quantile of Student's t with 3 degrees of freedom, from a table: 3.18245.
        mean, sd = statistics.mean(first), statistics.stdev(first)
        half = 3.18245 * sd / 2
        self.assertEqual(row[3], "4")
        for number, expected in zip(row[4:], (mean, sd, mean - half, mean + half), strict=True):
            self.assertAlmostEqual(float(number), expected, delta=1e-5 * mean)

    def test_study_counts_what_diverged(self):
        done = program.linear_function("--seeds", "1-2", "--epochs", "50", "--eta", "1", "--rules", "bp,shallow")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("bp diverged at epoch"), 2)
        self.assertIn("bp: 0 runs complete, 2 diverged\nshallow: 2 runs complete, 0 diverged\n", done.stdout)

    def test_interrupt(self):
        """Ctrl-C: what there is so far is written and told."""
        process = program.subprocess.Popen(
            [program.LINEAR_FUNCTION, "--quiet", "--epochs", "10000000", "--csv", self.path("run.csv")], text=True,
            stdout=program.subprocess.PIPE, stderr=program.subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        while not os.path.exists(self.path("run.csv")):  # the signal is caught by then
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, complaint = process.communicate(timeout=60)
        self.assertEqual((process.returncode, complaint),
                         (1, "fa-linear-function: interrupted; this is what there is so far\n"))
        self.assertIn("bp", output)
        self.assertNotIn("shallow", output)
        self.assertTrue(all(line["rule"] == "bp" for line in program.read_csv(self.path("run.csv"))))


class Plot(program.TestCase):
    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_plots(self):
        for arguments in [], ["--seeds", "1-3"], ["--seeds", "5-5"], ["--online"], ["--eta", "1", "--rules", "shallow"]:
            self.succeed("--epochs", "12", "--plot", self.path("it's.svg"), *arguments)
            with open(self.path("it's.svg")) as file:
                picture = file.read()
            self.assertTrue(picture.startswith("<?xml") and picture.rstrip().endswith("</svg>"))
        self.succeed("--epochs", "12", "--plot", self.path("a.png"))
        with open(self.path("a.png"), "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.png", "it's.svg"])

    def test_without_gnuplot(self):
        """Found out before anything is trained."""
        output = self.fail_with(1, "apt install gnuplot-nox", "--epochs", "3", "--plot", self.path("a.svg"), "--csv",
                                self.path("a.csv"), env={**os.environ, "PATH": self.folder})
        self.assertEqual(output, "")
        self.assertEqual(os.listdir(self.folder), [])

    def test_broken_gnuplot(self):
        """At once, or when the picture is drawn: then the table is there."""
        for script, table in ("exit 3", False), ('[ -e "$0.ran" ] && exit 3; : >"$0.ran"; exec cat', True):
            with open(self.path("gnuplot"), "w") as file:
                file.write(f"#!/bin/sh\n{script}\n")
            os.chmod(self.path("gnuplot"), 0o755)
            output = self.fail_with(1, "gnuplot failed", "--plot", self.path("a.svg"), "--epochs", "400",
                                    env={**os.environ, "PATH": self.folder + os.pathsep + os.environ["PATH"]})
            self.assertEqual("shallow" in output, table)
            self.assertLessEqual(set(os.listdir(self.folder)), {"gnuplot", "gnuplot.ran"})


if __name__ == "__main__":
    tap.main()
