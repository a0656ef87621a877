#!/usr/bin/env python3
"""Learning rules of one's own in Python, beside the library's, on a linear task: 30-20-10, y* = T x.

    fa         built in:  delta_l = (B_l delta_{l+1}) .* f'(z_l)
    python_fa  the same in Python, with the library's product: the same numbers, to the bit
    numpy_dfa  direct feedback alignment in NumPy, with its own arrays:  delta_l = (D_l e) .* f'(z_l), D_l [n_l x n_L]
               Nokland, Direct feedback alignment provides learning in deep neural networks, NIPS 2016
    sign_fa    fa with the errors' signs alone, and a parameter:  delta_l = (scale B_l sign(delta_{l+1})) .* f'(z_l)
    python_kp  fa with a B that learns: B_l gets the change of W_{l+1}, transposed, after every update
               Akrout et al., Deep learning without weight transport, NeurIPS 2019, after Kolen and Pollack

To write another one: copy a class, give it a name, and write delta_l, l = 1 .. L - 1, in backward(). Arrays hold a
sample in each row, layers are counted l = 1 .. L. See docs/guide/tutorial-python.md and docs/guide/writing-a-rule.md.
"""
import argparse
import sys

import numpy as np

import libfa


class PythonFA(libfa.Rule):
    name = "python_fa"
    summary = "delta_l = (B_l delta_{l+1}) .* f'(z_l)"

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)  # "B", for every hidden layer

    def backward(self, step):
        for l in range(step.depth - 1, 0, -1):
            step.transport(l)


class NumpyDFA(libfa.Rule):
    name = "numpy_dfa"
    summary = "delta_l = (D_l e) .* f'(z_l), D_l from the output"

    def setup(self, setup):
        for l in range(1, setup.depth):
            setup.array("D", l, setup.width(l), setup.width(setup.depth), "uniform", 0.5)

    def backward(self, step):
        e = step.delta(step.depth)
        for l in range(1, step.depth):
            np.matmul(e, step.array("D", l).T, out=step.delta(l))  # written where the library reads it
            step.apply_slope(l)


class SignFA(libfa.Rule):
    name = "sign_fa"
    summary = "delta_l = (scale B_l sign(delta_{l+1})) .* f'(z_l)"
    params = [libfa.real_param("scale", 1.0, 0.0, 1e6, "multiplies B")]  # Feedback.set_param("scale", 2.0)

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        scale = step.param("scale")
        for l in range(step.depth - 1, 0, -1):
            np.matmul(np.sign(step.delta(l + 1)), scale * step.array("B", l).T, out=step.delta(l))
            step.apply_slope(l)


class PythonKP(PythonFA):
    name = "python_kp"
    summary = "python_fa; B_l gets the change of W_{l+1}, transposed"
    flags = libfa.RULE_NEEDS_INCREMENT

    def adapt(self, step):
        for l in range(1, step.depth):
            weights, _bias = step.increment(l + 1)
            step.array("B", l)[...] += weights.T


def learn(rule, seed, epochs, eta):
    """(first loss, last loss, degrees between the deltas of the rule and of back-propagation in the end, name of the
    rule); full batches of 75 samples of y* = T x."""
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
            libfa.forward(net, pass_, x)
            losses.append(libfa.error(net, pass_, target))
            libfa.backward(net, pass_, fb)
            return losses[0], losses[-1], libfa.compare_deltas(net, pass_)[0].angle, fb.rule_name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=500, metavar="N", help="default %(default)s")
    parser.add_argument("--eta", type=float, default=0.05, metavar="RATE", help="learning rate; default %(default)s")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="default %(default)s")
    options = parser.parse_args()
    if options.epochs < 1 or not 0 <= options.eta <= 1e30 or not 0 <= options.seed < 1 << 64:
        parser.error("--epochs is at least 1, --eta 0 .. 1e30, --seed 0 .. 2^64 - 1")
    status = 0
    print(f"{'rule':<10} {'first loss':>14} {'last loss':>14} {'angle to bp':>12}")
    for rule in ("fa", PythonFA(), NumpyDFA(), SignFA(), PythonKP()):
        try:
            first, last, angle, name = learn(rule, options.seed, options.epochs, options.eta)
            print(f"{name:<10} {first:>14.6g} {last:>14.6g} {angle:>12.2f}")
        except libfa.NotFiniteError as error:
            print(f"{getattr(rule, 'name', rule):<10} {error}: --eta {options.eta:g} is too large for it")
            status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()
