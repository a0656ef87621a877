"""Epochs, against the model of test_model.py and loops of train_step(); callbacks and their exceptions."""
import math
import unittest

import numpy as np

import libfa
import tap
import test_model
from test_data import permutation

SGD = {**test_model.SGD, "learning_rate": 0.25}


def network(dtype="float64", output="softmax", loss="cross_entropy"):
    net = libfa.Network(6, dtype)
    net.add_dense(5, "tanh")
    net.add_dense(3, output)
    net.loss = loss
    net.init_weights(0, "glorot_uniform", 1.0, seed=1)
    return net


def objects(rule="fa", max_batch=8, **sgd):
    net = network()
    return [net, libfa.Pass(net, max_batch), libfa.Feedback(net, rule, 2),
            libfa.Optimizer(net, **{"learning_rate": 0.1, **sgd})]


def weights(net):
    return [net.weights(l).copy() for l in range(1, net.depth + 1)]


X = libfa.random_normal(libfa.stream(1, libfa.PURPOSE_USER), 0.0, 1.0, np.empty((30, 6)))
LABELS = np.argmax(X[:, :3] - X[:, 3:], axis=1)
DATA = libfa.Dataset(X, LABELS)


class Same(unittest.TestCase):
    def same_weights(self, net, other):
        for mine, expected in zip(weights(net), weights(other)):
            np.testing.assert_array_equal(mine, expected)


class Epoch(Same):
    close = test_model.Training.close
    weights_close = test_model.Training.weights

    def epoch(self, dtype, rule, n, batch, drop_last=False):
        """A shuffled epoch of n labelled samples, batch by batch in the model's numbers."""
        pair = test_model.Pair(dtype, "tanh", "softmax", "cross_entropy", rule, SGD)
        x, labels = test_model.draw(5, (n, test_model.WIDTHS[0]), dtype), np.arange(n) % 4
        result = libfa.train_epoch(pair.net, pair.pass_, pair.fb, pair.opt, libfa.Dataset(x, labels, 4), batch=batch,
                                   shuffle=True, drop_last=drop_last, seed=3, epoch=6)
        order = permutation(3, libfa.PURPOSE_ORDER, n, step=6)
        loss, correct, samples = 0.0, 0, 0
        for rows in (order[first:first + batch] for first in range(0, n - n % batch if drop_last else n, batch)):
            pair.model.forward(pair.exact(x[rows]))
            correct += int(np.sum(pair.model.h[-1].value.argmax(axis=1) == labels[rows]))
            loss = pair.model.backward(pair.exact(np.eye(4, dtype=dtype)[labels[rows]])) * len(rows) + loss
            pair.model.update(len(rows))
            samples += len(rows)
        self.assertEqual((result.samples, result.correct), (samples, correct))
        self.assertEqual(result.accuracy, correct / samples)
        self.close(loss * (1 / samples), result.loss, "loss")
        self.weights_close(pair)

    def test_against_the_model(self):
        """Few updates: the model's bound grows with every one."""
        for rule in ("bp", "fa", "shallow"):
            for dtype in (np.float64, np.float32):
                for n, batch in ((10, 5), (11, 4), (3, 1)):  # single samples go another way
                    with self.subTest(rule=rule, dtype=dtype.__name__, batch=batch):
                        self.epoch(dtype, rule, n, batch)

    def test_drop_last(self):
        self.epoch(np.float64, "fa", 11, 4, drop_last=True)
        with self.assertRaises(libfa.ShapeError):
            libfa.train_epoch(*objects(), DATA.rows(0, 7), batch=8, drop_last=True)

    def test_same_bits_as_steps(self):
        for target in (LABELS, np.tanh(X[:, :3])):
            data, (_, outputs) = libfa.Dataset(X, target), libfa.Dataset(X, target).gather()
            mine, other = objects(momentum=0.9), objects(momentum=0.9)
            order = permutation(7, libfa.PURPOSE_ORDER, 30)
            result = libfa.train_epoch(*mine, data, shuffle=True, seed=7)
            losses = [libfa.train_step(*other, X[rows], outputs[rows]) * len(rows)
                      for rows in (order[i:i + 8] for i in range(0, 30, 8))]
            self.same_weights(mine[0], other[0])
            # Sums of four losses, in either order.
            self.assertLessEqual(abs(result.loss - sum(losses) / 30), 8 * 2.0**-53 * result.loss)
            self.assertEqual(math.isnan(result.accuracy), target is not LABELS)

    def test_errors(self):
        alive = objects()
        before = weights(alive[0])
        with self.assertRaises(libfa.ShapeError):
            libfa.train_epoch(*alive, DATA, batch=9)
        with self.assertRaises(libfa.DtypeError):
            libfa.train_epoch(*alive, libfa.Dataset(X.astype(np.float32), LABELS))
        with self.assertRaisesRegex(libfa.ShapeError, "5 inputs"):
            libfa.train_epoch(*alive, libfa.Dataset(X[:, :5], LABELS))
        with self.assertRaisesRegex(libfa.ShapeError, "4 classes"):
            libfa.train_epoch(*alive, libfa.Dataset(X, LABELS, n_classes=4))
        with self.assertRaises(libfa.ArgumentError):
            libfa.train_epoch(*alive, DATA, callback=print, point=libfa.AFTER_EPOCH)
        for name in ("batch", "seed", "epoch", "every"):
            with self.assertRaisesRegex(ValueError, name):
                libfa.train_epoch(*alive, DATA, **{name: -1})
        for mine, expected in zip(weights(alive[0]), before):
            np.testing.assert_array_equal(mine, expected)

    def test_failure_tells_how_far_it_came(self):
        x = X.copy()
        x[20] = np.inf
        alive, other = objects(), objects()
        with self.assertRaises(libfa.NotFiniteError) as caught:
            libfa.train_epoch(*alive, libfa.Dataset(x, LABELS))
        self.assertEqual(caught.exception.result.samples, 16)
        expected = libfa.train_epoch(*other, DATA.rows(0, 16))
        self.assertEqual(caught.exception.result.loss, expected.loss)
        self.same_weights(alive[0], other[0])
        with self.assertRaisesRegex(libfa.StateError, "failed"):
            libfa.backward(*alive[:3])
        libfa.train_epoch(*alive, DATA)


