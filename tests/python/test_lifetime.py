"""Objects may die in any order: arrays that were handed out, and arrays that were handed in, live as long as needed."""
import gc
import itertools
import os
import subprocess
import sys
import tempfile
import unittest
import weakref

import numpy as np

import libfa
import tap


class Destroyed:
    """Counts the calls of the destructors."""

    def __init__(self, *names):
        self.names, self.count = names, 0

    def __enter__(self):
        self.kept = {name: getattr(libfa.lib, name) for name in self.names}
        for name, function in self.kept.items():
            setattr(libfa.lib, name, self.counting(function))
        return self

    def counting(self, function):
        def destroy(pointer):
            self.count += 1
            function(pointer)
        return destroy

    def __exit__(self, *_):
        for name, function in self.kept.items():
            setattr(libfa.lib, name, function)


class Echo(libfa.Rule):
    """Keeps a view beyond its step, as nobody should."""

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        step.transport(1)
        self.kept = [step.delta(1), step.weights(1), step.array("B", 1), step.activity(0), step.target()]


def objects(rule="fa"):
    net = libfa.Network(4, "float64")
    net.add_dense(3, "tanh")
    net.add_dense(2)
    net.init_weights(0, "uniform", 1.0, seed=1)
    return [net, libfa.Pass(net, 5), libfa.Feedback(net, rule, 1), libfa.Optimizer(net, learning_rate=0.1)]


X, TARGET = np.linspace(-1, 1, 20).reshape(5, 4), np.ones((5, 2))
DESTRUCTORS = ["fa_network_destroy", "fa_pass_destroy", "fa_feedback_destroy", "fa_optimizer_destroy"]


def borrowed():
    """A data set over arrays that nobody else keeps; weak references to them."""
    x, target = X.copy(), TARGET.copy()
    return libfa.Dataset(x, target), [weakref.ref(x), weakref.ref(target)]


