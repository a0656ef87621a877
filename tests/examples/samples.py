"""A small set of images in three classes, as IDX files, and tests of fa-classify that learn it."""
import gzip
import os
import random
import struct

import program

TRAINING, TEST, CLASSES, SIDE = 240, 60, 3, 6
NAMES = "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def images(numbers, labels):
    """A bright band of two rows tells the class; the rest is noise, and a pixel in eight is wrong."""
    pixels = bytearray()
    for label in labels:
        for row in range(SIDE):
            for _ in range(SIDE):
                bright = (row // 2 == label) != (numbers.random() < 0.125)
                pixels.append(numbers.randrange(128, 256) if bright else numbers.randrange(0, 128))
    return struct.pack(">4I", 0x803, len(labels), SIDE, SIDE) + bytes(pixels)


def contents():
    """The four files by their names."""
    numbers, files = random.Random(7), []
    for count in TRAINING, TEST:
        labels = bytes(numbers.randrange(CLASSES) for _ in range(count))
        files += [images(numbers, labels), struct.pack(">2I", 0x801, count) + labels]
    return dict(zip(NAMES, files))


def write(folder, compressed=False):
    os.makedirs(folder)
    for name, content in contents().items():
        with open(os.path.join(folder, name + ".gz" * compressed), "wb") as file:
            file.write(gzip.compress(content) if compressed else content)


class TestCase(program.TestCase):
    """fa-classify on these samples: a few milliseconds an epoch."""
    name = "fa-classify"

    def setUp(self):
        super().setUp()
        self.data = self.path("data")
        write(self.data)

    def program(self, *arguments, **options):
        """Options of the test come last, so that they win."""
        small = [] if "--replay" in arguments else ["--data", self.data, "--hidden", "8", "--batch", "8", "--epochs",
                                                    "3"]
        return program.classify(*small, *arguments, **options)

    def learn(self, *arguments):
        """Lines of the CSV file."""
        self.succeed("--csv", self.path("run.csv"), *arguments)
        return program.read_csv(self.path("run.csv"))
