"""Learning rules written in Python: what they see, what they write, and what becomes of their exceptions."""
import unittest
import weakref

import numpy as np

import libfa
import tap

X = np.linspace(-1, 1, 24).reshape(6, 4)
TARGET = np.linspace(1, -1, 12).reshape(6, 2)


def network(dtype="float64", bias=True):
    net = libfa.Network(4, dtype)
    net.add_dense(5, "tanh", bias)
    net.add_dense(3, "erf", bias)
    net.add_dense(2, "identity", bias)
    net.init_weights(0, "uniform", 1.0, seed=1)
    return net


def train(rule, steps=5, dtype="float64", net=None, **sgd):
    """Losses and last weights."""
    net = net or network(dtype)
    fb = libfa.Feedback(net, rule, 7)
    pass_ = libfa.Pass(net, len(X))
    opt = libfa.Optimizer(net, "sgd", **{"learning_rate": 0.1, **sgd})
    x, target = X.astype(dtype), TARGET.astype(dtype)
    losses = [libfa.train_step(net, pass_, fb, opt, x, target) for _ in range(steps)]
    return losses, [net.weights(l).copy() for l in (1, 2, 3)]


class PythonFA(libfa.Rule):
    name = "python_fa"

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        for l in range(step.depth - 1, 0, -1):
            step.transport(l)


