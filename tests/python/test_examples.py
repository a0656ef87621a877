"""The Python examples: the experiment agrees with the C program byte for byte, and rules written in Python learn."""
import csv
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np

import libfa
import tap

EXAMPLES = os.path.join(tap.ROOT, "examples", "python")
C_PROGRAM = os.environ.get("LIBFA_TEST_LINEAR_FUNCTION")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def example(name, *arguments):
    return run(sys.executable, os.path.join(EXAMPLES, name), *arguments)


class LinearFunction(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def agree(self, *arguments, status=0):
        """Both programs, and their CSV files: losses and angles of every epoch."""
        c = run(C_PROGRAM, "--quiet", *arguments, "--csv", self.path("c.csv"))
        python = example("linear_function.py", *arguments, "--csv", self.path("python.csv"))
        self.assertEqual((c.returncode, python.returncode), (status, status), c.stderr + python.stderr)
        self.assertEqual(self.read("c.csv"), self.read("python.csv"))
        return self.read("c.csv").count(b"\n")

    @unittest.skipUnless(C_PROGRAM, "the C program was not built")
    def test_same_bytes_as_the_c_program(self):
        self.assertEqual(self.agree("--seed", "1"), 3001)
        self.agree("--seed", "18446744073709551615", "--dtype", "f32", "--epochs", "200")
        self.agree("--rules", "fa,bp", "--batch", "20", "--epochs", "200")
        self.agree("--batch", "16", "--dtype", "f32", "--epochs", "100", "--eta", "0.05")

    @unittest.skipUnless(C_PROGRAM, "the C program was not built")
    def test_same_bytes_from_loaded_files(self):
        draw = np.random.default_rng(1)
        T = draw.uniform(-1, 1, (4, 6))
        arrays = {"W0": draw.uniform(-0.1, 0.1, (5, 6)), "W": draw.uniform(-0.1, 0.1, (4, 5)),
                  "B": np.asfortranarray(draw.uniform(-0.5, 0.5, (5, 4)))}
        for part, count in (("train", 21), ("test", 8)):
            arrays["x_" + part] = draw.normal(size=(6, count))
            arrays["y_" + part] = T @ arrays["x_" + part]
        for name, array in arrays.items():
            np.save(self.path(name + ".npy"), array)
        for dtype in ("f32", "f64"):
            self.agree("--load", self.folder, "--dtype", dtype, "--epochs", "300")

    @unittest.skipUnless(C_PROGRAM, "the C program was not built")
    def test_same_epoch_of_divergence(self):
        lines = self.agree("--eta", "0.5", "--epochs", "50", status=1)
        self.assertLess(lines, 3 * 50)

    def test_the_network_learns(self):
        done = example("linear_function.py", "--csv", self.path("python.csv"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], ["rule", "bp", "fa", "shallow"])
        with open(self.path("python.csv"), encoding="ascii") as file:
            lines = list(csv.DictReader(file))
        losses = {rule: [float(line["train_loss"]) for line in lines if line["rule"] == rule]
                  for rule in ("bp", "fa", "shallow")}
        for rule, series in losses.items():
            self.assertEqual(len(series), 1000)
            # 3750 +- 290 over draws: five standard deviations; all rules start alike.
            self.assertLess(abs(series[0] - 3750), 5 * 290)
            self.assertEqual(series[0], losses["bp"][0])
        self.assertLess(losses["fa"][-1], 1e-12)
        self.assertLess(losses["bp"][-1], 1e-20)
        self.assertGreater(losses["shallow"][-1], 1)

    def test_usage(self):
        for arguments in (["--rules", "nothing"], ["--epochs", "0"], ["--dtype", "f16"], ["--no-such-option"]):
            done = example("linear_function.py", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
        done = example("linear_function.py", "--load", self.path("missing"))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1)


class CustomRule(unittest.TestCase):
    def test_rules_learn(self):
        done = example("custom_rule.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        header, *lines = [line.split() for line in done.stdout.splitlines()]
        table = {rule: tuple(map(float, numbers)) for rule, *numbers in lines}
        self.assertEqual(list(table), ["fa", "python_fa", "numpy_dfa", "sign_fa", "python_kp"])
        self.assertEqual(table["python_fa"], table["fa"])
        for rule, (first, last, angle) in table.items():
            self.assertEqual(first, table["fa"][0])
            self.assertLess(last, 0.01 * first, rule)
            self.assertLess(angle, 45, rule)
        # Feedback that learns ends nearer to back-propagation than any that is fixed.
        self.assertLess(2 * table["python_kp"][2], min(table[rule][2] for rule in table if rule != "python_kp"))

    def test_feedback_that_learns_is_the_built_in_rule(self):
        sys.path.insert(0, EXAMPLES)
        import custom_rule
        one = custom_rule.learn(custom_rule.PythonKP(), 3, 20, 0.05)[:3]
        other = custom_rule.learn("kolen_pollack", 3, 20, 0.05)[:3]
        np.testing.assert_allclose(one, other, rtol=1e-12)  # sums of 75 products, 20 times

    def test_bad_input_is_said_in_a_sentence(self):
        for arguments in (["--epochs", "0"], ["--epochs", "x"], ["--eta", "nan"], ["--eta", "-1"], ["--seed", "-1"]):
            done = example("custom_rule.py", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertNotIn("Traceback", done.stderr)
        done = example("custom_rule.py", "--eta", "1")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertEqual(done.stdout.count("--eta 1 is too large for it"), 5)

    def test_direct_rule_is_fa_for_one_hidden_layer(self):
        """With L = 2 the feedback of dfa has the shape of fa's: the same B gives the same network."""
        sys.path.insert(0, EXAMPLES)
        import custom_rule
        x = libfa.random_normal(libfa.stream(1), 0.0, 1.0, np.empty((10, 6)))
        target = libfa.random_normal(libfa.stream(2), 0.0, 1.0, np.empty((10, 3)))
        B = libfa.random_uniform(libfa.stream(3), -1.0, 1.0, np.empty((4, 3)))
        weights = []
        for rule, array in (("fa", "B"), (custom_rule.NumpyDFA(), "D")):
            net = libfa.Network(6, "float64")
            net.add_dense(4, "tanh")
            net.add_dense(3)
            net.init_weights(0, "uniform", 0.5, seed=1)
            fb = libfa.Feedback(net, rule, 1)
            fb.set(array, 1, B)
            libfa.train_step(net, libfa.Pass(net, 10), fb, libfa.Optimizer(net, learning_rate=0.1), x, target)
            weights.append(net.weights(1).copy())
        # Errors below 10: sums of 3 products and 10 samples, with a slope and a rate, on both sides.
        self.assertLess(np.max(abs(weights[0] - weights[1])), 2 * 20 * 2.0**-53 * 10)


if __name__ == "__main__":
    tap.main()
