"""Objects may die in any order: arrays that were handed out, and arrays that were handed in, live as long as needed."""
import gc
import itertools
import os
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