class Lifetime(unittest.TestCase):
    def test_any_order(self):
        for order in itertools.permutations(range(4)):
            for rule in (lambda: "fa", Echo):
                with self.subTest(order), Destroyed(*DESTRUCTORS) as destroyed:
                    alive = objects(rule())
                    libfa.train_step(*alive, X, TARGET)
                    for i in order:
                        alive[i] = None
                        gc.collect()
                    self.assertEqual(destroyed.count, 4)

    def test_weights_outlive_the_network(self):
        with Destroyed("fa_network_destroy") as destroyed:
            net = objects()[0]
            weights, expected = net.weights(1), net.weights(1).copy()
            part = weights[1:, :2]
            del net, weights
            gc.collect()
            self.assertEqual(destroyed.count, 0)
            np.testing.assert_array_equal(part, expected[1:, :2])
            del part
            gc.collect()
            self.assertEqual(destroyed.count, 1)

    def test_close_refuses_while_there_are_views(self):
        net, pass_, fb, opt = objects()
        libfa.forward(net, pass_, X)
        libfa.error(net, pass_, TARGET)
        libfa.backward(net, pass_, fb)
        libfa.gradient(net, pass_, fb)
        for one, view in ((net, lambda: net.weights(2)), (net, lambda: net.bias(1)),
                          (net, lambda: net.state_dict(copy=False)), (pass_, lambda: pass_.activity(1)),
                          (pass_, lambda: pass_.delta(2)), (pass_, lambda: pass_.gradient(1)),
                          (pass_, lambda: pass_.bias_gradient(1)), (fb, lambda: fb.get("B", 1))):
            kept = view()
            part = kept[1:] if isinstance(kept, np.ndarray) else kept["layers.0.weight"][:1]
            del kept
            for _ in range(2):
                with self.assertRaisesRegex(libfa.StateError, f"the {type(one).__name__} cannot be closed: there are views"):
                    one.close()
            copied = part.copy()
            libfa.update(net, pass_, fb, opt) if pass_.gradient_samples else None
            self.assertEqual(part.shape, copied.shape)
            del part
            libfa.forward(net, pass_, X)
            libfa.error(net, pass_, TARGET)
            libfa.backward(net, pass_, fb)
            libfa.gradient(net, pass_, fb)
        with Destroyed(*DESTRUCTORS) as destroyed:
            for one in objects() + [net, pass_, fb, opt]:
                one.close()
                one.close()
            self.assertEqual(destroyed.count, 4)  # the others were made before the counting
        data = libfa.Dataset(X, TARGET)
        part, view = data.rows(1, 2), data.view()[0]
        with self.assertRaisesRegex(libfa.StateError, "the Dataset cannot be closed"):
            data.close()
        del view
        data.close()
        np.testing.assert_array_equal(part.gather()[0], X[1:3])

    def test_close_finds_views_in_cycles(self):
        net = objects()[0]
        cycle = [net.weights(1)]
        cycle.append(cycle)
        del cycle
        net.close()

    def test_after_close(self):
        net = objects()[0]
        net.close()
        with self.assertRaisesRegex(libfa.ArgumentError, "NULL"):
            net.weights(1)
        net.close()

    def test_context_managers(self):
        with Destroyed(*DESTRUCTORS) as destroyed:
            with objects()[0] as net:
                expected = net.weights(1).copy()
            self.assertEqual(destroyed.count, 4)
            with self.assertRaisesRegex(libfa.StateError, "cannot be closed"):
                with objects()[0] as net:
                    view = net.weights(1)
            self.assertEqual(destroyed.count, 7)
            np.testing.assert_array_equal(view, expected)
            del view
            net.close()
            self.assertEqual(destroyed.count, 8)
            with self.assertRaises(ZeroDivisionError):  # and not StateError in its place
                with objects()[0] as net:
                    view = net.weights(1)
                    raise ZeroDivisionError
            np.testing.assert_array_equal(view, expected)

    def test_views_that_a_rule_has_kept_count(self):
        """Making the arrays anew, or closing, would leave the rule's view with memory of nobody."""
        rule = Echo()
        net, pass_, fb, opt = objects(rule)
        libfa.train_step(net, pass_, fb, opt, X, TARGET)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "checkpoint")
            if os.environ.get("LIBFA_TEST_CHECKPOINTS", "1") == "1":
                libfa.save_checkpoint(path, net, fb)
            with self.assertRaisesRegex(libfa.StateError, "makes the arrays"):
                libfa.load_checkpoint(path, net, fb)
        for one in (net, pass_, fb):
            with self.assertRaises(libfa.StateError):
                one.close()
        rule.kept = None
        for one in (net, pass_, fb):
            one.close()

    def test_at_the_end_of_the_interpreter(self):
        """Objects, views and running threads are left as they are, and nothing is said."""
        program = ("import atexit, threading, numpy as np, libfa\n"
                   "net = libfa.Network(40); net.add_dense(30); net.init_weights(0, 'uniform', 1.0, 1)\n"
                   "objects = [net, libfa.Pass(net, 8), libfa.Feedback(net, 'fa', 1), libfa.Optimizer(net)]\n"
                   "view = net.weights(1); total = view.sum()\n"
                   "atexit.register(lambda: print(view.sum() == total))\n")
        late = ("class Late:\n"
                "    def __del__(self): print(float(self.view[0, 0]) == self.value)\n"
                "late = Late(); late.view = view; late.value = float(view[0, 0])\n")
        threads = (
                   "other = net.copy()\n"
                   "mine = [other, *(make(other) for make in (lambda n: libfa.Pass(n, 64), lambda n: libfa.Feedback(n, 'bp', 1),\n"
                   "        libfa.Optimizer))]\n"
                   "x, target = np.ones((64, 40), 'f4'), np.ones((64, 30), 'f4')\n"
                   "def train():\n"
                   "    while True: libfa.train_step(*mine, x, target)\n"
                   "threading.Thread(target=train, daemon=True).start()\n")
        for end, lines in ((late, 2), (threads, 1)):
            done = subprocess.run([sys.executable, "-c", program + end], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "True\n" * lines, ""))

    def test_batch_lives_until_the_update(self):
        net, pass_, fb, opt = objects()
        x, target = X.copy(), TARGET.copy()
        alive = [weakref.ref(x), weakref.ref(target)]
        libfa.forward(net, pass_, x)
        libfa.error(net, pass_, target)
        del x, target
        gc.collect()
        self.assertTrue(all(reference() is not None for reference in alive))
        libfa.backward(net, pass_, fb)
        libfa.update(net, pass_, fb, opt)
        gc.collect()
        self.assertTrue(all(reference() is None for reference in alive))

    def test_update_reads_the_kept_batch(self):
        """The same update with arrays that nobody else keeps."""
        results = []
        for keep in (True, False):
            net, pass_, fb, opt = objects()
            x, target = X.copy(), TARGET.copy()
            libfa.forward(net, pass_, x)
            libfa.error(net, pass_, target)
            if not keep:
                del x, target
                gc.collect()
            rubbish = [np.full(X.shape, np.nan) for _ in range(100)]  # lies where freed arrays lay
            libfa.backward(net, pass_, fb)
            libfa.update(net, pass_, fb, opt)
            self.assertEqual(len(rubbish), 100)
            results.append(net.weights(1).copy())
        np.testing.assert_array_equal(*results)

    def test_prepared_views_are_reused(self):
        net, pass_, fb, opt = objects()
        other = net.copy()
        x, target = libfa.matrix_view(X.copy()), libfa.matrix_view(TARGET.copy())
        gc.collect()
        losses = [libfa.train_step(net, pass_, fb, opt, x, target) for _ in range(3)]
        self.assertEqual(losses, [libfa.train_step(other, pass_, fb, opt, X, TARGET) for _ in range(3)])

    def test_rule_outlives_everything(self):
        """Callbacks belong to the feedback, not to the name that made them."""
        net, pass_, fb, opt = objects(Echo())
        gc.collect()
        for _ in range(3):
            libfa.train_step(net, pass_, fb, opt, X, TARGET)

    def test_view_kept_by_a_rule(self):
        rule = Echo()
        alive = objects(rule)
        libfa.train_step(*alive, X.copy(), TARGET.copy())
        copies = [view.copy() for view in rule.kept]
        del alive
        gc.collect()
        for view, copy in zip(rule.kept, copies):
            np.testing.assert_array_equal(view, copy)

    def test_rule_that_keeps_views_is_no_leak(self):
        """They refer to the arrays of the feedback that owns the rule."""
        rule = Echo()
        gone = weakref.ref(rule)
        with Destroyed(*DESTRUCTORS) as destroyed:
            alive = objects(rule)
            libfa.train_step(*alive, X, TARGET)
            del alive
            gc.collect()
            self.assertEqual(destroyed.count, 1)  # the optimizer: the rule's views need the others
            del rule
            gc.collect()
            self.assertEqual((destroyed.count, gone()), (4, None))


