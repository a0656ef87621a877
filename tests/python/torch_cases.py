"""The runs that libfa and PyTorch both make: 100 steps of a 6-5-4-3 network in float64, from the same numbers.

Step k = 0, 1, ... trains on rows 8 k .. 8 k + 7 of 40 samples, counted modulo 40. All numbers are U[-1, 1) or made of
such, by numpy.random.Philox, whose raw words are the same for ever. No PyTorch and no libfa here.
"""
import collections
import os

import numpy as np

WIDTHS = 6, 5, 4, 3
SAMPLES, BATCH, STEPS = 40, 8, 100
LOSSES = [0, *range(9, STEPS, 10)]  # steps whose loss is compared, beside the weights after the last one
REFERENCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "torch", "reference.txt")

HIDDEN = "identity", "tanh", "logistic", "relu", "erf"
OUTPUTS = [(name, "squared_error") for name in (*HIDDEN, "softmax")] + [
    ("logistic", "binary_cross_entropy"), ("softmax", "cross_entropy")]

Case = collections.namedtuple("Case", "name rule hidden output loss optimizer parameters")

# Every option alone, then several together. Those of gradients come with every kind.
OPTIMIZERS = [
    ("sgd", {"learning_rate": 0.1}),
    ("sgd", {"learning_rate": 0.02, "momentum": 0.9}),
    ("sgd", {"learning_rate": 0.02, "momentum": 0.9, "nesterov": 1}),
    ("sgd", {"learning_rate": 0.1, "weight_decay": 0.1}),
    ("sgd", {"learning_rate": 0.1, "decoupled_weight_decay": 0.1}),
    ("sgd", {"learning_rate": 0.1, "unscaled_weight_decay": 0.003}),
    ("sgd", {"learning_rate": 0.1, "clip_norm": 0.3}),
    ("sgd", {"learning_rate": 0.02, "gradient_scale": 8}),
    ("sgd", {"learning_rate": 0.05, "momentum": 0.5, "nesterov": 1, "weight_decay": 0.1, "decoupled_weight_decay": 0.2,
             "unscaled_weight_decay": 0.001, "clip_norm": 1, "gradient_scale": 2}),
    ("rmsprop", {"learning_rate": 0.01}),
    ("rmsprop", {"learning_rate": 0.002, "momentum": 0.9}),
    ("rmsprop", {"learning_rate": 0.01, "centered": 1, "alpha": 0.9}),
    ("rmsprop", {"learning_rate": 0.01, "eps": 0.1}),
    ("rmsprop", {"learning_rate": 0.01, "weight_decay": 0.1}),
    ("rmsprop", {"learning_rate": 0.005, "centered": 1, "momentum": 0.5, "alpha": 0.95, "eps": 1e-3,
                 "weight_decay": 0.1, "unscaled_weight_decay": 0.001, "clip_norm": 1}),
    ("adam", {"learning_rate": 0.01}),
    ("adam", {"learning_rate": 0.02, "beta1": 0.5, "beta2": 0.9}),
    ("adam", {"learning_rate": 0.01, "amsgrad": 1, "beta2": 0.9}),
    ("adam", {"learning_rate": 0.01, "weight_decay": 0.1, "eps": 0.01}),
    ("adam", {"learning_rate": 0.01, "amsgrad": 1, "beta2": 0.8, "weight_decay": 0.1, "unscaled_weight_decay": 0.001,
              "gradient_scale": 8}),
    ("adamw", {"learning_rate": 0.01}),
    ("adamw", {"learning_rate": 0.01, "weight_decay": 2}),
    ("adamw", {"learning_rate": 0.01, "amsgrad": 1, "beta2": 0.9, "weight_decay": 0.5, "clip_norm": 0.5}),
    ("adagrad", {"learning_rate": 0.05}),
    ("adagrad", {"learning_rate": 0.1, "learning_rate_decay": 0.05}),
    ("adagrad", {"learning_rate": 0.05, "initial_accumulator": 0.1}),
    ("adagrad", {"learning_rate": 0.05, "weight_decay": 0.1, "eps": 0.1, "initial_accumulator": 1,
                 "unscaled_weight_decay": 0.001}),
    ("manhattan", {"learning_rate": 0.002}),
    ("manhattan", {"learning_rate": 0.0005, "momentum": 0.9}),
    ("manhattan", {"learning_rate": 0.001, "momentum": 0.5, "decoupled_weight_decay": 0.2,
                   "unscaled_weight_decay": 0.001}),
]


def all_cases():
    for kind, parameters in OPTIMIZERS:
        options = ",".join(f"{name}={value:g}" for name, value in parameters.items())
        yield Case(f"{kind}({options})", "bp", "tanh", "identity", "squared_error", kind, parameters)
    for hidden in HIDDEN:
        for output, loss in OUTPUTS:
            yield Case(f"{hidden}-{output}-{loss}", "bp", hidden, output, loss, "sgd",
                       {"learning_rate": 0.02, "momentum": 0.9})
    for rule in "fa", "dfa":
        yield Case(f"{rule}-tanh-softmax-cross_entropy", rule, "tanh", "softmax", "cross_entropy", "sgd",
                   {"learning_rate": 0.1})
        yield Case(f"{rule}-erf-identity-squared_error", rule, "erf", "identity", "squared_error", "adam",
                   {"learning_rate": 0.01})


def uniform(key, *shape):
    words = np.random.Philox(key=key).random_raw(int(np.prod(shape))).reshape(shape)
    return (words >> np.uint64(11)) * 2.0 ** -52 - 1


def samples(loss):
    """x, and a target that the loss allows: a cross-entropy's rows need not sum to 1."""
    x, target = uniform(1, SAMPLES, WIDTHS[0]), uniform(2, SAMPLES, WIDTHS[-1])
    return x, target if loss == "squared_error" else abs(target)


def rows(step):
    return np.arange(BATCH * step, BATCH * (step + 1)) % SAMPLES


def start(rule):
    """W_l, b_l, and B_l if the rule has one, l from 1 on."""
    layers = range(1, len(WIDTHS))
    W = [None, *(uniform(10 + l, WIDTHS[l], WIDTHS[l - 1]) for l in layers)]
    b = [None, *(uniform(20 + l, WIDTHS[l]) / 2 for l in layers)]
    columns = {"bp": lambda l: 0, "fa": lambda l: WIDTHS[l + 1], "dfa": lambda l: WIDTHS[-1]}[rule]
    B = [None, *(uniform(30 + l, WIDTHS[l], columns(l)) for l in layers[:-1])]
    return W, b, B


def read_reference():
    """Numbers of every case by its name: the losses of LOSSES, then W_1, b_1, W_2, ..."""
    with open(REFERENCE, encoding="ascii") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    return {name: np.array(list(map(float, values))) for name, *values in lines}