class Written(unittest.TestCase):
    def equal(self, one, other):
        self.assertEqual(one[0], other[0])
        for W, V in zip(one[1], other[1]):
            np.testing.assert_array_equal(W, V)

    def test_transport_is_fa_bit_for_bit(self):
        for dtype in ("float32", "float64"):
            self.equal(train(PythonFA(), dtype=dtype), train("fa", dtype=dtype))

    def test_weights_operand_is_bp_bit_for_bit(self):
        class PythonBP(PythonFA):
            def backward(self, step):
                for l in range(step.depth - 1, 0, -1):
                    step.transport(l, step.weights_operand(l))
        self.equal(train(PythonBP()), train("bp"))

    def test_array_operand_is_fa_bit_for_bit(self):
        class ByArray(PythonFA):
            def backward(self, step):
                for l in range(step.depth - 1, 0, -1):
                    step.transport(l, step.array_operand("B", l))
        self.equal(train(ByArray()), train("fa"))

    def test_nothing_written_is_shallow(self):
        class Nothing(libfa.Rule):
            name = "nothing"
        self.equal(train(Nothing()), train("shallow"))

    def test_inject_with_one_hidden_layer_more(self):
        """Direct feedback by the library against the same products in NumPy."""
        class Direct(libfa.Rule):
            name = "direct"
            compared = 0

            def setup(self, setup):
                setup.feedback(libfa.DIRECT)

            def backward(self, step):
                e = step.delta(3)
                for l in (1, 2):
                    step.delta(l)[...] = e @ step.array("B", l).T
                    step.apply_slope(l)
                    mine = step.delta(l).copy()
                    step.inject(l)
                    # A sum of two products and the slope: at most 4 roundings on either side, of numbers below 10.
                    np.testing.assert_allclose(step.delta(l), mine, rtol=0, atol=8 * 2.0**-53 * 10)
                    self.compared += 1
        rule = Direct()
        train(rule)
        self.assertEqual(rule.compared, 10)

    def test_own_products_match_fa(self):
        """Deltas written by NumPy: the same step within rounding."""
        class Own(PythonFA):
            def backward(self, step):
                for l in (2, 1):
                    np.matmul(step.delta(l + 1), step.array("B", l).T, out=step.delta(l))
                    step.apply_slope(l)
        own, fa = train(Own(), steps=1), train("fa", steps=1)
        for W, V in zip(own[1], fa[1]):
            # Deltas below 10, sums of at most 6 samples and 5 products, twice two roundings each.
            np.testing.assert_allclose(W, V, rtol=0, atol=2 * 16 * 2.0**-53 * 10)

    def test_own_gradient(self):
        class Gradient(PythonFA):
            flags = libfa.RULE_WRITES_GRADIENT

            def backward(self, step):
                super().backward(step)
                W, b = step.gradient(2)
                W[...] = 1.0
                if b is not None:
                    b[...] = 2.0
        for bias in (True, False):
            net = network(bias=bias)
            before = net.weights(2).copy()
            _, after = train(Gradient(), steps=1, net=net, learning_rate=0.5)
            np.testing.assert_array_equal(after[1], before - 0.5)
            if bias:
                np.testing.assert_array_equal(net.bias(2), [-1.0] * 3)

    def test_local_rule(self):
        class Local(libfa.Rule):
            name = "local"
            seen = ()

            def setup(self, setup):
                for l in range(1, setup.depth):
                    setup.array("D", l, setup.width(l), setup.width(setup.depth), "uniform", 1.0)

            def local(self, step, l):
                self.seen += (l,)
                np.matmul(step.target(), step.array("D", l).T, out=step.delta(l))
                step.apply_slope(l)
        rule = Local()
        train(rule, steps=2)
        self.assertEqual(rule.seen, (1, 2, 1, 2))

    def test_adapt_sees_the_increment(self):
        """Kolen and Pollack: B_l follows the change of W_{l+1}, so that B - W^T keeps its value."""
        class Mirror(PythonFA):
            flags = libfa.RULE_NEEDS_INCREMENT
            numbers = ()

            def adapt(self, step):
                self.numbers += (step.number,)
                for l in (1, 2):
                    change, bias = step.increment(l + 1)
                    step.array("B", l)[...] += change.T
                    self.shapes = change.shape, bias.shape
                    assert not change.flags.writeable
                    assert not step.delta(l).flags.writeable
        net, rule = network(), Mirror()
        fb, pass_, opt = libfa.Feedback(net, rule, 7), libfa.Pass(net, 6), libfa.Optimizer(net, learning_rate=0.1)
        gap = fb.get("B", 2) - net.weights(3).T
        for _ in range(4):
            libfa.train_step(net, pass_, fb, opt, X, TARGET)
        # Both add the same number to a number below 4, and round, four times.
        np.testing.assert_allclose(fb.get("B", 2) - net.weights(3).T, gap, rtol=0, atol=2 * 4 * 4 * 2.0**-53)
        self.assertEqual((rule.numbers, rule.shapes), ((0, 1, 2, 3), ((2, 3), (1, 2))))

    def test_slots_noise_and_losses(self):
        class Noise(PythonFA):
            def setup(self, setup):
                super().setup(setup)
                setup.slots(2)

            def backward(self, step):
                super().backward(step)
                step.forward(1)
                np.testing.assert_array_equal(step.activity(3, slot=1), step.activity(3))
                np.testing.assert_array_equal(step.loss(1), step.loss())
                self.mean = step.loss().mean()
                for l in (1, 2, 3):
                    step.normal(libfa.PURPOSE_RULE, l, 0.0, 0.1, step.activity(l, slot=2))
                step.forward(1, noise_slot=2)
                self.noise = [step.activity(l, slot=2).copy() for l in (1, 2, 3)]
                self.changed = not np.array_equal(step.activity(3, slot=1), step.activity(3))
                step.forward(1, x=2 * step.activity(0))
                step.uniform(libfa.PURPOSE_RULE, 0, -1.0, 1.0, step.activity(0, slot=1))
        rule = Noise()
        losses, _ = train(rule, steps=1)
        self.assertTrue(rule.changed)
        self.assertAlmostEqual(rule.mean, losses[0], delta=1e-13)
        expected = libfa.random_normal(libfa.stream(7, libfa.PURPOSE_RULE, 2, 0), 0.0, 0.1, np.empty((6, 3)))
        np.testing.assert_array_equal(rule.noise[1], expected)

    def test_presynaptic_array_of_the_rule(self):
        """An array that only the library knows must live until the update, and no longer than to the next batch."""
        class Other(PythonFA):
            def backward(self, step):
                super().backward(step)
                h = np.zeros((step.batch, step.width(0)))
                self.array = weakref.ref(h)
                step.set_presynaptic(1, h)

            def adapt(self, step):
                self.alive = self.array() is not None
        for phases in (True, False):
            net, rule = network(), Other()
            before = net.weights(1).copy()
            fb, pass_, opt = libfa.Feedback(net, rule, 7), libfa.Pass(net, 6), libfa.Optimizer(net, learning_rate=0.1)
            if phases:
                libfa.forward(net, pass_, X)
                libfa.error(net, pass_, TARGET)
                libfa.backward(net, pass_, fb)
                libfa.update(net, pass_, fb, opt)
            else:
                libfa.train_step(net, pass_, fb, opt, X, TARGET)
            self.assertTrue(rule.alive)
            np.testing.assert_array_equal(net.weights(1), before)
            self.assertTrue(net.bias(1).any())
            first = rule.array
            libfa.train_step(net, pass_, fb, opt, X, TARGET)
            self.assertIsNone(first())

    def test_what_a_step_shows(self):
        class Look(PythonFA):
            params = [libfa.real_param("scale", 1.5, 0.0, 2.0, "a number")]

            def backward(self, step):
                super().backward(step)
                self.seen = (step.depth, step.batch, step.dtype, step.width(1), step.param("scale"))
                self.weights = step.weights(2).copy()
                np.testing.assert_array_equal(step.activity(0), X)
                np.testing.assert_array_equal(step.target(), TARGET)
                for view in (step.weights(1), step.bias(1), step.array("B", 1), step.activity(1), step.delta(3),
                             step.target()):
                    assert not view.flags.writeable
                assert step.delta(1).flags.writeable
        net, rule = network(), Look()
        expected = net.weights(2).copy()
        train(rule, steps=1, net=net)
        self.assertEqual(rule.seen, (3, 6, "float64", 5, 1.5))
        np.testing.assert_array_equal(rule.weights, expected)
        fb = libfa.Feedback(net, rule, 1)
        fb.set_param("scale", 0.5)
        self.assertEqual(fb.param("scale"), 0.5)
        with self.assertRaises(libfa.ArgumentError):
            fb.set_param("scale", 3.0)


