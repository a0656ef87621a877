"""The programs under test, and readers of what they write; Python's standard library only."""
import array
import ast
import csv
import os
import subprocess
import sys
import tempfile
import unittest

LINEAR_FUNCTION = os.environ["LIBFA_TEST_LINEAR_FUNCTION"]
CLASSIFY = os.environ.get("LIBFA_TEST_CLASSIFY")  # not built without Jansson
ALIGN_THEN_MEMORISE = os.environ["LIBFA_TEST_ALIGN_THEN_MEMORISE"]
NONLINEAR = os.environ["LIBFA_TEST_NONLINEAR"]
CUSTOM_RULE = os.environ["LIBFA_TEST_CUSTOM_RULE"]
CHECKPOINT = os.environ.get("LIBFA_TEST_CHECKPOINT")  # of no use without Jansson
DATA = os.environ["LIBFA_TEST_DATA"]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def linear_function(*arguments, **options):
    return run(LINEAR_FUNCTION, "--quiet", *map(str, arguments), **options)


def classify(*arguments, **options):
    return run(CLASSIFY, "--quiet", *map(str, arguments), **options)


def align_then_memorise(*arguments, **options):
    return run(ALIGN_THEN_MEMORISE, "--quiet", *map(str, arguments), **options)


def nonlinear(*arguments, **options):
    return run(NONLINEAR, "--quiet", *map(str, arguments), **options)


def terminal(main):
    """What is written to a pseudoterminal until its other end is closed; `main` is closed, too."""
    text = b""
    while True:
        try:
            some = os.read(main, 4096)
        except OSError:  # the other end is closed
            break
        if not some:
            break
        text += some
    os.close(main)
    return text


def read_npy(path):
    """Rows of a float64 .npy file of one or two dimensions in C order, as lists."""
    with open(path, "rb") as file:
        content = file.read()
    length = int.from_bytes(content[8:10], "little")
    head = ast.literal_eval(content[10:10 + length].decode("latin1"))
    assert content[:7] == b"\x93NUMPY\x01" and head["descr"] == "<f8" and not head["fortran_order"], path
    values = array.array("d", content[10 + length:])
    if sys.byteorder == "big":
        values.byteswap()
    columns = head["shape"][-1]
    return [list(values[i:i + columns]) for i in range(0, len(values), columns)]


def read_csv(path):
    """Lines as dictionaries of floats and names; None for an empty field."""
    with open(path, newline="") as file:
        return [{name: value if name == "rule" else float(value) if value else None for name, value in line.items()}
                for line in csv.DictReader(file)]


class TestCase(unittest.TestCase):
    """A test with a folder of its own, of fa-linear-function if nothing else is said."""
    name = "fa-linear-function"
    program = staticmethod(linear_function)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def succeed(self, *arguments, **options):
        done = self.program(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def fail_with(self, status, words, *arguments, **options):
        """Exit status, and one sentence on stderr that holds the words."""
        done = self.program(*arguments, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr, rf"\A{self.name}: [^\n]*\n\Z")
        self.assertIn(words, done.stderr)
        return done.stdout
