"""Training steps against a model of its own, written from the formulas, within the model's own rounding bound."""
import itertools
import unittest

import numpy as np

import bounded
import libfa
import tap
from bounded import Bounded

WIDTHS = (5, 7, 6, 4)
HIDDEN = ("identity", "tanh", "logistic", "relu", "erf")
OUTPUTS = [(activation, "squared_error") for activation in (*HIDDEN, "softmax")] + [
    ("logistic", "binary_cross_entropy"), ("softmax", "cross_entropy")]
SGD = {"learning_rate": 0.1, "momentum": 0.0, "nesterov": 0.0, "weight_decay": 0.0, "decoupled_weight_decay": 0.0}
EVERYTHING = {"learning_rate": 0.05, "momentum": 0.9, "nesterov": 1.0, "weight_decay": 0.01,
              "decoupled_weight_decay": 0.1}


class Model:
    """The network, the rule and the optimizer in Bounded numbers."""

    def __init__(self, hidden, output, loss, rule, sgd, arrays):
        self.activations = [hidden] * (len(WIDTHS) - 2) + [output]
        self.loss, self.rule, self.sgd = loss, rule, sgd
        self.W, self.b, self.B = arrays
        self.factors = [1.0] * 2 * len(self.W)
        self.velocity = [None] * 2 * len(self.W)

    def forward(self, x):
        self.h, self.z, self.slopes = [x], [], []
        for W, b, name in zip(self.W, self.b, self.activations):
            self.z.append(self.h[-1] @ W.T + b)
            h, slope = bounded.activation(name, self.z[-1])
            self.h.append(h)
            self.slopes.append(slope)

    def backward(self, target):
        """The loss; the deltas and the gradients, summed over the batch, are kept."""
        loss, e = bounded.loss(self.loss, self.activations[-1], self.z[-1], self.h[-1], self.slopes[-1], target)
        self.deltas = [e]
        for l in range(len(self.W) - 1, 0, -1):
            feedback = {"bp": self.W[l], "fa": self.B[l - 1].T, "shallow": 0.0 * self.W[l]}[self.rule]
            self.deltas.insert(0, (self.deltas[0] @ feedback) * self.slopes[l - 1])
        self.gradients = [gradient for l, delta in enumerate(self.deltas)
                          for gradient in (delta.T @ self.h[l], delta.sum(axis=0))]
        return loss

    def update(self, samples):
        p, w = self.sgd, [array for pair in zip(self.W, self.b) for array in pair]
        for i, factor in enumerate(self.factors):
            rate = p["learning_rate"] * factor
            g = self.gradients[i] * (1 / samples) + p["weight_decay"] * w[i]
            v = self.velocity[i] = g if self.velocity[i] is None else p["momentum"] * self.velocity[i] + g
            d = g + p["momentum"] * v if p["nesterov"] else v
            w[i] = (1 - rate * p["decoupled_weight_decay"]) * w[i] - rate * d
        self.W, self.b = w[::2], w[1::2]


def draw(seed, shape, dtype, bound=1.0):
    drawn = libfa.random_uniform(libfa.stream(seed, libfa.PURPOSE_USER), -bound, bound, np.empty(shape))
    return drawn.astype(dtype)


class Pair:
    """A network of the library and its model, with the same numbers."""

    def __init__(self, dtype, hidden, output, loss, rule, sgd, max_batch=8):
        unit = np.finfo(dtype).eps
        self.dtype, self.exact = dtype, lambda array: Bounded(array, 0, unit)
        shapes = list(zip(WIDTHS[1:], WIDTHS))
        W = [draw(10 + l, shape, dtype) for l, shape in enumerate(shapes)]
        b = [draw(20 + l, shape[0], dtype) for l, shape in enumerate(shapes)]
        B = [draw(30 + l, shape[::-1], dtype) for l, shape in enumerate(shapes[1:])]
        self.model = Model(hidden, output, loss, rule, sgd, [list(map(self.exact, part)) for part in (W, b, B)])
        self.net = libfa.Network(WIDTHS[0], dtype)
        for width, activation in zip(WIDTHS[1:], self.model.activations):
            self.net.add_dense(width, activation)
        self.net.loss = loss
        for l in range(1, len(WIDTHS)):
            self.net.set_weights(l, W[l - 1])
            self.net.set_bias(l, b[l - 1])
        self.pass_ = libfa.Pass(self.net, max_batch)
        self.fb = libfa.Feedback(self.net, rule, 1)
        if rule == "fa":
            for l in range(1, len(WIDTHS) - 1):
                self.fb.set("B", l, B[l - 1])
        self.opt = libfa.Optimizer(self.net, "sgd", **sgd)

    def batch(self, seed, n):
        x, target = draw(seed, (n, WIDTHS[0]), self.dtype), draw(seed + 1, (n, WIDTHS[-1]), self.dtype)
        if self.model.loss != "squared_error":
            target = abs(target)  # a number between 0 and 1
        return x, target