class Exceptions(unittest.TestCase):
    def failing(self, rule, call=None):
        """The RuleError of a step; nothing may have been updated."""
        net = network()
        fb, pass_, opt = libfa.Feedback(net, rule, 7), libfa.Pass(net, 6), libfa.Optimizer(net, learning_rate=0.1)
        before = net.weights(1).copy()
        with self.assertRaises(libfa.RuleError) as caught:
            if call:
                call(net, pass_, fb)
            else:
                libfa.train_step(net, pass_, fb, opt, X, TARGET)
        np.testing.assert_array_equal(net.weights(1), before)
        self.assertEqual((caught.exception.status, opt.steps), (-10, 0))
        return caught.exception

    def test_backward(self):
        class Bad(PythonFA):
            def backward(self, step):
                raise KeyError("no such thing")

        def phases(net, pass_, fb):
            libfa.forward(net, pass_, X)
            libfa.error(net, pass_, TARGET)
            libfa.backward(net, pass_, fb)
        for call in (None, phases):
            error = self.failing(Bad(), call)
            self.assertEqual(str(error), "KeyError: 'no such thing'")
            self.assertIsInstance(error.__cause__, KeyError)

    def test_local(self):
        class Bad(libfa.Rule):
            name = "bad"

            def local(self, step, l):
                raise ZeroDivisionError("in layer %d" % l)
        self.assertIsInstance(self.failing(Bad()).__cause__, ZeroDivisionError)

    def test_setup(self):
        class Bad(libfa.Rule):
            name = "bad"

            def setup(self, setup):
                raise OSError("no feedback today")
        with self.assertRaisesRegex(libfa.RuleError, "OSError: no feedback today") as caught:
            libfa.Feedback(network(), Bad(), 1)
        self.assertIsInstance(caught.exception.__cause__, OSError)

    def test_error_of_the_library_inside_a_rule(self):
        class Bad(PythonFA):
            def backward(self, step):
                step.transport(3)
        error = self.failing(Bad())
        self.assertIsInstance(error.__cause__, libfa.ArgumentError)

        class BadArray(PythonFA):
            def backward(self, step):
                step.transport(1, step.array_operand("C", 1))
        self.assertIsInstance(self.failing(BadArray()).__cause__, libfa.ArgumentError)

    def test_read_only_arrays(self):
        class Bad(PythonFA):
            def backward(self, step):
                step.delta(3)[...] = 0
        self.assertIsInstance(self.failing(Bad()).__cause__, ValueError)

    def test_adapt(self):
        """Too late to stop the update, but not lost."""
        class Bad(PythonFA):
            def adapt(self, step):
                raise IndexError("after the update")
        net = network()
        fb, pass_, opt = libfa.Feedback(net, Bad(), 7), libfa.Pass(net, 6), libfa.Optimizer(net, learning_rate=0.1)
        with self.assertRaisesRegex(libfa.RuleError, "adapt of rule python_fa raised IndexError") as caught:
            libfa.train_step(net, pass_, fb, opt, X, TARGET)
        self.assertIsInstance(caught.exception.__cause__, IndexError)
        self.assertEqual(opt.steps, 1)
        np.testing.assert_array_equal(net.weights(1), train("fa", steps=1)[1][0])

    def test_ctrl_c_stays_ctrl_c(self):
        class Interrupted(PythonFA):
            def backward(self, step):
                raise KeyboardInterrupt
        net = network()
        fb, pass_, opt = libfa.Feedback(net, Interrupted(), 7), libfa.Pass(net, 6), libfa.Optimizer(net)
        with self.assertRaises(KeyboardInterrupt):
            libfa.train_step(net, pass_, fb, opt, X, TARGET)

    def test_next_step_is_clean(self):
        class Once(PythonFA):
            failed = False

            def backward(self, step):
                super().backward(step)
                if not self.failed:
                    self.failed = True
                    raise RuntimeError("ä" * 400)
        net = network()
        fb, pass_, opt = libfa.Feedback(net, Once(), 7), libfa.Pass(net, 6), libfa.Optimizer(net, learning_rate=0.1)
        with self.assertRaisesRegex(libfa.RuleError, "RuntimeError: ä"):
            libfa.train_step(net, pass_, fb, opt, X, TARGET)
        losses = [libfa.train_step(net, pass_, fb, opt, X, TARGET) for _ in range(5)]
        self.assertEqual(losses, train("fa")[0])

    def test_step_is_dead_after_its_callback(self):
        class Keep(PythonFA):
            def backward(self, step):
                super().backward(step)
                self.step = step
        rule = Keep()
        train(rule, steps=1)
        for call in (lambda: rule.step.depth, lambda: rule.step.transport(1)):
            with self.assertRaisesRegex(libfa.ArgumentError, "the step is over"):
                call()

    def test_ill_formed_rules(self):
        class NoName(libfa.Rule):
            name = ""
        with self.assertRaises(libfa.ArgumentError):
            libfa.Feedback(network(), NoName(), 1)


if __name__ == "__main__":
    tap.main()
