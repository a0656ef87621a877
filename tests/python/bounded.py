"""Numbers with a bound on how far a floating-point computation of them can be off.

A Bounded holds a value computed in NumPy's longest type and the bound |computed - value| <= error for anybody who
computes the same formula in float32 or float64, in any order of summation and with or without fused multiply-add
(running error analysis: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 to 3.3). One
operation costs `unit` times its result; unit is twice the rounding unit, which pays for the rounding of the model too.
What underflow may take from a result is the smallest normal number of the type.
"""
import math

import numpy as np

# Elementary functions of the library (SLEEF: at most 3.5 ulp, or libm) with their few operations around the call.
FUNCTION = 8


class Bounded:
    def __init__(self, value, error, unit):
        self.value = np.asarray(value, np.longdouble)
        error = np.asarray(error, np.longdouble)
        self.error = np.broadcast_to(np.where(np.isnan(error), np.inf, error), self.value.shape)  # 0 times infinity
        self.unit = unit
        self.tiny = np.finfo(np.float32 if unit > 1e-10 else np.float64).tiny

    def like(self, value, error):
        return Bounded(value, error, self.unit)

    def of(self, other):
        """A Bounded of a plain number, which is rounded to the type once."""
        if isinstance(other, Bounded):
            return other
        return self.like(other, self.unit * abs(other))

    def rounded(self, value, error):
        """The result of one more operation."""
        return self.like(value, error + self.unit * (abs(value) + error) + self.tiny)

    def __add__(self, other):
        other = self.of(other)
        return self.rounded(self.value + other.value, self.error + other.error)

    def __neg__(self):
        return self.like(-self.value, self.error)

    def __abs__(self):
        return self.like(abs(self.value), self.error)

    def __sub__(self, other):
        return self + -self.of(other)

    def __rsub__(self, other):
        return self.of(other) - self

    @np.errstate(invalid="ignore")
    def __mul__(self, other):
        other = self.of(other)
        return self.rounded(self.value * other.value,
                            self.error * (abs(other.value) + other.error) + abs(self.value) * other.error)

    __radd__ = __add__
    __rmul__ = __mul__

    @np.errstate(invalid="ignore")
    def __truediv__(self, other):
        """Infinite error where the divisor may be 0."""
        other = self.of(other)
        value = self.value / other.value
        least = abs(other.value) - other.error
        error = np.where(least > 0, (self.error + abs(value) * other.error) / np.where(least > 0, least, 1), np.inf)
        return self.rounded(value, error)

    def sqrt(self):
        """|sqrt a - sqrt b| = |a - b| / (sqrt a + sqrt b) <= sqrt |a - b|; what is below 0 counts as 0."""
        root, least = np.sqrt(np.maximum(self.value, 0)), np.sqrt(np.maximum(self.value - self.error, 0))
        total = root + least
        error = np.minimum(self.error / np.where(total > 0, total, 1), np.sqrt(self.error))
        return self.rounded(root, np.where(total > 0, error, np.sqrt(self.error)))

    def sign(self):
        """An exact number, unless nobody can tell the sign."""
        return self.like(np.where(abs(self.value) > self.error, np.sign(self.value), 0),
                         np.where(abs(self.value) > self.error, 0, self.error > 0))

    def larger(self, other):
        return self.like(np.maximum(self.value, other.value), np.maximum(self.error, other.error))

    @np.errstate(invalid="ignore")
    def __matmul__(self, other):
        inner = self.value.shape[1] + 2
        size, other_size = abs(self.value) + self.error, abs(other.value) + other.error
        gamma = inner * self.unit / (1 - inner * self.unit)
        return self.like(self.value @ other.value,
                         self.error @ other_size + abs(self.value) @ other.error + gamma * (size @ other_size) +
                         inner * self.tiny)

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
        return self.like(value, slope * self.error + FUNCTION * self.unit * abs(value) + self.tiny)

    def exp(self):
        value = np.exp(self.value)
        return self.like(value, value * (np.expm1(self.error) + FUNCTION * self.unit) + self.tiny)

    def excess(self, computed):
        """Largest |computed - value| / error."""
        difference = abs(np.asarray(computed, np.longdouble) - self.value)
        assert difference.shape == self.value.shape
        return float(np.max(difference / np.maximum(self.error, np.finfo(np.longdouble).tiny)))


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _relu(z):
    """Where the sign of z is uncertain, either slope is right."""
    near = (abs(z.value) <= z.error) & (z.error > 0)
    slope = np.where(near, 0.5, z.value > 0)
    return z.like(np.maximum(z.value, 0), np.where(near | (z.value > 0), z.error, 0)), z.like(slope, 0.5 * near)


def softmax(z):
    """y_i moves by a factor of at most exp(2 max |dz|) when z moves by dz; the shift by the row's maximum rounds z."""
    shifted = np.exp(z.value - z.value.max(axis=1, keepdims=True))
    y = shifted / shifted.sum(axis=1, keepdims=True)
    moved = (z.error + 2 * z.unit * abs(z.value)).max(axis=1, keepdims=True)
    return z.like(y, y * (np.expm1(2 * moved) + (FUNCTION + z.value.shape[1]) * z.unit) + z.tiny)


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
        return _relu(z)
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
