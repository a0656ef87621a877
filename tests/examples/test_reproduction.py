"""Short forms of docs/reproduction/mnist.md: the first epochs of published and measured runs.

Fashion-MNIST is Debian's package dataset-fashion-mnist. The cases on MNIST run if LIBFA_MNIST names a directory that
has its files. Intervals are those of the docs: for one run, mean +- 5 standard deviations over the seeds 1-5 of this
program (stated with each), and wide enough to hold the number of the source.
"""
import os
import tempfile
import unittest

import program
import tap

FASHION = "/usr/share/datasets/fashion-mnist"
MNIST = os.environ.get("LIBFA_MNIST")


def learn(data, *arguments):
    """{(rule, epoch): line of the CSV file}"""
    with tempfile.TemporaryDirectory(prefix="libfa-reproduction-") as folder:
        path = os.path.join(folder, "run.csv")
        done = program.classify("--data", data, "--seed", 1, "--csv", path, *arguments)
        if done.returncode:
            raise AssertionError(done.stderr)
        return {(line["rule"], int(line["epoch"])): line for line in program.read_csv(path)}


class Case(unittest.TestCase):
    def near(self, line, column, mean, deviation):
        value = float(line[column])
        self.assertLessEqual(abs(value - mean), 5 * deviation, f"{column} is {value}, not {mean} +- 5 * {deviation}")


class Fashion(Case):
    def test_three_epochs(self):
        lines = learn(FASHION, "--rules", "bp,fa", "--hidden", 500, "--schedule", "cosine", "--epochs", 3, "--lr", 0.1)
        self.near(lines["bp", 3], "test_error", 0.1557, 0.0005)
        self.near(lines["fa", 3], "test_error", 0.1687, 0.0014)
        self.assertGreater(float(lines["fa", 1]["angle_1"]), float(lines["fa", 3]["angle_1"]))


class Akrout(Case):
    """Akrout et al., arXiv:1904.05391, the authors' logs of MNIST 784-500-10: after epoch 1 BP 12.00 %, FA 14.51 %."""

    def test_one_epoch(self):
        wide = "glorot_normal=0.70710678"
        lines = learn(MNIST, "--rules", "bp,fa", "--hidden", 500, "--activation", "logistic", "--loss",
                      "binary_cross_entropy", "--init", wide, "--bias-init", wide, "--feedback-init", wide, "--lr", 0.2,
                      "--bias-lr-scale", 1 / 128, "--batch", 128, "--no-shuffle", "--drop-last", "--epochs", 1)
        self.near(lines["bp", 1], "test_error", 0.1200, 0.0005)
        self.near(lines["fa", 1], "test_error", 0.1434, 0.0022)


class AkroutFamily(Case):
    """The same for the weight mirror, 21.52 %, and Kolen-Pollack, 11.10 %."""

    def test_one_epoch(self):
        wide = "glorot_normal=0.70710678"
        lines = learn(MNIST, "--rules", "weight_mirror,kolen_pollack", "--hidden", 500, "--activation", "logistic",
                      "--loss", "binary_cross_entropy", "--init", wide, "--bias-init", wide, "--feedback-init", wide,
                      "--lr", "weight_mirror=0.05,kolen_pollack=0.3", "--bias-lr-scale", 1 / 128, "--batch", 128,
                      "--no-shuffle", "--drop-last", "--mirror-steps", 468, "--epochs", 1)
        self.near(lines["weight_mirror", 1], "test_error", 0.2179, 0.0054)
        self.near(lines["kolen_pollack", 1], "test_error", 0.1108, 0.0006)
        self.assertLess(float(lines["kolen_pollack", 1]["angle_1"]), 30)


class Lillicrap(Case):
    """Lillicrap et al., arXiv:1411.0247: online, 784-1000-10, logistic, eta 1e-3; the first of 60 epochs."""

    def test_one_epoch(self):
        lines = learn(MNIST, "--rules", "bp,fa", "--hidden", 1000, "--activation", "logistic", "--loss",
                      "binary_cross_entropy", "--init", "uniform=0.05", "--feedback-init", "uniform=1", "--batch", 1,
                      "--lr", 1e-3, "--epochs", 1)
        self.near(lines["bp", 1], "test_error", 0.1243, 0.0064)
        self.near(lines["fa", 1], "test_error", 0.0961, 0.0008)


if not MNIST:
    del Akrout, AkroutFamily, Lillicrap

if __name__ == "__main__":
    tap.main()