class DataSets(unittest.TestCase):
    def holds(self, data, rows):
        x, target = data.gather()
        np.testing.assert_array_equal(x, X[rows])
        np.testing.assert_array_equal(target, TARGET[rows])

    def test_borrowed_arrays_live_as_long_as_the_last_part(self):
        for make in (lambda data: data.rows(1, 3), lambda data: data.rows(0, 5).rows(1, 3),
                     lambda data: data.split(1, [2, 3])[1], lambda data: data.view(1, 3)[0]):
            with Destroyed("fa_dataset_destroy") as destroyed:
                data, alive = borrowed()
                part = make(data)
                expected = part.gather()[0] if isinstance(part, libfa.Dataset) else part.copy()
                del data
                gc.collect()
                self.assertTrue(all(reference() is not None for reference in alive))
                rubbish = [np.full(X.shape, np.nan) for _ in range(100)]  # lies where freed arrays lay
                found = part.gather()[0] if isinstance(part, libfa.Dataset) else part
                np.testing.assert_array_equal(found, expected)
                self.assertEqual(len(rubbish), 100)
                count = destroyed.count
                del part, found
                gc.collect()
                self.assertTrue(all(reference() is None for reference in alive))
                self.assertEqual(destroyed.count, count + 1)

    def test_a_copy_needs_nothing(self):
        data, alive = borrowed()
        copy = data.copy()
        del data
        gc.collect()
        self.assertTrue(all(reference() is None for reference in alive))
        self.holds(copy, slice(None))

    def test_views_outlive_a_data_set_that_owns_its_arrays(self):
        with Destroyed("fa_dataset_destroy") as destroyed:
            x, target = libfa.Dataset(X, TARGET).copy().view(1, 2)
            gc.collect()
            self.assertEqual(destroyed.count, 1)
            np.testing.assert_array_equal(x, X[1:3])
            np.testing.assert_array_equal(target, TARGET[1:3])
            del x
            gc.collect()
            self.assertEqual(destroyed.count, 1)
            del target
            gc.collect()
            self.assertEqual(destroyed.count, 2)

    def test_arrays_of_readers_free_their_memory(self):
        with tempfile.TemporaryDirectory() as folder, Destroyed("fa_matrix_free") as destroyed:
            path = os.path.join(folder, "x.npy")
            np.save(path, X)
            found = libfa.read_npy_samples(path, "float64")
            part = found[1:, :2]
            del found
            gc.collect()
            self.assertEqual(destroyed.count, 0)
            np.testing.assert_array_equal(part, X[1:, :2])
            del part
            gc.collect()
            self.assertEqual(destroyed.count, 1)

    def test_any_order_with_data_and_trainer(self):
        names = [*DESTRUCTORS, "fa_dataset_destroy", "fa_trainer_destroy"]
        for first in range(6):
            for rule in (lambda: "fa", Echo):
                with self.subTest(first), Destroyed(*names) as destroyed:
                    alive = objects(rule())
                    alive += [borrowed()[0], libfa.Trainer(alive[0], 1, epochs=1)]
                    libfa.train_epoch(*alive[:5])
                    alive[5].run(*alive[:5])
                    for i in range(6):
                        alive[(first + i) % 6] = None
                        gc.collect()
                    self.assertEqual(destroyed.count, 6)

    def test_callbacks_live_while_they_are_set(self):
        alive = objects()
        data, trainer = borrowed()[0], libfa.Trainer(alive[0], 1, epochs=3)
        calls = []

        class Callback:
            def __call__(self, seen):
                calls.append(seen.epoch)
        callback = Callback()
        gone = weakref.ref(callback)
        trainer.on(libfa.AFTER_EPOCH, callback)
        del callback
        gc.collect()
        trainer.run(*alive, data)
        self.assertEqual(calls, [1, 2, 3])
        trainer.on(libfa.AFTER_EPOCH, None)
        gc.collect()
        self.assertIsNone(gone())

    def test_a_callback_that_replaces_itself(self):
        alive = objects()
        data, trainer = borrowed()[0], libfa.Trainer(alive[0], 1, epochs=3)
        calls = []

        def callback(seen):
            trainer.on(libfa.AFTER_UPDATE, lambda seen: calls.append(seen.epoch))
            gc.collect()
        trainer.on(libfa.AFTER_UPDATE, callback)
        del callback
        trainer.run(*alive, data)
        self.assertEqual(calls, [2, 3])

        def once(seen):
            calls.append("once")
            trainer.on(libfa.AFTER_DELTAS, None)
        trainer.on(libfa.AFTER_DELTAS, once)
        trainer["epochs"] = 5
        trainer.run(*alive, data)
        self.assertEqual(calls, [2, 3, "once", 4, 5])

    def test_a_trainer_that_its_callback_knows_is_no_leak(self):
        with Destroyed("fa_trainer_destroy") as destroyed:
            alive = objects()
            trainer = libfa.Trainer(alive[0], 1, epochs=1)
            trainer.on(libfa.AFTER_EPOCH, lambda seen: trainer.stop)
            trainer.run(*alive, borrowed()[0])
            del trainer
            gc.collect()
            self.assertEqual(destroyed.count, 1)


if __name__ == "__main__":
    tap.main()
