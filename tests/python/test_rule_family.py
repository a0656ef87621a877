"""What a rule written in Python may do since 0.3: written anew, rules of the library give the same bits."""
import gc
import unittest
import weakref

import numpy as np

import libfa
import tap
from test_rule import X, TARGET, network, train


def backward_from(method):
    """Call a method for every hidden layer, the last one first."""
    def backward(self, step):
        for l in range(step.depth - 1, 0, -1):
            method(step, l)
    return backward


class Same(unittest.TestCase):
    def equal(self, rule, name, **sgd):
        one, other = train(rule, **sgd), train(name, **sgd)
        self.assertEqual(one[0], other[0])
        for W, V in zip(one[1], other[1]):
            np.testing.assert_array_equal(W, V)

    def test_injected_signals(self):
        class Mine(libfa.Rule):
            name = "mine"

            def setup(self, setup):
                setup.feedback(libfa.DIRECT)

            backward = backward_from(lambda step, l: step.inject_signal(l, step.delta(step.depth)))
        self.equal(Mine(), "dfa")

        class Signs(Mine):
            backward = backward_from(lambda step, l: step.inject_signal(l, np.sign(step.delta(step.depth))))
        self.equal(Signs(), "sdfa")

        class Target(Mine):
            def setup(self, setup):
                for l in range(1, setup.depth):
                    setup.feedback_layer(libfa.DIRECT, l, libfa.DRAW_FRENKEL)

            backward = None

            def local(self, step, l):
                step.inject_signal(l, step.target(), 1.0)
        self.equal(Target(), "drtp")

    def test_carried_signals(self):
        class Mine(libfa.Rule):
            name = "mine"

            def setup(self, setup):
                setup.feedback_layer(libfa.DIRECT, 1)

            def backward(self, step):
                step.inject(1)
                for l in range(2, step.depth):
                    step.carry(l)
        self.equal(Mine(), "ifa")

    def test_derived_feedback(self):
        class Mine(libfa.Rule):
            name = "mine"

            def setup(self, setup):
                setup.feedback(libfa.LAYERWISE, derived=True)

            def backward(self, step):
                for l in range(step.depth - 1, 0, -1):
                    step.pseudo_inverse(step.weights(l + 1), step.array("B", l, writable=True))
                    step.transport(l)
        self.equal(Mine(), "pseudo_backprop")

    def test_increments_and_decay(self):
        class Mine(libfa.Rule):
            name = "mine"
            flags = libfa.RULE_NEEDS_INCREMENT | libfa.RULE_REFUSES_COUPLED_DECAY
            rates = []

            def setup(self, setup):
                setup.feedback(libfa.LAYERWISE)

            backward = backward_from(lambda step, l: step.transport(l))

            def adapt(self, step):
                self.rates.append(step.learning_rate)
                for l in range(1, step.depth):
                    step.array("B", l)[...] += step.increment(l + 1)[0].T
        rule = Mine()
        self.equal(rule, "kolen_pollack", momentum=0.5)
        self.assertEqual(rule.rates, [0.1] * 5)
        with self.assertRaises(libfa.UnsupportedError):
            train(Mine(), weight_decay=0.1)

    def test_shrinking_weights(self):
        class Mine(libfa.Rule):
            name = "mine"

            def adapt(self, step):
                step.shrink_weights(1, 0.5)
        start = network()
        W = start.weights(1).copy()
        _, weights = train(Mine(), steps=3, net=start)
        np.testing.assert_array_equal(weights[0], W / 8)


class Passes(unittest.TestCase):
    def test_layers_errors_and_factors(self):
        seen = []

        class Mine(libfa.Rule):
            name = "mine"
            params = [libfa.fa_param(b"width", libfa.PARAM_INTEGER, 2, 1, 9, None, b"of an array")]

            def setup(self, setup):
                setup.slots(2)
                setup.array("A", 1, int(setup.param("width")), 3)
                setup.scratch("S", 1, 5, 3)

            def backward(self, step):
                h = step.activity(0)
                for l in range(1, step.depth + 1):
                    step.layer(l, h, slot=1)
                    h = step.activity(l, slot=1)
                    seen.append((h.copy(), step.activity(l).copy()))
                e = step.error(1, step.activity(step.depth, slot=2))
                seen.append((e.copy(), step.delta(step.depth).copy()))
                step.array("S", 1, writable=True)[...] = 1
                e[...] = 0
                step.set_postsynaptic(step.depth, e)
        net = network()
        W = net.weights(3).copy()
        fb = libfa.Feedback(net, Mine(), 1)
        self.assertEqual(fb.get("A", 1).shape, (2, 3))
        fb.set_param("width", 4)
        self.assertEqual(fb.get("A", 1).shape, (4, 3))
        libfa.train_step(net, libfa.Pass(net, len(X)), fb, libfa.Optimizer(net, learning_rate=1.0), X, TARGET)
        self.assertEqual(len(seen), 4)
        for mine, theirs in seen:
            np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_array_equal(net.weights(3), W)  # its error was set to 0

    def test_two_matrices(self):
        class Mine(libfa.Rule):
            name = "mine"

            def setup(self, setup):
                setup.array("L", 1, 5, 7, "uniform", 1.0)
                setup.array("R", 1, 7, 3, "uniform", 1.0)

            def backward(self, step):
                step.transport_through(1, step.array("L", 1), step.array("R", 1))
                written = step.delta(1).copy()
                step.delta(1)[...] = step.delta(2) @ (step.array("L", 1) @ step.array("R", 1)).T
                step.apply_slope(1)
                # Two products of sums of 3 and 7 terms below 10, and a slope: fewer than 20 roundings on either side.
                np.testing.assert_allclose(written, step.delta(1), rtol=0, atol=40 * 10 * 2.0 ** -53)
                step.apply_mask(1)
        train(Mine(), steps=2)


