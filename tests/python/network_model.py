"""Any network, rule and optimizer of the library as NumPy formulas over Bounded numbers, samples in rows.

The bound on |library - model| that comes with every number is made of gamma_k = k u / (1 - k u), u being the rounding
unit of the element type: a product of matrices A B, summed over k terms in any order, with or without fused
multiply-adds, is off by at most gamma_k |A| |B| (Higham 2002, eq. 3.13), element by element. Along the path of a step
k is n_{l-1} + 1 for z_l, n_{l+1} (layer by layer) or n_L (direct feedback) for delta_l, and the number of samples plus
that of the parts in which they came for the gradient; f is Lipschitz and costs a few units of its result more; and what
a factor brings along, |dA| |B| + |A| |dB|, passes through. bounded.py writes k + 2 terms of 2 u each, which is above
gamma of 2 k + 4 and covers both the parts and the model's own rounding.
"""
import numpy as np

import bounded

# s in delta_l = s .* f'(z_l); m.W, m.delta, ... are counted l = 1 .. L.
SIGNALS = {
    "bp": lambda m, l: m.delta[l + 1] @ m.W[l + 1],
    "fa": lambda m, l: m.delta[l + 1] @ m.arrays["B", l].T,
    "dfa": lambda m, l: m.e @ m.arrays["B", l].T,
    "sdfa": lambda m, l: m.e.sign() @ m.arrays["B", l].T,
    "drtp": lambda m, l: m.target @ m.arrays["B", l].T,
    "ifa": lambda m, l: m.e @ m.arrays["B", 1].T if l == 1 else m.delta[l - 1] @ m.W[l].T,
    "usf": lambda m, l: m.delta[l + 1] @ (m.W[l + 1].sign() * m.widths[l] ** -0.5),
    "frsf": lambda m, l: m.delta[l + 1] @ (m.W[l + 1].sign() * abs(m.arrays["M", l]) * m.widths[l] ** -0.5),
    "pfa": lambda m, l: m.delta[l + 1] @ m.arrays["B", l] @ m.arrays["R", l],
    "shallow": lambda m, l: m.h[l].like(np.zeros(m.h[l].value.shape), 0),
}
SIGNALS["kolen_pollack"], SIGNALS["dkp"] = SIGNALS["fa"], SIGNALS["dfa"]
# What the optimizer's rate multiplies: p are the parameters, s the moments of an array, t counts updates from 1.


def sgd(p, t, g, s):
    s["v"] = p["momentum"] * s["v"] + g
    return g + p["momentum"] * s["v"] if p["nesterov"] else s["v"]


def rmsprop(p, t, g, s):
    s["v"] = p["alpha"] * s["v"] + (1 - p["alpha"]) * (g * g)
    s["m"] = p["alpha"] * s["m"] + (1 - p["alpha"]) * g
    square = s["v"] - s["m"] * s["m"] if p["centered"] else s["v"]
    s["b"] = p["momentum"] * s["b"] + g / (square.sqrt() + p["eps"])
    return s["b"]


def adam(p, t, g, s):
    s["m"] = p["beta1"] * s["m"] + (1 - p["beta1"]) * g
    s["v"] = p["beta2"] * s["v"] + (1 - p["beta2"]) * (g * g)
    s["top"] = s["top"].larger(s["v"])
    # 1 - beta^t in double precision: beta^t is below 1 and off by t roundings.
    first, second = (g.like(1 - p[beta] ** t, t * 2.0 ** -52) for beta in ("beta1", "beta2"))
    return s["m"] / first / ((s["top" if p["amsgrad"] else "v"] / second).sqrt() + p["eps"])


def adagrad(p, t, g, s):
    s["v"] = s["v"] + g * g
    return g * (1 / (1 + (t - 1) * p["learning_rate_decay"])) / ((s["v"] + p["initial_accumulator"]).sqrt() + p["eps"])


def manhattan(p, t, g, s):
    s["v"] = p["momentum"] * s["v"] + g.sign()
    return s["v"]


OPTIMIZERS = {"sgd": sgd, "rmsprop": rmsprop, "adam": adam, "adamw": adam, "adagrad": adagrad, "manhattan": manhattan}


class Model:
    """`optimizer` is (name, parameters); W and b are lists from 1 on, b[l] may be None; arrays are the rule's."""

    def __init__(self, activations, loss, rule, optimizer, W, b, arrays):
        self.activations, self.loss, self.rule, (self.optimizer, self.p) = activations, loss, rule, optimizer
        self.W, self.b, self.arrays, self.t = W, b, arrays, 0
        self.moments, self.widths = {}, [W[1].value.shape[1], *(matrix.value.shape[0] for matrix in W[1:])]

    def forward(self, x):
        self.h, self.z, self.slope = [x], [None], [None]
        for W, b, name in zip(self.W[1:], self.b[1:], self.activations[1:]):
            self.z.append(self.h[-1] @ W.T if b is None else self.h[-1] @ W.T + b)
            for kept, value in zip((self.h, self.slope), bounded.activation(name, self.z[-1])):
                kept.append(value)

    def backward(self, target):
        depth, self.target = len(self.W) - 1, target
        loss, self.e = bounded.loss(self.loss, self.activations[-1], self.z[-1], self.h[-1], self.slope[-1], target)
        self.delta = [None] * depth + [self.e]
        for l in range(1, depth) if self.rule == "ifa" else range(depth - 1, 0, -1):
            self.delta[l] = SIGNALS[self.rule](self, l) * self.slope[l]
        self.G = [None] + [self.delta[l].T @ self.h[l - 1] for l in range(1, depth + 1)]
        self.g = [None] + [self.delta[l].sum(axis=0) for l in range(1, depth + 1)]
        return loss

    def _updated(self, key, w, gradient, samples):
        """(w, what was added for the gradient's sake)"""
        p, state = self.p, self.moments.setdefault(key, dict.fromkeys(("v", "m", "b", "top"), w.like(0 * w.value, 0)))
        inside = 0 if self.optimizer == "adamw" else p.get("weight_decay", 0)
        beside = p["weight_decay"] if self.optimizer == "adamw" else p.get("decoupled_weight_decay", 0)
        g = gradient * (1 / samples) + inside * w
        change = -p["learning_rate"] * OPTIMIZERS[self.optimizer](p, self.t, g, state)
        return (1 - p["learning_rate"] * beside) * w + change, change

    def update(self, samples):
        self.t += 1
        changes = [None] * len(self.W)
        for l in range(1, len(self.W)):
            self.W[l], changes[l] = self._updated(("W", l), self.W[l], self.G[l], samples)
            if self.b[l] is not None:
                self.b[l], _ = self._updated(("b", l), self.b[l], self.g[l], samples)
        for (name, l), array in self.arrays.items():
            if self.rule == "kolen_pollack":
                self.arrays[name, l] = array + changes[l + 1].T
            elif self.rule == "pfa" and name == "R":
                self.arrays[name, l] = array + self.arrays["B", l].T @ changes[l + 1]
            elif self.rule == "dkp":
                self.arrays[name, l] = array - self.p["learning_rate"] / samples * (self.h[l].T @ self.e)