class Training(unittest.TestCase):
    def close(self, bound, computed, what):
        self.assertTrue(np.all(np.isfinite(computed)), what)
        self.assertLessEqual(bound.excess(computed), 1, what)
        # A bound that admits anything would prove nothing.
        self.assertLess(np.max(bound.error), 1e5 * bound.unit * (1 + np.max(abs(bound.value))), what)

    def weights(self, pair):
        for l in range(1, len(WIDTHS)):
            self.close(pair.model.W[l - 1], pair.net.weights(l), f"W_{l}")
            self.close(pair.model.b[l - 1], pair.net.bias(l), f"b_{l}")

    def phases(self, pair, x, target):
        model = pair.model
        model.forward(pair.exact(x))
        expected = model.backward(pair.exact(target))
        libfa.forward(pair.net, pair.pass_, x)
        self.close(expected, libfa.error(pair.net, pair.pass_, target), "loss")
        libfa.backward(pair.net, pair.pass_, pair.fb)
        for l in range(1, len(WIDTHS)):
            self.close(model.h[l], pair.pass_.activity(l), f"h_{l}")
            self.close(model.deltas[l - 1], pair.pass_.delta(l), f"delta_{l}")
        libfa.gradient(pair.net, pair.pass_, pair.fb)
        for l in range(1, len(WIDTHS)):
            self.close(model.gradients[2 * l - 2], pair.pass_.gradient(l), f"G_{l}")
            self.close(model.gradients[2 * l - 1], pair.pass_.bias_gradient(l), f"bias gradient {l}")
        libfa.update(pair.net, pair.pass_, pair.fb, pair.opt)
        model.update(len(x))
        self.weights(pair)

    def step(self, pair, x, target):
        pair.model.forward(pair.exact(x))
        expected = pair.model.backward(pair.exact(target))
        loss = libfa.train_step(pair.net, pair.pass_, pair.fb, pair.opt, x, target)
        self.close(expected, loss, "loss")
        pair.model.update(len(x))
        self.weights(pair)

    def every_combination(self, dtype, rule):
        for hidden, (output, loss) in itertools.product(HIDDEN, OUTPUTS):
            for sgd in (SGD, EVERYTHING):
                with self.subTest(hidden=hidden, output=output, loss=loss, momentum=sgd["momentum"]):
                    pair = Pair(dtype, hidden, output, loss, rule, sgd)
                    self.phases(pair, *pair.batch(1, 6))
                    self.step(pair, *pair.batch(3, 8))

    def test_bp_float64(self):
        self.every_combination(np.float64, "bp")

    def test_fa_float64(self):
        self.every_combination(np.float64, "fa")

    def test_shallow_float64(self):
        self.every_combination(np.float64, "shallow")

    def test_bp_float32(self):
        self.every_combination(np.float32, "bp")

    def test_fa_float32(self):
        self.every_combination(np.float32, "fa")

    def test_shallow_float32(self):
        self.every_combination(np.float32, "shallow")

    def test_rate_factors(self):
        pair = Pair(np.float64, "tanh", "identity", "squared_error", "fa", EVERYTHING)
        for i, factor in enumerate((0.5, 2.0, 0.0, 1.0, 3.0, 0.25)):
            pair.opt.set_rate_factor(i // 2 + 1, (libfa.WEIGHTS, libfa.BIASES)[i % 2], factor)
            pair.model.factors[i] = factor
        for seed in (1, 3, 5):
            self.step(pair, *pair.batch(seed, 4))

    def test_layouts_of_the_batch(self):
        for order, rows in itertools.product("CF", (slice(0, 6), slice(2, 8))):
            with self.subTest(order=order, rows=rows):
                pair = Pair(np.float64, "tanh", "identity", "squared_error", "fa", SGD)
                x, target = (np.array(array, order=order)[rows] for array in pair.batch(1, 8))
                self.step(pair, x, target)

    def test_accumulated_batches(self):
        """Two unequal batches and one update: the update of all samples together."""
        for rule, sgd in itertools.product(("bp", "fa", "shallow"), (SGD, EVERYTHING)):
            with self.subTest(rule=rule, momentum=sgd["momentum"]):
                pair = Pair(np.float64, "erf", "logistic", "binary_cross_entropy", rule, sgd)
                for seed in (1, 3):
                    x, target = pair.batch(seed, 8)
                    pair.model.forward(pair.exact(x))
                    pair.model.backward(pair.exact(target))
                    for part in (slice(0, 3), slice(3, 8)):
                        libfa.forward(pair.net, pair.pass_, x[part])
                        libfa.error(pair.net, pair.pass_, target[part])
                        libfa.backward(pair.net, pair.pass_, pair.fb)
                        libfa.gradient(pair.net, pair.pass_, pair.fb)
                    self.assertEqual(pair.pass_.gradient_samples, 8)
                    for l in range(1, len(WIDTHS)):
                        self.close(pair.model.gradients[2 * l - 2], pair.pass_.gradient(l), f"G_{l}")
                    libfa.update(pair.net, pair.pass_, pair.fb, pair.opt)
                    pair.model.update(8)
                    self.weights(pair)


class TheBoundItself(unittest.TestCase):
    def test_a_wrong_digit_is_found(self):
        """A model with one per mille more learning rate must not pass."""
        pair = Pair(np.float32, "tanh", "identity", "squared_error", "fa", SGD)
        x, target = pair.batch(1, 6)
        pair.model.sgd = {**SGD, "learning_rate": 0.1001}
        pair.model.forward(pair.exact(x))
        pair.model.backward(pair.exact(target))
        libfa.train_step(pair.net, pair.pass_, pair.fb, pair.opt, x, target)
        pair.model.update(len(x))
        self.assertGreater(max(W.excess(pair.net.weights(l + 1)) for l, W in enumerate(pair.model.W)), 1)


if __name__ == "__main__":
    tap.main()
