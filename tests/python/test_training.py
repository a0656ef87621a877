"""Epochs and whole runs, against the model of test_model.py and loops of train_step(); callbacks and their exceptions.
"""
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
        trainer.run(*alive, data)


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


class Trainer(Same):
    def test_parameters(self):
        trainer = libfa.Trainer(network(), 1, epochs=3, schedule="cosine", shuffle=False, drop_last=True)
        self.assertEqual([trainer[name] for name in ("epochs", "schedule", "shuffle", "drop_last")], [3, 2, 0, 1])
        trainer["epochs"], trainer["monitor"] = 7, "error"
        trainer.set("keep_best", True)
        self.assertEqual([trainer.get(name) for name in ("epochs", "monitor", "keep_best", "batch")], [7, 1, 1, 0])
        for name, value in (("epoch", 1), ("epochs", 0), ("epochs", 1.5), ("schedule", "steep"), ("warmup", math.nan)):
            with self.assertRaises(libfa.ArgumentError):
                trainer[name] = value
        with self.assertRaisesRegex(libfa.ArgumentError, "nothing"):
            libfa.Trainer(network(), 1, nothing=1)
        with self.assertRaises(libfa.StateError):
            libfa.Trainer(libfa.Network(3), 1)

    def test_a_run_is_its_epochs(self):
        mine, other = objects(momentum=0.5), objects(momentum=0.5)
        validation = DATA.rows(20, 10)
        trainer = libfa.Trainer(mine[0], 9, epochs=3)
        self.assertEqual(trainer.run(*mine, DATA, validation), libfa.STOP_EPOCHS)
        self.assertEqual((trainer.epochs, [record.epoch for record in trainer.records]), (3, [1, 2, 3]))
        for record in trainer.records:
            result = libfa.train_epoch(*other, DATA, shuffle=True, seed=9, epoch=record.epoch)
            self.assertEqual((record.training.loss, record.training.correct), (result.loss, result.correct))
            result = libfa.evaluate(other[0], validation)
            self.assertEqual((record.validation.loss, record.validation.samples), (result.loss, 10))
            self.assertEqual(record.schedule, 1)
        self.same_weights(mine[0], other[0])
        losses = [record.validation.loss for record in trainer.records]
        self.assertEqual(trainer.best, 1 + losses.index(min(losses)))
        for epoch in (0, 4):
            with self.assertRaises(libfa.ArgumentError):
                trainer.record(epoch)

    def test_a_run_goes_on(self):
        mine, other = objects(), objects()
        trainer, whole = libfa.Trainer(mine[0], 4, epochs=2), libfa.Trainer(other[0], 4, epochs=5)
        for epochs in (2, 2, 5):
            trainer["epochs"] = epochs
            self.assertEqual(trainer.run(*mine, DATA), libfa.STOP_EPOCHS)
            self.assertEqual(trainer.epochs, epochs)
        whole.run(*other, DATA)
        self.same_weights(mine[0], other[0])

    def factors(self, **parameters):
        """Factors of the learning rate at all updates: an input of 0 leaves a bias alone, which sgd moves by the factor
        times learning_rate (target - bias)."""
        net = libfa.Network(1, "float64")
        net.add_dense(1)
        net.init_weights(0, "zero", 0.0, 1)
        alive = [net, libfa.Pass(net, 1), libfa.Feedback(net, "bp", 1), libfa.Optimizer(net, learning_rate=0.25)]
        biases, recorded = [0.0], []
        trainer = libfa.Trainer(net, 1, **parameters)
        trainer.on(libfa.AFTER_UPDATE, lambda seen: biases.append(net.bias(1)[0]))
        trainer.on(libfa.AFTER_EPOCH, lambda seen: recorded.append(trainer.record(seen.epoch).schedule))
        trainer.run(*alive, libfa.Dataset(np.zeros((4, 1)), np.full((4, 1), 8.0)))
        found = [(b - a) / (0.25 * (8.0 - a)) for a, b in zip(biases, biases[1:])]
        # 8 - bias shrinks with every update; the difference of two biases below 8 has an error of 2^-50.
        tolerance = 2.0**-48 / min(8.0 - b for b in biases)
        np.testing.assert_allclose(recorded, found[3::4], rtol=0, atol=tolerance)
        return np.array(found), tolerance

    def test_schedules(self):
        t = np.arange(24) / 4
        cases = [({}, np.ones(24)),
                 ({"schedule": "step", "step_epochs": 2, "step_factor": 0.5}, 0.5 ** np.floor(t / 2)),
                 ({"schedule": "cosine", "final_factor": 0.25}, 0.25 + 0.75 * (1 + np.cos(np.pi * t / 6)) / 2),
                 ({"warmup": 1.5}, np.minimum(1, (4 * t + 1) / 6)),
                 ({"schedule": "cosine", "warmup": 2},
                  np.where(t < 2, (4 * t + 1) / 8, (1 + np.cos(np.pi * (t - 2) / 4)) / 2))]
        for parameters, expected in cases:
            with self.subTest(parameters):
                found, tolerance = self.factors(epochs=6, **parameters)
                self.assertLess(tolerance, 1e-9)
                np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)

    def test_freeze(self):
        alive = objects()
        alive[0].set_frozen(2)
        trainer = libfa.Trainer(alive[0], 1, epochs=4)
        trainer.freeze(1, 2, 3)
        states = [weights(alive[0])]
        trainer.on(libfa.AFTER_EPOCH, lambda seen: states.append(weights(seen.net)))
        trainer.run(*alive, DATA)
        changed = [[bool(np.any(a != b)) for a, b in zip(one, other)] for one, other in zip(states, states[1:])]
        self.assertEqual(changed, [[True, False], [False, False], [False, False], [True, False]])
        self.assertEqual([alive[0].is_frozen(l) for l in (1, 2)], [False, True])
        for span in ((0, 1, 1), (3, 1, 1), (1, 0, 1), (1, 3, 2)):
            with self.assertRaises(libfa.ArgumentError):
                trainer.freeze(*span)

    def test_early_stopping_and_the_best_weights(self):
        """A learning rate that spoils the network from epoch 4 on."""
        alive, states = objects(), []
        trainer = libfa.Trainer(alive[0], 1, epochs=50, patience=2, keep_best=True)

        def after(seen):
            states.append(weights(seen.net))
            if seen.epoch == 3:
                seen.opt.set("learning_rate", 40.0)
        trainer.on(libfa.AFTER_EPOCH, after)
        self.assertEqual(trainer.run(*alive, DATA, DATA), libfa.STOP_EARLY)
        losses = [record.validation.loss for record in trainer.records]
        best = losses.index(min(losses))
        self.assertEqual((trainer.best, trainer.epochs), (best + 1, best + 3))
        for mine, expected in zip(weights(alive[0]), states[best]):
            np.testing.assert_array_equal(mine, expected)
        with self.assertRaisesRegex(libfa.ArgumentError, "validation"):
            trainer.run(*alive, DATA)

    def test_callbacks_at_all_points(self):
        alive, calls = objects(), []
        trainer = libfa.Trainer(alive[0], 1, epochs=2)
        for point, every in ((libfa.AFTER_DELTAS, 1), (libfa.AFTER_UPDATE, 3), (libfa.AFTER_EPOCH, 5)):
            trainer.on(point, lambda seen: calls.append((seen.epoch, seen.point, seen.batch)), every)
        trainer.run(*alive, DATA, DATA.rows(0, 5))
        epoch = [(1, 1), (1, 2), (1, 3), (2, 3), (1, 4), (2, 4), (3, 4)]
        self.assertEqual(calls, [(number, *call) for number in (1, 2) for call in epoch])
        trainer.on(libfa.AFTER_DELTAS, None)
        trainer.on(libfa.AFTER_UPDATE, None)
        calls.clear()
        trainer["epochs"] = 3
        trainer.run(*alive, DATA)
        self.assertEqual(calls, [(3, 3, 4)])
        with self.assertRaises(libfa.ArgumentError):
            trainer.on(4, print)

    def test_stop_and_exceptions(self):
        for point in (libfa.AFTER_UPDATE, libfa.AFTER_EPOCH):
            alive = objects()
            trainer = libfa.Trainer(alive[0], 1, epochs=3)
            trainer.on(point, lambda seen: seen.epoch < 2)
            self.assertEqual(trainer.run(*alive, DATA), libfa.STOP_CALLBACK)
            self.assertEqual(trainer.epochs, 2)
            self.assertEqual(trainer.records[1].training.samples, 8 if point == libfa.AFTER_UPDATE else 30)

            def fail(seen):
                raise ZeroDivisionError("of mine")
            trainer.on(point, fail)
            with self.assertRaisesRegex(ZeroDivisionError, "of mine"):
                trainer.run(*alive, DATA)
            self.assertEqual(trainer.epochs, 3)
            trainer.on(point, None)
            trainer["epochs"] = 4
            self.assertEqual(trainer.run(*alive, DATA), libfa.STOP_EPOCHS)

    def test_nothing_is_called_after_an_exception(self):
        alive, calls = objects(), []
        trainer = libfa.Trainer(alive[0], 1)
        trainer.on(libfa.AFTER_DELTAS, lambda seen: 1 // 0)
        for point in (libfa.AFTER_UPDATE, libfa.AFTER_EPOCH):
            trainer.on(point, calls.append)
        with self.assertRaises(ZeroDivisionError):
            trainer.run(*alive, DATA)
        self.assertEqual((calls, trainer.epochs, alive[3].steps), ([], 1, 1))

    def test_no_run_inside_a_run(self):
        alive = objects()
        trainer = libfa.Trainer(alive[0], 1)
        trainer.on(libfa.AFTER_UPDATE, lambda seen: trainer.run(*alive, DATA))
        with self.assertRaisesRegex(libfa.StateError, "running"):
            trainer.run(*alive, DATA)


class Settings(Same):
    def test_schedule_of_an_optimizer(self):
        mine, other = objects(learning_rate=0.4), objects(learning_rate=0.1)
        mine[3].set_schedule(0.25)
        libfa.train_epoch(*mine, DATA)
        libfa.train_epoch(*other, DATA)
        self.same_weights(mine[0], other[0])  # 0.25 is a power of two
        for factor in (-1.0, math.inf, math.nan):
            with self.assertRaises(libfa.ArgumentError):
                mine[3].set_schedule(factor)

    def test_dropout(self):
        alive = objects(max_batch=30)
        net, pass_ = alive[:2]
        libfa.forward(net, pass_, X)
        plain = pass_.activity(1).copy()
        net.set_dropout(1, 0.25)
        self.assertEqual((net.dropout(0), net.dropout(1), net.dropout(2)), (0, 0.25, 0))
        with self.assertRaises(libfa.StateError):
            libfa.train_epoch(*alive, DATA)
        masks = []
        for seed, step in ((1, 0), (1, 0), (1, 1), (2, 0)):
            pass_.set_dropout(seed, step)
            libfa.forward(net, pass_, X)
            masked = pass_.activity(1).copy()
            masks.append(masked == 0)
            # What is kept is multiplied by 4 / 3, which is rounded.
            np.testing.assert_allclose(masked, np.where(masked == 0, 0, plain * (4 / 3)), rtol=2.0**-50, atol=0)
        np.testing.assert_array_equal(masks[0], masks[1])
        for other in masks[2:]:
            self.assertTrue(np.any(masks[0] != other))
        # 450 numbers of probability 1/4: five standard deviations of their mean.
        self.assertLess(abs(np.mean(masks[1:]) - 0.25), 5 * math.sqrt(0.25 * 0.75 / 450))
        np.testing.assert_array_equal(net.activity(X, 1), plain)
        for l, probability in ((2, 0.5), (1, 1.0), (1, -0.1), (1, math.nan)):
            with self.assertRaises(libfa.ArgumentError):
                net.set_dropout(l, probability)

    def test_dropout_of_a_trainer(self):
        """Its seed and the number of the batch pick the masks: a second run of the same seed gives the same bits."""
        nets = []
        for seed in (1, 1, 2):
            alive = objects()
            alive[0].set_dropout(0, 0.5)
            libfa.Trainer(alive[0], seed, epochs=2, shuffle=False).run(*alive, DATA)
            nets.append(alive[0])
        self.same_weights(nets[0], nets[1])
        self.assertTrue(np.any(nets[0].weights(1) != nets[2].weights(1)))

    def test_pruning(self):
        alive = objects()
        net = alive[0]
        before = weights(net)
        kept = [np.random.Philox(key=5 | (libfa.PURPOSE_PRUNING << 32 | l) << 64).random_raw(W.size).reshape(W.shape)
                >> np.uint64(11) >= 0.4 * 2.0**53 for l, W in enumerate(before, 1)]
        net.prune(1, 0.4, seed=5)
        self.assertEqual([net.is_pruned(l) for l in (0, 1, 2, 3)], [False, True, False, False])
        np.testing.assert_array_equal(net.weights(1), before[0] * kept[0])
        np.testing.assert_array_equal(net.weights(2), before[1])
        net.prune(0, 0.4, seed=5)
        libfa.train_epoch(*alive, DATA)
        for l in (1, 2):
            np.testing.assert_array_equal(net.weights(l) != 0, kept[l - 1])
        for l, fraction in ((3, 0.5), (1, -0.1), (1, 1.5)):
            with self.assertRaises(libfa.ArgumentError):
                net.prune(l, fraction, seed=1)

    def test_held_norms(self):
        alive = objects()
        net = alive[0]
        before = [np.linalg.norm(W.astype(float)) for W in weights(net)]
        net.hold_norm(2)
        self.assertEqual(net.held_norm(1), 0)
        libfa.train_epoch(*alive, DATA)
        norms = [np.linalg.norm(net.weights(l).astype(float)) for l in (1, 2)]
        # Elements are rounded once, in the element type; float32 at the coarsest.
        self.assertAlmostEqual(norms[1], before[1], delta=2.0 ** -24 * before[1])
        self.assertAlmostEqual(net.held_norm(2), before[1], delta=1e-12 * before[1])
        self.assertGreater(abs(norms[0] - before[0]), 1e-6)
        net.hold_norm(hold=False)
        self.assertEqual(net.held_norm(2), 0)
        with self.assertRaises(libfa.ArgumentError):
            net.hold_norm(3)

    def test_streaming(self):
        net, _, fb, opt = objects()[:4]
        stream = libfa.Pass(net, 5, streaming=True)
        self.assertTrue(stream.streaming)
        self.assertFalse(libfa.Pass(net, 5).streaming)
        self.assertLess(libfa.pass_bytes(net, 5, streaming=True), libfa.pass_bytes(net, 5))
        with self.assertRaisesRegex(libfa.UnsupportedError, "local rules"):
            libfa.train_epoch(net, stream, fb, opt, DATA)

    def test_threads(self):
        alive, other = objects(), objects()
        self.assertEqual(alive[1].threads, 1)
        alive[1].set_threads(2)
        self.assertEqual(alive[1].threads, 2)
        result = libfa.train_epoch(*alive, DATA)
        expected = libfa.train_epoch(*other, DATA)
        # Sums of at most 30 products of numbers below 10, in another order, through four updates.
        self.assertLess(abs(result.loss - expected.loss), 4 * 2 * 30 * 2.0**-53 * 10)
        for n in (0, 257):
            with self.assertRaises(libfa.ArgumentError):
                alive[1].set_threads(n)
        self.assertEqual(alive[1].threads, 2)
        alive[1].close()
        self.assertEqual(alive[1].threads, 0)


if __name__ == "__main__":
    tap.main()
