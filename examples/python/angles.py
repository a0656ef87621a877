#!/usr/bin/env python3
"""Watch the angles of every hidden layer while a classifier of images learns.

An angle is that between the error signals that a rule brings to a layer and those of back-propagation at the same
weights, over the samples of a batch: 90 degrees at first, as between any two random directions, then less as the
weights come into line with the feedback. On a terminal one line is written again and again; otherwise every look is a
line.
"""
import argparse
import math
import os
import shutil
import sys

import libfa
from common import Failure, add_data_argument, classifier, integer, rate, read_images, rule, run, seed, widths

# Okabe and Ito's colors, which color-blind people can tell apart, and dashes, which a print without color keeps.
COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
DASHES = ["-", "--", "-.", ":"]


class Display:
    """Lines of text, one upon the other on a terminal."""

    def __init__(self, stream):
        self.stream = stream
        self.live = stream.isatty()
        self.width = 0  # of the line that is shown now

    def show(self, line):
        if self.live:
            # Below the width of the terminal: a line that wraps could not be written again.
            line = line[:max(shutil.get_terminal_size().columns - 1, 1)]
            self.stream.write("\r" + line.ljust(self.width))
            self.width = len(line)
        else:
            self.stream.write(line + "\n")
        self.stream.flush()

    def keep(self):
        """Leave the line that is shown, and begin another one."""
        if self.live and self.width:
            self.stream.write("\n")
            self.stream.flush()
        self.width = 0


class Watch:
    """A callback for AFTER_DELTAS: there a batch has gone backward and the weights are still those of its deltas."""

    def __init__(self, net, display, epochs):
        self.recorder = libfa.Recorder(net, "delta_angle")
        self.layers = range(1, net.depth)
        self.display, self.epochs = display, epochs
        self.batches, self.angles = [], []

    def __call__(self, seen):
        self.recorder(seen)
        angles = [self.recorder.value("delta_angle", l) for l in self.layers]
        self.batches.append((seen.epoch - 1) * seen.batches + seen.batch)
        self.angles.append(angles)
        self.display.show(f"epoch {seen.epoch}/{self.epochs} batch {seen.batch}/{seen.batches} "
                          f"loss {seen.training.loss:.3f}  angles"
                          + "".join(f"  {l}: {degrees(angle)}" for l, angle in zip(self.layers, angles)))


def degrees(angle):
    return "   -" if math.isnan(angle) else f"{angle:4.1f}"


def plotting(path):
    """Matplotlib's pyplot, or a Failure: before the training, and not after it."""
    if os.path.splitext(path)[1] not in (".png", ".svg"):
        raise Failure(f"--plot {path}: the name has to end in .png or .svg")
    folder = os.path.dirname(path) or "."
    if not os.access(folder, os.W_OK):
        raise Failure(f"--plot {path}: the folder {folder} is missing or may not be written")
    try:
        import matplotlib
    except ImportError as error:
        raise Failure(f"--plot needs Matplotlib (Debian: python3-matplotlib): {error}") from error
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "libfa"  # the same bytes every time
    from matplotlib import pyplot
    return pyplot


def draw(pyplot, path, watch, title):
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for place, l in enumerate(watch.layers):
        axes.plot(watch.batches, [angles[place] for angles in watch.angles], label=f"layer {l}", linewidth=1.6,
                  color=COLORS[place % len(COLORS)], linestyle=DASHES[place % len(DASHES)])
    axes.axhline(90, color="#606060", linewidth=0.8)
    axes.set(xlabel="batches", ylabel="degrees to back-propagation", title=title, xlim=(0, None), ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150, metadata={"Date": None} if path.endswith(".svg") else {})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_argument(parser)
    parser.add_argument("--rule", type=rule, default="fa", metavar="NAME", help="default %(default)s")
    parser.add_argument("--hidden", type=widths, default="128,128,128", metavar="N[,N]",
                        help="neurons of the hidden layers; default %(default)s")
    parser.add_argument("--epochs", type=integer(1), default=2, metavar="N", help="default %(default)s")
    parser.add_argument("--batch", type=integer(1), default=64, metavar="N",
                        help="samples in a mini-batch; default %(default)s")
    parser.add_argument("--eta", type=rate, default=0.1, metavar="RATE", help="learning rate; default %(default)s")
    parser.add_argument("--seed", type=seed, default=1, metavar="N", help="default %(default)s")
    parser.add_argument("--every", type=integer(1), default=50, metavar="N",
                        help="batches from one look to the next; default %(default)s")
    parser.add_argument("--csv", metavar="FILE", help="write the angles to this file")
    parser.add_argument("--plot", metavar="FILE", help="draw them in the end: .svg or .png; needs Matplotlib")
    options = parser.parse_args()
    pyplot = plotting(options.plot) if options.plot else None
    training, test = read_images(options.data)
    net = classifier(training, options.hidden, options.seed)
    display = Display(sys.stdout)
    watch = Watch(net, display, options.epochs)
    if options.csv:
        open(options.csv, "w").close()  # a recorder appends
        watch.recorder.open(options.csv)
    trainer = libfa.Trainer(net, options.seed, epochs=options.epochs)
    trainer.on(libfa.AFTER_DELTAS, watch, every=options.every)
    try:
        trainer.run(net, libfa.Pass(net, options.batch), libfa.Feedback(net, options.rule, options.seed),
                    libfa.Optimizer(net, "sgd", learning_rate=options.eta), training, test)
    finally:
        display.keep()
    if options.csv:
        watch.recorder.close_file()
    print(f"test error {100 * (1 - trainer.record(options.epochs).validation.accuracy):.2f} %")
    for l, first, last in zip(watch.layers, watch.angles[0], watch.angles[-1]):
        print(f"layer {l}: {degrees(first)} -> {degrees(last)} degrees to back-propagation")
    if options.plot:
        draw(pyplot, options.plot, watch, f"{options.rule}, hidden layers {', '.join(map(str, options.hidden))}")


if __name__ == "__main__":
    run(main)
