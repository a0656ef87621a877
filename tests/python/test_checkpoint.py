"""Weights and checkpoints from Python; and 20 epochs in one process against 7, kill -9, and 13 in another."""
import os
import signal
import subprocess
import sys
import tempfile
import unittest

import numpy as np

import libfa
import tap

EPOCHS, KILLED_AFTER = 20, 7


class Training:
    """Everything that a run needs. `seed` stands for what another process has before it loads a checkpoint."""

    def __init__(self, rule="fa", optimizer="sgd", seed=1):
        random = np.random.Generator(np.random.Philox(5))
        x, labels = random.uniform(-1, 1, (40, 6)), random.integers(0, 3, 40)
        self.net = libfa.Network(6, "float64")
        self.net.add_dense(9, "tanh")
        self.net.add_dense(7, "tanh")
        self.net.add_dense(3, "softmax")
        self.net.loss = "cross_entropy"
        self.net.init_weights(0, "glorot_uniform", 1.0, seed)
        self.net.set_dropout(1, 0.2)
        self.pass_ = libfa.Pass(self.net, 8)
        self.fb = libfa.Feedback(self.net, rule, seed)
        self.opt = libfa.Optimizer(self.net, optimizer)
        if optimizer in ("sgd", "rmsprop", "manhattan"):
            self.opt.set("momentum", 0.5)
        self.trainer = libfa.Trainer(self.net, seed, epochs=EPOCHS, schedule="cosine", keep_best="yes")
        self.data, self.validation = (libfa.Dataset(x[part], labels[part].astype("int32"), 3)
                                      for part in (slice(0, 30), slice(30, 40)))

    def parts(self):
        return self.net, self.fb, self.opt, self.pass_, self.trainer

    def run(self):
        return self.trainer.run(self.net, self.pass_, self.fb, self.opt, self.data, self.validation)


def train_and_die(path, rule, optimizer):
    """The process that does not come to its end."""
    training = Training(rule, optimizer)

    def after_epoch(progress):
        libfa.save_checkpoint(path, *training.parts())
        if progress.epoch == KILLED_AFTER:
            os.kill(os.getpid(), signal.SIGKILL)

    training.trainer.on(libfa.AFTER_EPOCH, after_epoch)
    training.run()


def content(training, folder):
    """A checkpoint of what has become of it: every number that there is."""
    path = os.path.join(folder, "end")
    libfa.save_checkpoint(path, *training.parts())
    with open(path, "rb") as file:
        return file.read()


class Killed(unittest.TestCase):
    def check(self, rule, optimizer):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "checkpoint")
            done = subprocess.run([sys.executable, __file__, path, rule, optimizer])
            self.assertEqual(done.returncode, -signal.SIGKILL)
            whole, rest = Training(rule, optimizer), Training(rule, optimizer, seed=99)
            whole.run()
            libfa.load_checkpoint(path, *rest.parts())
            self.assertEqual(rest.trainer.epochs, KILLED_AFTER)
            rest.run()
            self.assertEqual(rest.trainer.epochs, EPOCHS)
            self.assertEqual(content(whole, folder), content(rest, folder))

    def test_every_rule(self):
        for rule in libfa.rules():
            with self.subTest(rule):
                self.check(rule, "sgd")

    def test_every_optimizer(self):
        for optimizer in libfa.optimizers():
            with self.subTest(optimizer):
                self.check("fa", optimizer)


class Counting(libfa.Rule):
    """A rule with state of its own."""
    name = "counting"
    steps = 0

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        self.steps += 1
        for l in range(step.depth - 1, 0, -1):
            step.transport(l)

    def save(self):
        return str(self.steps).encode()

    def load(self, state):
        self.steps = int(state)


