#!/usr/bin/env python3
"""A classifier of images, trained by feedback alignment and by back-propagation from the same weights on the same
batches. The data are four IDX files with the names of MNIST's, plain or compressed by gzip; for instance those of
Debian's package dataset-fashion-mnist.
"""
import argparse
import os
import sys
import time

import libfa

FILES = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


def read(folder):
    """Training and test set."""
    paths = []
    for name in FILES:
        found = [path for path in (os.path.join(folder, name + end) for end in ("", ".gz")) if os.path.exists(path)]
        if not found:
            sys.exit(f"classify.py: there is no {name}[.gz] in {folder}; name the folder by --data, or install "
                     "Debian's package dataset-fashion-mnist")
        paths += found[:1]
    training = libfa.Dataset.read(*paths[:2])
    return training, libfa.Dataset.read(*paths[2:], n_classes=training.n_outputs)


def learn(rule, training, test, options):
    net = libfa.Network(training.n_inputs, "float32")
    net.add_dense(options.hidden, "tanh")
    net.add_dense(training.n_outputs, "softmax")
    net.loss = "cross_entropy"
    net.init_weights(0, "glorot_uniform", 1.0, options.seed)
    alignment = libfa.Feedback(net, "fa", options.seed)  # the same B for both rules, to measure against
    trainer = libfa.Trainer(net, options.seed, epochs=options.epochs, schedule="cosine")
    start = time.perf_counter()

    def line(seen):
        print(f"{rule:<5} {seen.epoch:>5} {seen.training.loss:>10.4f} {seen.training.accuracy:>9.2%} "
              f"{seen.validation.accuracy:>9.2%} {libfa.weight_angle(net, alignment, 1):>9.1f} "
              f"{time.perf_counter() - start:>8.1f}", flush=True)

    trainer.on(libfa.AFTER_EPOCH, line)
    trainer.run(net, libfa.Pass(net, options.batch), libfa.Feedback(net, rule, options.seed),
                libfa.Optimizer(net, "sgd", learning_rate=options.eta, momentum=0.9), training, test)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="DIR", default="/usr/share/datasets/fashion-mnist",
                        help="default %(default)s")
    parser.add_argument("--hidden", type=int, default=200, help="neurons; default %(default)s")
    parser.add_argument("--epochs", type=int, default=5, help="default %(default)s")
    parser.add_argument("--batch", type=int, default=64, help="samples in a mini-batch; default %(default)s")
    parser.add_argument("--eta", type=float, default=0.05, help="learning rate; default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default %(default)s")
    options = parser.parse_args()
    if min(options.hidden, options.epochs, options.batch) < 1 or not 0 <= options.seed < 1 << 64:
        parser.error("--hidden, --epochs and --batch are at least 1, --seed 0 .. 2^64 - 1")
    try:
        training, test = read(options.data)
        print(f"{'rule':<5} {'epoch':>5} {'loss':>10} {'training':>9} {'test':>9} {'angle':>9} {'seconds':>8}")
        for rule in ("fa", "bp"):
            learn(rule, training, test, options)
    except libfa.FaError as error:
        sys.exit(f"classify.py: {error}")


if __name__ == "__main__":
    main()
