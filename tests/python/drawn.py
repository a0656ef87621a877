"""Cases of a training that Hypothesis draws, and what they describe in the library and in the model."""
import collections

import numpy as np
from hypothesis import strategies as st

import libfa
import network_model
from bounded import Bounded

HIDDEN = ("identity", "tanh", "logistic", "relu", "erf")
OUTPUTS = [(name, "squared_error") for name in (*HIDDEN, "softmax")] + [
    ("logistic", "binary_cross_entropy"), ("softmax", "cross_entropy")]
RULES = [libfa.lib.fa_rule_at(i).contents for i in range(libfa.lib.fa_rule_count())]
FLAGS = {rule.name.decode(): rule.flags for rule in RULES}
DERIVED = "brsf", "frsf", "pseudo_backprop", "usf"
MODELLED = sorted(network_model.SIGNALS)
OPTIMIZERS = {
    "sgd": {"momentum": (0.0, 0.5, 0.9), "nesterov": (0.0, 1.0), "weight_decay": (0.0, 0.25),
            "decoupled_weight_decay": (0.0, 0.5)},
    "rmsprop": {"alpha": (0.99, 0.5), "eps": (1e-8, 1e-3), "momentum": (0.0, 0.5), "centered": (0.0, 1.0),
                "weight_decay": (0.0, 0.25)},
    "adam": {"beta1": (0.9, 0.5), "beta2": (0.999, 0.7), "eps": (1e-8, 1e-3), "amsgrad": (0.0, 1.0),
             "weight_decay": (0.0, 0.25)},
    "adamw": {"beta1": (0.9, 0.0), "beta2": (0.999, 0.7), "eps": (1e-8, 1e-3), "amsgrad": (0.0, 1.0),
              "weight_decay": (0.0, 0.5)},
    "adagrad": {"learning_rate_decay": (0.0, 0.5), "initial_accumulator": (0.0, 0.5), "eps": (1e-10, 1e-3),
                "weight_decay": (0.0, 0.25)},
    "manhattan": {"momentum": (0.0, 0.5), "decoupled_weight_decay": (0.0, 0.5)},
}
LAYOUTS = ("C", "F", "rows", "columns", "transposed", "transposed rows")

Plan = collections.namedtuple("Plan", "dtype widths activations loss biases rule optimizer n threads texture seed "
                              "layouts")


@st.composite
def plans(draw, rules=MODELLED, sizes=st.integers(1, 13), batches=st.integers(1, 12), least=1):
    depth = draw(st.integers(1, 4))
    output, loss = draw(st.sampled_from(OUTPUTS))
    rule, kind = draw(st.sampled_from(rules)), draw(st.sampled_from(sorted(OPTIMIZERS)))
    options = {name: draw(st.sampled_from(values)) for name, values in OPTIMIZERS[kind].items()}
    if FLAGS[rule] & libfa.RULE_REFUSES_COUPLED_DECAY and kind != "adamw" and "weight_decay" in options:
        options["weight_decay"] = 0.0
    options["learning_rate"] = draw(st.sampled_from((0.125, 0.01)))
    return Plan(draw(st.sampled_from(("float32", "float64"))), draw(st.lists(sizes, min_size=depth + 1,
                                                                             max_size=depth + 1)),
                [None, *(draw(st.sampled_from(HIDDEN)) for _ in range(depth - 1)), output], loss,
                [None, *(draw(st.booleans()) for _ in range(depth))], rule, (kind, options),
                max(draw(batches), least), draw(st.integers(1, 3)), draw(st.sampled_from(("any", "whole", "gaps"))),
                draw(st.integers(0, 2**32 - 1)), draw(st.tuples(*[st.sampled_from(LAYOUTS)] * 3)))


def numbers(plan, place, shape, bound):
    """Drawn from a stream of their own: any, whole, or one in two of them 0."""
    stream = libfa.stream(plan.seed, libfa.PURPOSE_USER, place)
    values = libfa.random_uniform(stream, -bound, bound, np.empty(shape))
    if plan.texture == "whole":
        values = np.round(2 * values)
    elif plan.texture == "gaps":
        values[libfa.random_words(stream, values.size, values.size).reshape(shape) % 2 == 0] = 0
    return values.astype(plan.dtype)


