"""fa-linear-function against a run made with NumPy (tests/data/make_linear_reference.py).

The two sum in other orders. A product of n terms is known to n u relative to the size of what is summed (Higham 2002,
section 3.1), so an epoch of either run may move y by (n_0 + n_1 + n_train) u (|y| + |y*|): forward pass and gradient.
In a descent that contracts these add up at most linearly with the epochs; 2 for two runs. The loss is |e|^2: 2 again.
"""
import math
import os

import program
import tap

REFERENCE = os.path.join(program.DATA, "linear")
RULES = "bp", "fa", "shallow"
EPOCHS = 100
TERMS = 12 + 8 + 30


def norm(rows):
    return math.sqrt(sum(value * value for row in rows for value in row))


def reference(name):
    return program.read_npy(os.path.join(REFERENCE, name + ".npy"))


class Reference(program.TestCase):
    def compare(self, rule, lines, unit):
        """Losses and angles of all epochs whose error is small; how many these are."""
        losses, tests, angles = (reference(f"{rule}_{name}") for name in ("loss", "test_loss", "angles"))
        y_norm = {part: norm(reference("y_" + part)) for part in ("train", "test")}
        lines = [line for line in lines if line["rule"] == rule]
        self.assertEqual([line["epoch"] for line in lines], list(range(1, EPOCHS + 1)))
        compared = 0
        for epoch, line in enumerate(lines):
            relative = 2 * (epoch + 1) * TERMS * unit
            e_error = relative * 2 * y_norm["train"] / math.sqrt(2 * losses[0][epoch])
            test_error = relative * 2 * y_norm["train"] / math.sqrt(2 * tests[0][epoch])
            if e_error > 1e-2:
                continue
            compared += 1
            self.assertAlmostEqual(line["train_loss"] / losses[0][epoch], 1, delta=2 * e_error)
            self.assertAlmostEqual(line["test_loss"] / tests[0][epoch], 1, delta=2 * test_error)
            self.assertAlmostEqual(line["update_angle"], angles[epoch][0], delta=math.degrees(2 * e_error))
            self.assertAlmostEqual(line["weight_angle"], angles[epoch][1], delta=math.degrees(e_error))
        return compared

    def learn(self, *arguments):
        self.succeed("--load", REFERENCE, "--epochs", EPOCHS, "--csv", self.path("run.csv"), *arguments)
        return program.read_csv(self.path("run.csv"))

    def test_float64(self):
        lines = self.learn()
        for rule in RULES:
            self.assertEqual(self.compare(rule, lines, 2.0 ** -53), EPOCHS)

    def test_mini_batches_are_accumulated(self):
        for batch in 1, 7, 29, 30:
            lines = self.learn("--batch", batch)
            for rule in RULES:
                self.assertEqual(self.compare(rule, lines, 2.0 ** -53), EPOCHS)

    def test_float32(self):
        lines = self.learn("--dtype", "f32")
        for rule in RULES:
            self.assertGreaterEqual(self.compare(rule, lines, 2.0 ** -24), 10)

    def test_saved_files(self):
        """What was loaded comes back bit for bit, and the last weights are the reference's."""
        for arguments in ([], ["--csv", self.path("run.csv")]):  # with and without angles: other calls of the library
            self.succeed("--load", REFERENCE, "--epochs", EPOCHS, "--save", self.path("saved"), *arguments)
            for name in "W0", "W", "B", "x_train", "y_train", "x_test", "y_test":
                self.assertEqual(program.read_npy(self.path(f"saved/{name}.npy")), reference(name))
            for name in (f"{rule}_{weights}" for rule in RULES for weights in ("W0", "W")):
                expected, got = reference(name), program.read_npy(self.path(f"saved/{name}.npy"))
                difference = [[a - b for a, b in zip(*rows)] for rows in zip(expected, got, strict=True)]
                self.assertLessEqual(norm(difference), 2 * EPOCHS * TERMS * 2.0 ** -53 * norm(expected))


if __name__ == "__main__":
    tap.main()