class Callbacks(Same):
    def test_what_they_see(self):
        alive, seen = objects(), []
        for point in (libfa.AFTER_DELTAS, libfa.AFTER_UPDATE):
            seen.clear()
            result = libfa.train_epoch(*alive, DATA, batch=4, epoch=6, point=point, every=3, callback=seen.append)
            self.assertEqual([one.batch for one in seen], [3, 6, 8])
            self.assertEqual([one.training.samples for one in seen], [12, 24, 30])
            for one in seen:
                self.assertEqual((one.point, one.epoch, one.batches, one.validation.samples), (point, 6, 8, 0))
                self.assertTrue(all(a is b for a, b in zip((one.net, one.pass_, one.fb, one.opt), alive)))
            self.assertEqual((seen[-1].training.loss, seen[-1].training.correct), (result.loss, result.correct))

    def test_weights_at_either_point(self):
        other = objects()
        states = [weights(other[0])]
        for first in range(0, 30, 8):
            libfa.train_step(*other, X[first:first + 8], np.eye(3)[LABELS[first:first + 8]])
            states.append(weights(other[0]))
        for point, shift in ((libfa.AFTER_DELTAS, 1), (libfa.AFTER_UPDATE, 0)):
            def compare(seen):
                for mine, expected in zip(weights(seen.net), states[seen.batch - shift]):
                    np.testing.assert_array_equal(mine, expected)
            libfa.train_epoch(*objects(), DATA, point=point, callback=compare)

    def test_diagnostics_after_the_deltas(self):
        def measure(seen):
            angles.append(libfa.compare_deltas(seen.net, seen.pass_)[0].angle)
        angles = []
        libfa.train_epoch(*objects("bp"), DATA, point=libfa.AFTER_DELTAS, callback=measure)
        libfa.train_epoch(*objects("fa"), DATA, point=libfa.AFTER_DELTAS, callback=measure)
        # The cosine comes from sums of 40 products; acos(1 - c) is about sqrt(2 c).
        self.assertLess(max(angles[:4]), math.degrees(math.sqrt(2 * 3 * 40 * 2.0**-53)))
        self.assertGreater(min(angles[4:]), 1)

    def test_stop(self):
        for answer in (False, np.False_, 0):
            alive, other = objects(), objects()
            result = libfa.train_epoch(*alive, DATA, callback=lambda seen: answer if seen.batch == 2 else None)
            self.assertEqual(result.samples, 16)
            libfa.train_epoch(*other, DATA.rows(0, 16))
            self.same_weights(alive[0], other[0])

    def test_exceptions_come_out(self):
        class Odd(Exception):
            def __bool__(self):
                return False
        for kind in (ZeroDivisionError, KeyboardInterrupt, Odd, libfa.FormatError):
            for point in (libfa.AFTER_DELTAS, libfa.AFTER_UPDATE):
                for rule in ("fa", PythonFA()):
                    alive, calls = objects(rule), []
                    raised = kind(-9, "of mine")

                    def fail(seen):
                        calls.append(seen.batch)
                        if seen.batch == 2:
                            raise raised
                    with self.subTest(kind=kind.__name__, point=point), self.assertRaises(kind) as caught:
                        libfa.train_epoch(*alive, DATA, point=point, callback=fail)
                    self.assertIs(caught.exception, raised)
                    self.assertEqual((calls, alive[3].steps), ([1, 2], 2))  # the batch is finished
                    self.assertEqual(libfa.train_epoch(*alive, DATA).samples, 30)

    def test_objects_closed_meanwhile(self):
        alive, data = objects(), libfa.Dataset(X.copy(), LABELS)

        def close(seen):
            for one in (*alive, data):
                one.close()
        self.assertEqual(libfa.train_epoch(*alive, data, callback=close).samples, 30)
        alive, data = objects(), libfa.Dataset(X.copy(), LABELS)
        trainer = libfa.Trainer(alive[0], 1, epochs=2)

        def close_trainer(seen):
            trainer.close()
            close(seen)
        trainer.on(libfa.AFTER_UPDATE, close_trainer)
        self.assertEqual(trainer.run(*alive, data), libfa.STOP_EPOCHS)


