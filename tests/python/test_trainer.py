"""Whole runs of the Trainer, and what is set for training: freezing, dropout, pruning, held norms, streaming,
threads."""
import math
import unittest

import numpy as np

import libfa
import tap
from test_training import DATA, Same, X, network, objects, weights


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
        with self.assertRaisesRegex(ValueError, "the pass is closed"):
            alive[1].threads


if __name__ == "__main__":
    tap.main()
