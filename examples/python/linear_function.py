#!/usr/bin/env python3
"""A network of linear neurons, 30-20-10, learns y* = T x by back-propagation, by feedback alignment, or in its last
layer only, from the same data and weights. The experiment of examples/linear_function, call by call, on NumPy arrays
that are never copied: on the same BLAS both write the same numbers, bit for bit.

After Lillicrap, Cownden, Tweed, Akerman: Random feedback weights support learning in deep neural networks
(arXiv:1411.0247).
"""
import argparse
import math
import os
import sys
import time

import numpy as np

import libfa

INPUTS, HIDDEN, OUTPUTS, SAMPLES, TRAIN = 30, 20, 10, 100, 75
NAN = float("nan")


class Task:
    """T, samples (rows), first weights and B; drawn in float64 from one seed, or loaded."""

    def __init__(self, options):
        self.dtype = {"f32": np.float32, "f64": np.float64}[options.dtype]
        self.seed = options.seed
        if options.load:
            self.load(options.load)
        else:
            self.draw()

    def stream(self, number, layer=0):
        return libfa.stream(self.seed, libfa.PURPOSE_USER + number, layer)

    def uniform(self, stream, bound, rows, cols):
        return libfa.random_uniform(stream, -bound, bound, np.empty((rows, cols))).astype(self.dtype)

    def draw(self):
        T = libfa.random_uniform(self.stream(0), -1.0, 1.0, np.empty((OUTPUTS, INPUTS)))
        x = libfa.random_normal(self.stream(1), 0.0, 1.0, np.empty((SAMPLES, INPUTS)))
        with libfa.Network(INPUTS, "float64") as teacher:
            teacher.add_dense(OUTPUTS, "identity", bias=False)
            teacher.set_weights(1, T)
            y = teacher.predict(x)
        order = libfa.random_permutation(self.stream(2), SAMPLES)
        self.x_train, self.x_test = (x[part].astype(self.dtype) for part in (order[:TRAIN], order[TRAIN:]))
        self.y_train, self.y_test = (y[part].astype(self.dtype) for part in (order[:TRAIN], order[TRAIN:]))
        self.W0 = self.uniform(self.stream(3, 1), 0.01, HIDDEN, INPUTS)
        self.W = self.uniform(self.stream(3, 2), 0.01, OUTPUTS, HIDDEN)
        self.B = self.uniform(self.stream(4), 0.5, HIDDEN, OUTPUTS)

    def load(self, directory):
        """Samples are columns in the files. Their transposes would cross without a copy too, but products of arrays
        that lie otherwise in memory may differ in the last bit from those of the C program."""
        def read(name):
            return np.load(os.path.join(directory, name + ".npy")).astype(self.dtype)
        self.W0, self.W, self.B = (read(name) for name in ("W0", "W", "B"))
        self.x_train, self.y_train, self.x_test, self.y_test = (
            np.ascontiguousarray(read(name).T) for name in ("x_train", "y_train", "x_test", "y_test"))


class Meter:
    """Losses and angles of a network that learns; never changes it."""

    def __init__(self, task, net):
        self.task, self.net = task, net
        self.alignment = libfa.Feedback(net, "fa", task.seed)
        self.alignment.set("B", 1, task.B)
        self.pass_ = libfa.Pass(net, len(task.x_train))
        self.y_norm = np.linalg.norm(task.y_train.astype(float))
        # Below it e may be rounding errors of the two products only: Higham 2002, section 3.1.
        self.rounding = np.finfo(task.dtype).eps * (net.width(0) + net.width(1))
        self.x_train, self.y_train, self.x_test, self.y_test = map(
            libfa.matrix_view, (task.x_train, task.y_train, task.x_test, task.y_test))

    def update_angle(self, pass_, loss):
        """Degrees between W^T e and B e for the batch in a pass after error()."""
        if not math.sqrt(2.0 * loss) > self.rounding * self.y_norm:
            return NAN
        libfa.backward(self.net, pass_, self.alignment)
        return libfa.compare_deltas(self.net, pass_)[0].angle

    def weights(self):
        """(test loss, degrees between W^T and B)"""
        try:
            test_loss = self.net.evaluate(self.x_test, self.y_test)
        except libfa.NotFiniteError:
            test_loss = NAN
        return test_loss * len(self.task.x_test), libfa.weight_angle(self.net, self.alignment, 1)

    def everything(self):
        """(train loss, test loss, update angle, weight angle)"""
        libfa.forward(self.net, self.pass_, self.x_train)
        train_loss = libfa.error(self.net, self.pass_, self.y_train) * len(self.task.x_train)
        update_angle = self.update_angle(self.pass_, train_loss)
        test_loss, weight_angle = self.weights()
        return train_loss, test_loss, update_angle, weight_angle