class Python(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "file.safetensors")

    def test_weights(self):
        a, b = Training(seed=1).net, Training(seed=2).net
        a.save(self.path)
        b.load(self.path)
        c = libfa.Network.open(self.path)
        for l in range(1, 4):
            self.assertTrue(np.array_equal(a.weights(l), b.weights(l)))
            self.assertTrue(np.array_equal(a.weights(l), c.weights(l)))
            self.assertTrue(np.array_equal(a.bias(l), c.bias(l)))
        self.assertEqual((c.loss, c.activation(1), c.dtype), ("cross_entropy", "tanh", "float64"))

    def test_conversion_is_asked_for(self):
        Training().net.save(self.path)
        single = libfa.Network(6)
        single.add_dense(9, "tanh")
        single.add_dense(7, "tanh")
        single.add_dense(3, "softmax")
        with self.assertRaisesRegex(libfa.DtypeError, "F64"):
            single.load(self.path)
        single.load(self.path, libfa.LOAD_CONVERT)
        self.assertTrue(np.array_equal(single.weights(2), np.float32(Training().net.weights(2))))

    def test_state_of_a_rule_in_python(self):
        rule, other = Counting(), Counting()
        a, b = Training(rule), Training(other)
        a.run()
        libfa.save_checkpoint(self.path, *a.parts())
        libfa.load_checkpoint(self.path, *b.parts())
        self.assertGreater(rule.steps, 0)
        self.assertEqual(other.steps, rule.steps)

    def test_exceptions_of_a_rule_come_out(self):
        rule = Counting()
        a = Training(rule)
        libfa.save_checkpoint(self.path, *a.parts())
        rule.load = lambda state: 1 // 0
        b = Training(rule)
        with self.assertRaises(libfa.RuleError) as caught:
            libfa.load_checkpoint(self.path, *b.parts())
        self.assertIsInstance(caught.exception.__cause__, ZeroDivisionError)
        rule.save = lambda: 1 // 0
        with self.assertRaises(libfa.RuleError) as caught:
            libfa.save_checkpoint(self.path, *Training(rule).parts())
        self.assertIsInstance(caught.exception.__cause__, ZeroDivisionError)

    def test_state_has_to_be_bytes(self):
        rule = Counting()
        training = Training(rule)
        rule.save = lambda: 3  # bytes(3) would be three zeros
        with self.assertRaises(libfa.RuleError) as caught:
            libfa.save_checkpoint(self.path, *training.parts())
        self.assertIsInstance(caught.exception.__cause__, TypeError)
        rule.load = None
        with self.assertRaisesRegex(TypeError, "save and load go together"):
            Training(rule)

    def test_views_of_feedback_are_guarded(self):
        training = Training()
        libfa.save_checkpoint(self.path, *training.parts())
        view = training.fb.get("B", 1)
        before = view.copy()
        with self.assertRaisesRegex(libfa.StateError, "views"):
            libfa.load_checkpoint(self.path, *training.parts())
        self.assertTrue(np.array_equal(view, before))
        del view
        libfa.load_checkpoint(self.path, *training.parts())

    def test_views_of_weights_stay(self):
        a, b = Training(seed=1), Training(seed=2)
        libfa.save_checkpoint(self.path, *a.parts())
        view = b.net.weights(1)
        libfa.load_checkpoint(self.path, b.net)
        self.assertTrue(np.array_equal(view, a.net.weights(1)))

    def test_no_checkpoint_between_deltas_and_update(self):
        training = Training()
        training.trainer.on(libfa.AFTER_DELTAS, lambda _: libfa.save_checkpoint(self.path, *training.parts()))
        with self.assertRaisesRegex(libfa.StateError, "FA_AFTER_DELTAS"):
            training.run()
        self.assertFalse(os.path.exists(self.path))

    def test_no_loading_inside_a_run(self):
        training = Training()
        libfa.save_checkpoint(self.path, *training.parts())
        training.trainer.on(libfa.AFTER_EPOCH, lambda _: libfa.load_checkpoint(self.path, *training.parts()))
        with self.assertRaises(libfa.StateError):
            training.run()

    def test_wrong_calls(self):
        training = Training()
        with self.assertRaises(libfa.FileError):
            training.net.load(os.path.join(self.folder.name, "nothing"))
        with self.assertRaises(libfa.FileError):
            training.net.save(os.path.join(self.folder.name, "no", "such", "folder"))
        libfa.save_checkpoint(self.path, training.net)
        with self.assertRaisesRegex(libfa.FormatError, "the optimizer"):
            libfa.load_checkpoint(self.path, training.net, opt=training.opt)
        libfa.save_checkpoint(self.path, *training.parts())
        with self.assertRaisesRegex(libfa.ArgumentError, "sgd in the file and adam here"):
            libfa.load_checkpoint(self.path, *Training(optimizer="adam").parts())
        with self.assertRaisesRegex(libfa.ArgumentError, "fa in the file and dfa here"):
            libfa.load_checkpoint(self.path, *Training("dfa").parts())


if __name__ == "__main__":
    if len(sys.argv) == 4:
        train_and_die(*sys.argv[1:])
    tap.main()
