"""What classify.py and angles.py share: arguments, the images, and an end without a traceback."""
import argparse
import math
import os
import sys

import libfa

FILES = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


class Failure(Exception):
    """Ends the program with this sentence."""


def integer(low, high=2**31 - 1):
    """Type of an argument: an integer within limits."""
    def parse(text):
        number = int(text) if text.isascii() and text.isdigit() else -1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not an integer from {low} to {high}")
        return number
    return parse


seed = integer(0, 2**64 - 1)


def rate(text):
    """Type of an argument: a learning rate."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1e30:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1e30")
    return number


def widths(text):
    """Type of an argument: neurons of the hidden layers."""
    return [integer(1)(part) for part in text.split(",")]


def rule(text):
    """Type of an argument: the name of a rule."""
    if text not in libfa.rules():
        raise argparse.ArgumentTypeError(f"there is no rule {text!r}; there are {', '.join(libfa.rules())}")
    return text


def add_data_argument(parser):
    parser.add_argument("--data", metavar="DIR", default="/usr/share/datasets/fashion-mnist",
                        help="where the four files are; default %(default)s")


def read_images(folder):
    """(training, test): Datasets of float32 images in [0, 1] with labels."""
    paths = []
    for name in FILES:
        found = [path for path in (os.path.join(folder, name + end) for end in ("", ".gz")) if os.path.exists(path)]
        if not found:
            raise Failure(f"there is no {name}[.gz] in {folder}; name the folder by --data, or install Debian's "
                          "package dataset-fashion-mnist")
        paths += found[:1]
    training = libfa.Dataset.read(*paths[:2])
    return training, libfa.Dataset.read(*paths[2:], n_classes=training.n_outputs)


def classifier(data, hidden, seed_, activation="tanh"):
    """A network with softmax outputs."""
    net = libfa.Network(data.n_inputs, data.dtype)
    for width in hidden:
        net.add_dense(width, activation)
    net.add_dense(data.n_outputs, "softmax")
    net.loss = "cross_entropy"
    net.init_weights(0, "glorot_uniform", 1.0, seed_)
    return net


def run(main):
    """Run a program: one sentence instead of a traceback, and the status of a shell's SIGINT after control-C."""
    try:
        main()
    except BrokenPipeError:  # as in `angles.py | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.exit(130)
    except (libfa.FaError, Failure, OSError, MemoryError) as error:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {error}")