def laid_out(array, layout):
    """The same numbers in memory of that layout, with NaN around them."""
    rows, cols = array.shape
    wide = np.full((rows + 3, cols + 2), np.nan, array.dtype)
    tall = np.full((cols + 3, rows + 2), np.nan, array.dtype)
    view = {"C": lambda: np.empty((rows, cols), array.dtype), "F": lambda: np.empty((rows, cols), array.dtype, "F"),
            "rows": lambda: np.full((rows + 3, cols), np.nan, array.dtype)[2:rows + 2],
            "columns": lambda: wide[1:rows + 1, 1:cols + 1], "transposed": lambda: tall[:cols, :rows].T,
            "transposed rows": lambda: tall[1:cols + 1].T[2:]}[layout]()
    view[...] = array
    return view


class Objects:
    """What a plan describes, in the library."""

    def __init__(self, plan, n=0, streaming=False):
        self.plan, self.depth = plan, len(plan.widths) - 1
        self.net = net = libfa.Network(plan.widths[0], plan.dtype)
        for width, activation, bias in zip(plan.widths[1:], plan.activations[1:], plan.biases[1:]):
            net.add_dense(width, activation, bias)
        net.loss = plan.loss
        for l in self.layers:
            net.set_weights(l, laid_out(numbers(plan, 10 + l, (plan.widths[l], plan.widths[l - 1]), 1.0),
                                        plan.layouts[2]))
            if plan.biases[l]:
                net.set_bias(l, numbers(plan, 20 + l, (1, plan.widths[l]), 1.0))
        self.pass_ = libfa.Pass(net, n or plan.n, streaming)
        self.pass_.set_threads(plan.threads)
        self.fb = libfa.Feedback(net, plan.rule, plan.seed)
        self.opt = libfa.Optimizer(net, plan.optimizer[0], **plan.optimizer[1])

    layers = property(lambda self: range(1, self.depth + 1))

    def batch(self, n, place=0):
        """x, and a target that the loss allows."""
        x = numbers(self.plan, place + 1, (n, self.plan.widths[0]), 2.0)
        target = numbers(self.plan, place + 2, (n, self.plan.widths[-1]), 1.0)
        return x, target if self.plan.loss == "squared_error" else np.minimum(abs(target), 1)

    def arrays(self):
        """The rule's arrays by name and layer, but for a B that follows from others in every step."""
        found = {}
        for name in ("M",) if self.plan.rule in DERIVED else ("B", "M", "R"):
            for l in range(1, self.depth):
                try:
                    found[name, l] = self.fb.get(name, l)
                except libfa.FaError:
                    pass  # the rule keeps none of that name for that layer
        return found

    def model(self):
        exact = lambda array: Bounded(array.copy(), 0, np.finfo(self.plan.dtype).eps)
        model = network_model.Model(
            self.plan.activations, self.plan.loss, self.plan.rule, self.plan.optimizer,
            [None, *(exact(self.net.weights(l)) for l in self.layers)],
            [None, *(exact(self.net.bias(l)) if self.plan.biases[l] else None for l in self.layers)],
            {key: exact(array) for key, array in self.arrays().items()})
        model.exact = exact
        return model

    def backward(self, x, target):
        """All phases up to the gradient; the loss."""
        libfa.forward(self.net, self.pass_, x)
        loss = libfa.error(self.net, self.pass_, target)
        libfa.backward(self.net, self.pass_, self.fb)
        libfa.gradient(self.net, self.pass_, self.fb)
        return loss

    def update(self):
        libfa.update(self.net, self.pass_, self.fb, self.opt)

    def step(self, x, target):
        return libfa.train_step(self.net, self.pass_, self.fb, self.opt, x, target)

    def batch_arrays(self):
        """h_l and delta_l: a row for each sample."""
        return {**{f"h_{l}": self.pass_.activity(l).copy() for l in self.layers},
                **{f"delta_{l}": self.pass_.delta(l).copy() for l in self.layers}}

    def gradients(self):
        return {**{f"G_{l}": self.pass_.gradient(l).copy() for l in self.layers},
                **{f"g_{l}": self.pass_.bias_gradient(l).copy() for l in self.layers if self.plan.biases[l]}}

    def state(self):
        return {**{f"W_{l}": self.net.weights(l).copy() for l in self.layers},
                **{f"b_{l}": self.net.bias(l).copy() for l in self.layers if self.plan.biases[l]},
                **{f"{name}_{l}": array.copy() for (name, l), array in self.arrays().items()}}


def expected(model, names):
    """The model's Bounded numbers under the names of batch_arrays(), gradients() and state()."""
    parts = {"h": model.h, "delta": model.delta, "G": model.G, "g": model.g, "W": model.W, "b": model.b}
    split = {name: name.split("_") for name in names}
    return {name: parts[kind][int(l)] if kind in parts else model.arrays[kind, int(l)]
            for name, (kind, l) in split.items()}