class Learner:
    """One rule and its network."""

    def __init__(self, task, rule, options):
        n_train = len(task.x_train)
        self.trace = options.csv is not None
        self.batch = options.batch if options.batch and options.batch < n_train else None
        self.n_train = n_train
        self.net = net = libfa.Network(task.W0.shape[1], task.dtype)
        net.add_dense(task.W0.shape[0], "identity", bias=False)
        net.add_dense(task.W.shape[0], "identity", bias=False)
        net.set_weights(1, task.W0)
        net.set_weights(2, task.W)
        self.pass_ = libfa.Pass(net, options.batch or n_train)
        self.feedback = libfa.Feedback(net, rule, task.seed)
        try:
            if self.feedback.get("B", 1).shape == task.B.shape:
                self.feedback.set("B", 1, task.B)
        except libfa.ArgumentError:
            pass  # the rule keeps no B
        # The library's gradient is the mean over all samples since the last update: eta / 75 times their sum.
        self.optimizer = libfa.Optimizer(net, "sgd", learning_rate=options.eta)
        self.meter = Meter(task, net)
        self.x, self.y = self.meter.x_train, self.meter.y_train
        size = self.batch or n_train
        self.batches = [(task.x_train[i:i + size], task.y_train[i:i + size]) for i in range(0, n_train, size)]

    def step(self):
        """One update on all samples at once; (loss, update angle)."""
        if not self.trace:
            loss = libfa.train_step(self.net, self.pass_, self.feedback, self.optimizer, self.x, self.y)
            return loss * self.n_train, NAN
        libfa.forward(self.net, self.pass_, self.x)
        loss = libfa.error(self.net, self.pass_, self.y) * self.n_train
        angle = self.meter.update_angle(self.pass_, loss)
        libfa.backward(self.net, self.pass_, self.feedback)
        libfa.update(self.net, self.pass_, self.feedback, self.optimizer)
        return loss, angle

    def accumulate(self):
        """One update with the gradient summed over mini-batches; the loss."""
        loss = 0.0
        for x, y in self.batches:
            libfa.forward(self.net, self.pass_, x)
            loss += libfa.error(self.net, self.pass_, y) * len(x)
            libfa.backward(self.net, self.pass_, self.feedback)
            libfa.gradient(self.net, self.pass_, self.feedback)
        libfa.update(self.net, self.pass_, self.feedback, self.optimizer)
        return loss

    def epoch(self):
        """(train loss, test loss, update angle, weight angle) before the update."""
        test_loss, weight_angle = self.meter.weights() if self.trace else (NAN, NAN)
        if self.batch is None:
            loss, update_angle = self.step()
        else:
            update_angle = self.meter.everything()[2] if self.trace else NAN
            loss = self.accumulate()
        return loss, test_loss, update_angle, weight_angle


def learn(task, rule, options, csv):
    """Run a rule and print its line of the table; whether it converged."""
    learner = Learner(task, rule, options)
    trace, start = [], time.perf_counter()
    try:
        for _ in range(options.epochs):
            trace.append(learner.epoch())
        seconds = time.perf_counter() - start
        complete = len(trace)
        last = learner.meter.everything()
    except libfa.NotFiniteError:
        # An update that spoiled the weights shows in the next look at them; its epoch does not count.
        complete = min(len(trace), options.epochs - 1)
        last = None
    csv += [(rule, epoch, *record) for epoch, record in enumerate(trace[:complete], 1)]
    if last is None:
        print(f"{rule:<10} diverged in epoch {complete + 1}")
        return False
    print(f"{rule:<10} {trace[0][0]:>14.6g} {last[0]:>14.6g} {last[1]:>14.6g} "
          f"{text(last[2], '.2f'):>12} {text(last[3], '.2f'):>12} {seconds:>9.3f}")
    return True


def text(number, form):
    return format(number, form) if math.isfinite(number) else ""


def decimal(number):
    """The shortest of 15 to 17 digits that reads back as the same number; "" for NaN and infinity."""
    forms = [text(number, f".{digits}g") for digits in (15, 16, 17)]
    return next(form for form in forms if not form or float(form) == number)


def write_csv(path, lines):
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write("rule,epoch,train_loss,test_loss,update_angle,weight_angle\n")
        for rule, epoch, *numbers in lines:
            file.write(",".join([rule, str(epoch), *(decimal(number) for number in numbers)]) + "\n")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", default="bp,fa,shallow", help="separated by commas; default %(default)s")
    parser.add_argument("--epochs", type=int, default=1000, help="default %(default)s")
    parser.add_argument("--eta", type=float, default=0.1, help="learning rate; default %(default)s")
    parser.add_argument("--batch", type=int, default=0, help="samples in a mini-batch; default: all")
    parser.add_argument("--seed", type=int, default=1, help="default %(default)s")
    parser.add_argument("--dtype", choices=("f32", "f64"), default="f64", help="default %(default)s")
    parser.add_argument("--load", metavar="DIR", help="W0 W B x_train y_train x_test y_test .npy, samples in columns")
    parser.add_argument("--csv", metavar="FILE", help="losses and angles of every epoch")
    options = parser.parse_args()
    options.rules = options.rules.split(",")
    unknown = [rule for rule in options.rules if rule not in libfa.rules()]
    if unknown:
        parser.error(f"there is no rule {unknown[0]!r}; there are {', '.join(libfa.rules())}")
    if options.epochs < 1 or options.batch < 0 or not 0 <= options.seed < 1 << 64:
        parser.error("--epochs is at least 1, --batch at least 0, --seed 0 .. 2^64 - 1")
    return options


def main():
    options = arguments()
    csv = []
    try:
        task = Task(options)
        print(f"{'rule':<10} {'first loss':>14} {'last loss':>14} {'test loss':>14} {'update angle':>12} "
              f"{'weight angle':>12} {'seconds':>9}")
        converged = [learn(task, rule, options, csv) for rule in options.rules]
        if options.csv:
            write_csv(options.csv, csv)
    except (libfa.FaError, OSError, ValueError) as error:
        sys.exit(f"linear_function.py: {error}")
    sys.exit(0 if all(converged) else 1)


if __name__ == "__main__":
    main()