class PythonFA(libfa.Rule):
    name = "python_fa"

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        step.transport(1)


class Failing(PythonFA):
    name = "failing"
    count = 0

    def backward(self, step):
        self.count += 1
        if self.count == 3:
            raise ZeroDivisionError("of mine")
        super().backward(step)


class PythonRules(Same):
    def test_same_bits_as_the_built_in(self):
        mine, other = objects(PythonFA()), objects("fa")
        self.assertEqual(libfa.train_epoch(*mine, DATA).loss, libfa.train_epoch(*other, DATA).loss)
        self.same_weights(mine[0], other[0])

    def test_exception_of_the_rule(self):
        alive = objects(Failing())
        with self.assertRaises(libfa.RuleError) as caught:
            libfa.train_epoch(*alive, DATA)
        self.assertIsInstance(caught.exception.__cause__, ZeroDivisionError)
        self.assertEqual((caught.exception.result.samples, alive[3].steps), (16, 2))
        alive = objects(Failing())
        trainer = libfa.Trainer(alive[0], 1)
        with self.assertRaises(libfa.RuleError):
            trainer.run(*alive, DATA)
        self.assertEqual((trainer.stop, trainer.epochs, trainer.record(1).training.samples), (libfa.STOP_NONE, 1, 16))

    def test_presynaptic_arrays_of_an_epoch_are_not_piled_up(self):
        class Own(PythonFA):
            most = 0

            def backward(self, step):
                super().backward(step)
                step.set_presynaptic(1, step.activity(0).copy())
                self.most = max(self.most, len(alive[2]._running.kept))
        rule = Own()
        alive, other = objects(rule), objects("fa")
        libfa.train_epoch(*alive, DATA, batch=2)
        libfa.train_epoch(*other, DATA, batch=2)
        self.assertEqual(rule.most, 1)
        self.same_weights(alive[0], other[0])


class Evaluate(unittest.TestCase):
    def test_against_numpy(self):
        for dtype in (np.float32, np.float64):
            net, x = network(dtype), X.astype(dtype)
            W, V = (matrix.astype(np.float64) for matrix in weights(net))
            y = np.exp(np.tanh(x @ W.T) @ V.T)
            y /= y.sum(axis=1, keepdims=True)
            top = np.sort(y, axis=1)
            self.assertGreater(np.min(top[:, -1] - top[:, -2]), 1e-5)  # no rounding decides
            confusion = np.zeros((4, 4), int)
            y = np.hstack((y, np.zeros((30, 1))))
            np.add.at(confusion, (LABELS, y.argmax(axis=1)), 1)
            confusion = confusion[:3, :3]
            result, found = libfa.evaluate(net, libfa.Dataset(x, LABELS), confusion=True)
            np.testing.assert_array_equal(found, confusion)
            self.assertEqual((result.samples, result.correct), (30, np.trace(confusion)))
            self.assertEqual(result.accuracy, np.trace(confusion) / 30)
            # Two short products, two functions and a sum of 30 losses below 10.
            loss = -np.mean(np.log(y[np.arange(30), LABELS]))
            self.assertLess(abs(result.loss - loss), 100 * np.finfo(dtype).eps * 10)
            self.assertEqual(libfa.evaluate(net, libfa.Dataset(x, LABELS)).loss, result.loss)

    def test_errors(self):
        net = network(output="identity", loss="squared_error")
        targets = libfa.Dataset(X, np.zeros((30, 3)))
        self.assertTrue(math.isnan(libfa.evaluate(net, targets).accuracy))
        with self.assertRaises(libfa.StateError):
            libfa.evaluate(net, targets, confusion=True)
        x = X.copy()
        x[7, 0] = np.inf
        with self.assertRaises(libfa.NotFiniteError) as caught:
            net.set_weights(1, np.ones((5, 6)))
            libfa.evaluate(net, libfa.Dataset(x, np.full((30, 3), -np.inf)))
        self.assertEqual(caught.exception.result.samples, 30)
        with self.assertRaises(libfa.ShapeError):
            libfa.evaluate(net, libfa.Dataset(X[:, :4], LABELS))


if __name__ == "__main__":
    tap.main()