class Forms(unittest.TestCase):
    def test_every_form_is_a_matrix(self):
        net = network()
        for form in "dense", "sparse", "low_rank", "shared", "regenerated":
            fb = libfa.Feedback(net, "fa", 3)
            fb.set_param("feedback_rank", 2)
            fb.set_param("feedback_form", form)
            self.assertEqual(fb.dense(1).shape, (5, 3))
            self.assertEqual(fb.dense(2).shape, (3, 2))
            self.assertGreater(np.abs(fb.dense(1)).max(), 0)
        with self.assertRaises(libfa.UnsupportedError):
            fb.get("B", 1)
        dense = libfa.Feedback(net, "fa", 3)
        np.testing.assert_array_equal(fb.dense(1), dense.dense(1))
        np.testing.assert_array_equal(dense.get("B", 1), dense.dense(1))

    def test_views_keep_arrays_where_they_are(self):
        net = network()
        fb = libfa.Feedback(net, "pfa", 3)
        view = fb.get("B", 1)
        fb.set_param("decay", 0.5)  # makes nothing anew
        with self.assertRaises(libfa.StateError):
            fb.set_param("expansion", 3)
        self.assertEqual(view.shape, (3, 6))
        del view
        fb.set_param("expansion", 3)
        self.assertEqual(fb.get("B", 1).shape, (3, 9))
        self.assertIn("feedback_form", libfa.feedback_params())

    def test_layers_by_back_propagation(self):
        class Mine(libfa.Rule):
            name = "mine"

            def setup(self, setup):
                setup.feedback(libfa.DIRECT)

            backward = backward_from(lambda step, l: step.inject(l))
        net, reference = network(), network()
        fb = libfa.Feedback(net, Mine(), 7)
        fb.use_weights()
        self.assertTrue(fb.uses_weights(1) and fb.uses_weights(2) and not fb.uses_weights(3))
        for one, feedback in (net, fb), (reference, libfa.Feedback(reference, "bp", 7)):
            libfa.train_step(one, libfa.Pass(one, len(X)), feedback, libfa.Optimizer(one), X, TARGET)
        for l in 1, 2, 3:
            np.testing.assert_array_equal(net.weights(l), reference.weights(l))

    def test_mirror_phase(self):
        net = network()
        pass_ = libfa.Pass(net, 64)
        fb = libfa.Feedback(net, "weight_mirror", 7)
        fb.set_param("response", "linear")

        def angle():
            B, W = fb.dense(1).ravel(), net.weights(2).T.ravel()
            return np.degrees(np.arccos(B @ W / np.linalg.norm(B) / np.linalg.norm(W)))
        before = angle()
        fb.adapt(net, pass_, 20000)
        self.assertLess(angle(), before / 2)
        with self.assertRaises(libfa.UnsupportedError):
            libfa.Feedback(net, "fa", 7).adapt(net, pass_)


class Lifetimes(unittest.TestCase):
    def test_arrays_of_a_mirror_phase_outlive_the_feedback(self):
        class Mine(libfa.Rule):
            name = "mine"
            flags = libfa.RULE_MIRRORS

            def setup(self, setup):
                setup.feedback(libfa.LAYERWISE)

            def adapt(self, step):
                self.seen = step.array("B", 1)
        net, rule = network(), Mine()
        fb = libfa.Feedback(net, rule, 7)
        fb.adapt(net, libfa.Pass(net, 4))
        self.assertIn(fb._handle, [views.handle for views in rule.seen.base._owner[:-1]])
        before = rule.seen.copy()
        del fb
        gc.collect()
        np.testing.assert_array_equal(rule.seen, before)

    def test_what_stands_for_a_delta_lives_until_the_update(self):
        class Mine(libfa.Rule):
            name = "mine"

            def backward(self, step):
                memory = np.zeros(4 * (len(X) + 1))  # rows like the library's: of 32 bytes, at multiples of 32
                first = -memory.ctypes.data % 32 // 8
                signal = memory[first:first + 4 * len(X)].reshape(-1, 4)[:, :2]
                signal[:] = step.delta(3)
                self.signal = weakref.ref(signal)
                step.set_postsynaptic(3, signal)
        net, rule = network(), Mine()
        pass_, fb, opt = libfa.Pass(net, len(X)), libfa.Feedback(net, rule, 7), libfa.Optimizer(net, "sgd")
        libfa.forward(net, pass_, X)
        libfa.error(net, pass_, TARGET)
        libfa.backward(net, pass_, fb)
        gc.collect()
        self.assertIsNotNone(rule.signal())
        libfa.update(net, pass_, fb, opt)


if __name__ == "__main__":
    tap.main()
