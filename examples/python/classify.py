#!/usr/bin/env python3
"""Classifiers of images, one for each learning rule, from the same weights on the same batches.

The data are four IDX files with the names of MNIST's, plain or compressed by gzip; by default those of Debian's package
dataset-fashion-mnist. Every seed draws other weights and another order of the samples, the same for all rules, so that
differences between rules can be taken seed by seed. The test samples are looked at after every epoch, and nothing is
chosen by them.
"""
import argparse
import math
import sys
import time

import numpy as np

import libfa
from common import add_data_argument, classifier, integer, rate, read_images, rule, run, seed, widths

ANGLE_EVERY = 20  # batches between two looks at the angles


class Angles:
    """Degrees between the error signals of a rule and of back-propagation: means over an epoch, layer by layer."""

    def __init__(self, layers):
        self.layers = layers
        self.forget()

    def forget(self):
        self.sums, self.count = np.zeros(self.layers), 0

    def __call__(self, seen):
        self.sums += [report.angle for report in libfa.compare_deltas(seen.net, seen.pass_)][:self.layers]
        self.count += 1

    def mean(self):
        """NaN where a layer has no error signal."""
        return self.sums / max(self.count, 1)


def learn(name, seed_, training, test, options):
    """One run: (test error in percent, angles in the last epoch, seconds), all NaN if it diverged."""
    net = classifier(training, options.hidden, seed_, options.activation)
    trainer = libfa.Trainer(net, seed_, epochs=options.epochs, schedule="cosine")
    angles = Angles(len(options.hidden))
    start = time.perf_counter()

    def line(seen):
        if not options.quiet:
            print(f"{name:<19} {seed_:>5} {seen.epoch:>6} {seen.training.loss:>9.4f} {seen.training.accuracy:>9.2%} "
                  f"{seen.validation.accuracy:>8.2%} {time.perf_counter() - start:>8.1f}", flush=True)
        if seen.epoch < options.epochs:
            angles.forget()

    trainer.on(libfa.AFTER_DELTAS, angles, every=ANGLE_EVERY)
    trainer.on(libfa.AFTER_EPOCH, line)
    try:
        trainer.run(net, libfa.Pass(net, options.batch), libfa.Feedback(net, name, seed_),
                    libfa.Optimizer(net, "sgd", learning_rate=options.eta.get(name, options.eta[None])),
                    training, test)
    except libfa.NotFiniteError as error:
        print(f"classify.py: {name}, seed {seed_}: {error}; it needs a smaller learning rate (--eta)", file=sys.stderr)
        return math.nan, np.full(angles.layers, math.nan), math.nan
    error = 100.0 * (1.0 - trainer.record(trainer.epochs).validation.accuracy)
    return error, angles.mean(), time.perf_counter() - start


def student_quantile(degrees):
    """The 97.5 % quantile of Student's t: with t = sqrt(degrees) tan(a), the density of a is cos(a)^(degrees - 1)."""
    a = np.linspace(0.0, np.pi / 2, 200_001)
    mass = np.concatenate([[0.0], np.cumsum(np.cos((a[1:] + a[:-1]) / 2) ** (degrees - 1))])
    return math.sqrt(degrees) * math.tan(np.interp(0.95 * mass[-1], mass, a))


def mean_and_deviation(values):
    if np.isnan(values).any():
        return "diverged"
    return f"{np.mean(values):.2f}" + (f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else "")


def mean_and_interval(values):
    mean = np.mean(values)
    if math.isnan(mean):
        return ""
    if len(values) < 2:
        return f"{mean:+.2f}"
    half = student_quantile(len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values))
    return f"{mean:+.2f} [{mean - half:+.2f}, {mean + half:+.2f}]"


def table(results, options):
    """Test error, its difference from the first rule's on the same seeds, angles, seconds of a run."""
    first = options.rules[0]
    print(f"\nTest error in percent after {options.epochs} epochs; {len(options.seeds)} seed(s).\n"
          f"±: standard deviation; brackets: 95 % interval of the mean difference from {first}, seed by seed;\n"
          "angle: degrees between the error signals of the rule and of bp, layers 1 .. L-1, in the last epoch.\n")
    against = f"minus {first}"
    print(f"{'rule':<19} {'eta':>7} {'test error':>14} {against:>24} {'angle':>12} {'seconds':>8}")
    for name in options.rules:
        errors, angles, seconds = zip(*(results[name, seed_] for seed_ in options.seeds))
        difference = "" if name == first else mean_and_interval(
            [error - results[first, seed_][0] for error, seed_ in zip(errors, options.seeds)])
        shown = " ".join("-" if math.isnan(angle) else f"{angle:.0f}" for angle in np.mean(angles, axis=0))
        print(f"{name:<19} {options.eta.get(name, options.eta[None]):>7g} {mean_and_deviation(errors):>14} "
              f"{difference:>24} {shown:>12} {np.mean(seconds):>8.1f}")


def rules(text):
    names = [rule(part) for part in text.split(",")]
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError("a rule is named twice")
    return names


def seeds(text):
    """"1,4-6" is [1, 4, 5, 6]."""
    found = []
    for part in text.split(","):
        first, *last = (seed(number) for number in part.split("-", 1))
        count = last[0] - first + 1 if last else 1
        if not 1 <= count <= 1000:
            raise argparse.ArgumentTypeError(f"{part!r} has to go upward, and stands for 1000 seeds at most")
        found += range(first, first + count)
    if len(set(found)) < len(found):
        raise argparse.ArgumentTypeError("a seed is named twice")
    return found


def rates(text):
    """"0.1,fa=0.3" is {None: 0.1, "fa": 0.3}; None stands for the other rules."""
    found = {None: 0.1}
    for part in text.split(","):
        *name, number = part.split("=", 1)
        found[rule(name[0]) if name else None] = rate(number)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_argument(parser)
    parser.add_argument("--rules", type=rules, default="bp,fa,dfa,drtp,shallow", metavar="NAME[,NAME]",
                        help="the others are compared with the first; default %(default)s")
    parser.add_argument("--eta", type=rates, default="0.1", metavar="RATE[,RULE=RATE]",
                        help="learning rate of all rules, and of single ones; default %(default)s")
    parser.add_argument("--seeds", type=seeds, default="1", metavar="LIST",
                        help="as in 1-3 or 1,4,7; default %(default)s")
    parser.add_argument("--hidden", type=widths, default="256,256", metavar="N[,N]",
                        help="neurons of the hidden layers; default %(default)s")
    parser.add_argument("--activation", choices=("tanh", "relu", "logistic", "erf"), default="tanh",
                        help="of the hidden layers; default %(default)s")
    parser.add_argument("--epochs", type=integer(1), default=5, metavar="N", help="default %(default)s")
    parser.add_argument("--batch", type=integer(1), default=64, metavar="N",
                        help="samples in a mini-batch; default %(default)s")
    parser.add_argument("--quiet", action="store_true", help="print the table only")
    options = parser.parse_args()
    training, test = read_images(options.data)
    if not options.quiet:
        print(f"{'rule':<19} {'seed':>5} {'epoch':>6} {'loss':>9} {'training':>9} {'test':>8} {'seconds':>8}")
    results = {(name, seed_): learn(name, seed_, training, test, options)
               for seed_ in options.seeds for name in options.rules}
    table(results, options)
    sys.exit(1 if any(math.isnan(error) for error, _, _ in results.values()) else 0)


if __name__ == "__main__":
    run(main)
