"""Numbers with a bound on how far a floating-point computation of them can be off.

A Bounded holds a value computed in NumPy's longest type and the bound |computed - value| <= error for anybody who
computes the same formula in float32 or float64, in any order of summation and with or without fused multiply-add
(running error analysis: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 to 3.3). One
operation costs `unit` times its result; unit is twice the rounding unit, which pays for the rounding of the model too.
"""
import math

import numpy as np

# Elementary functions of the library (SLEEF: at most 3.5 ulp, or libm) with their few operations around the call.
FUNCTION = 8


class Bounded:
    def __init__(self, value, error, unit):
        self.value = np.asarray(value, np.longdouble)
        self.error = np.broadcast_to(np.asarray(error, np.longdouble), self.value.shape)
        self.unit = unit

    def like(self, value, error):
        return Bounded(value, error, self.unit)

    def of(self, other):
        """A Bounded of a plain number, which is rounded to the type once."""
        if isinstance(other, Bounded):
            return other
        return self.like(other, self.unit * abs(other))

    def rounded(self, value, error):
        """The result of one more operation."""
        return self.like(value, error + self.unit * (abs(value) + error))

    def __add__(self, other):
        other = self.of(other)
        return self.rounded(self.value + other.value, self.error + other.error)

    def __neg__(self):
        return self.like(-self.value, self.error)

    def __sub__(self, other):
        return self + -self.of(other)

    def __rsub__(self, other):
        return self.of(other) - self

    def __mul__(self, other):
        other = self.of(other)
        return self.rounded(self.value * other.value,
                            self.error * (abs(other.value) + other.error) + abs(self.value) * other.error)

    __radd__ = __add__
    __rmul__ = __mul__

    def __matmul__(self, other):
        inner = self.value.shape[1] + 2
        size, other_size = abs(self.value) + self.error, abs(other.value) + other.error
        gamma = inner * self.unit / (1 - inner * self.unit)
        return self.like(self.value @ other.value,
                         self.error @ other_size + abs(self.value) @ other.error + gamma * (size @ other_size))

    @property
    def T(self):
        return self.like(self.value.T, self.error.T)

    def sum(self, axis=None, keepdims=False):
        count = self.value.size if axis is None else self.value.shape[axis]
        size = (abs(self.value) + self.error).sum(axis=axis, keepdims=keepdims)
        return self.like(self.value.sum(axis=axis, keepdims=keepdims),
                         self.error.sum(axis=axis, keepdims=keepdims) + count * self.unit * size)

    def function(self, f, slope):
        """f(self) where |f'| <= slope."""
        value = f(self.value)
        return self.like(value, slope * self.error + FUNCTION * self.unit * abs(value))

    def exp(self):
        value = np.exp(self.value)
        return self.like(value, value * (np.expm1(self.error) + FUNCTION * self.unit))

    def excess(self, computed):
        """Largest |computed - value| / error."""
        difference = abs(np.asarray(computed, np.longdouble) - self.value)
        assert difference.shape == self.value.shape
        return float(np.max(difference / np.maximum(self.error, np.finfo(np.longdouble).tiny)))


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _relu(z):
    assert np.all(abs(z.value) > z.error), "a pre-activation too close to the kink: choose other data"
    return z.like(np.maximum(z.value, 0), np.where(z.value > 0, z.error, 0))


def softmax(z):
    """y_i moves by a factor of at most exp(2 max |dz|) when z moves by dz; the shift by the row's maximum rounds z."""
    shifted = np.exp(z.value - z.value.max(axis=1, keepdims=True))
    y = shifted / shifted.sum(axis=1, keepdims=True)
    moved = (z.error + 2 * z.unit * abs(z.value)).max(axis=1, keepdims=True)
    return z.like(y, y * (np.expm1(2 * moved) + (FUNCTION + z.value.shape[1]) * z.unit))


def activation(name, z):
    """(h, f'(z)); no slope for softmax."""
    if name == "identity":
        return z, z.like(np.ones_like(z.value), 0)
    if name == "tanh":
        h = z.function(np.tanh, 1)
        return h, 1 - h * h
    if name == "logistic":
        h = z.function(lambda v: 1 / (1 + np.exp(-v)), 0.25)
        return h, h * (1 - h)
    if name == "relu":
        return _relu(z), z.like(np.where(z.value > 0, 1.0, 0.0), 0)
    if name == "erf":
        h = z.function(lambda v: _erf((v / np.sqrt(np.longdouble(2))).astype(float)), math.sqrt(2 / math.pi))
        return h, (z * z * -0.5).exp() * math.sqrt(2 / math.pi)
    return softmax(z), None


def loss(name, output, z, y, slope, target):
    """(mean loss, e)."""
    n = target.value.shape[0]
    if name == "squared_error":
        d = y - target
        total = (d * d).sum() * 0.5
        return total * (1 / n), (d * slope if output != "softmax" else y * (d - (d * y).sum(axis=1, keepdims=True)))
    if name == "binary_cross_entropy":
        tail = z.function(lambda v: np.log1p(np.exp(-abs(v))), 1)
        each = z.like(np.maximum(z.value, 0), z.error) - z * target + tail
        return each.sum() * (1 / n), y - target
    top = z.value.max(axis=1, keepdims=True)
    log_sum = top + np.log(np.exp(z.value - top).sum(axis=1, keepdims=True))
    moved = (z.error + 2 * z.unit * abs(z.value)).max(axis=1, keepdims=True)
    log_sum = z.like(log_sum, moved + (FUNCTION + z.value.shape[1]) * z.unit * (1 + abs(log_sum)))
    share = target.sum(axis=1, keepdims=True)
    each = log_sum * share - (z * target).sum(axis=1, keepdims=True)
    return each.sum() * (1 / n), y * share - target
