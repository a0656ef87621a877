#!/usr/bin/env python3
"""Learning rules written in Python, beside the library's own, on the linear task of linear_function.py.

    fa         built in:  delta_l = (B_l delta_{l+1}) .* f'(z_l)
    python_fa  the same, in Python, by the library's own transport
    dfa        direct feedback alignment, in NumPy:  delta_l = (B_l e) .* f'(z_l), B_l [n_l x n_L]
               Nokland, Direct feedback alignment provides learning in deep neural networks, NIPS 2016
    sign_fa    fa with the sign of the error alone:  delta_l = (B_l sign(delta_{l+1})) .* f'(z_l)
"""
import argparse
import sys

import numpy as np

import libfa


class PythonFA(libfa.Rule):
    name = "python_fa"
    summary = "delta_l = (B_l delta_{l+1}) .* f'(z_l)"

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        for l in range(step.depth - 1, 0, -1):
            step.transport(l)


class DirectFA(libfa.Rule):
    name = "dfa"
    summary = "delta_l = (B_l e) .* f'(z_l), B_l from the output"

    def setup(self, setup):
        for l in range(1, setup.depth):
            setup.array("D", l, setup.width(l), setup.width(setup.depth), "uniform", 0.5)

    def backward(self, step):
        e = step.delta(step.depth)
        for l in range(1, step.depth):
            np.matmul(e, step.array("D", l).T, out=step.delta(l))
            step.apply_slope(l)


class SignFA(libfa.Rule):
    name = "sign_fa"
    summary = "delta_l = (B_l sign(delta_{l+1})) .* f'(z_l)"
    params = [libfa.real_param("scale", 1.0, 0.0, 1e6, "multiplies B")]

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        scale = step.param("scale")
        for l in range(step.depth - 1, 0, -1):
            np.matmul(np.sign(step.delta(l + 1)), scale * step.array("B", l).T, out=step.delta(l))
            step.apply_slope(l)


def learn(rule, seed, epochs, eta):
    """(first loss, last loss, name of the rule); full batches of 75 samples of y* = T x."""
    T = libfa.random_uniform(libfa.stream(seed, libfa.PURPOSE_USER), -1.0, 1.0, np.empty((10, 30)))
    x = libfa.random_normal(libfa.stream(seed, libfa.PURPOSE_USER + 1), 0.0, 1.0, np.empty((75, 30)))
    target = x @ T.T
    with libfa.Network(30, "float64") as net:
        net.add_dense(20, "identity", bias=False)
        net.add_dense(10, "identity", bias=False)
        net.init_weights(0, "uniform", 0.01, seed)
        with libfa.Feedback(net, rule, seed) as fb, libfa.Pass(net, len(x)) as pass_, \
                libfa.Optimizer(net, "sgd", learning_rate=eta) as opt:
            losses = [libfa.train_step(net, pass_, fb, opt, x, target) for _ in range(epochs)]
            return losses[0], net.evaluate(x, target), fb.rule_name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=500, help="default %(default)s")
    parser.add_argument("--eta", type=float, default=0.05, help="learning rate; default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default %(default)s")
    options = parser.parse_args()
    if options.epochs < 1 or not 0 <= options.seed < 1 << 64:
        parser.error("--epochs is at least 1, --seed 0 .. 2^64 - 1")
    print(f"{'rule':<10} {'first loss':>14} {'last loss':>14}")
    try:
        for rule in ("fa", PythonFA(), DirectFA(), SignFA()):
            first, last, name = learn(rule, options.seed, options.epochs, options.eta)
            print(f"{name:<10} {first:>14.6g} {last:>14.6g}")
    except libfa.FaError as error:
        sys.exit(f"custom_rule.py: {error}")


if __name__ == "__main__":
    main()
