"""The command line of fa-linear-function: what it takes, what it refuses, and its exit status."""
import os
import re
import unittest

import program
import tap

USAGE = [
    ("unknown option '--bogus'", "--bogus"),
    ("unexpected argument 'operand'", "operand"),
    ("unknown option '--epoch'; did you mean --epochs?", "--epoch", "5"),
    ("--epochs needs a value", "--epochs"),
    ("not '0'", "--epochs", "0"),
    ("not '10x'", "--epochs=10x"),
    ("not ' 5'", "--epochs", " 5"),
    ("not ''", "--epochs="),
    ("not '99999999999999999999'", "--epochs", "99999999999999999999"),
    ("not 'nan'", "--eta", "nan"),
    ("not 'inf'", "--eta", "inf"),
    ("not '-0.1'", "--eta", "-0.1"),
    ("not '0.1 '", "--eta", "0.1 "),
    ("not 'x'", "--omega", "x"),
    ("not '-1'", "--beta", "-1"),
    ("not '0'", "--batch", "0"),
    ("--batch is 76, but there are only 75", "--batch", "76"),
    ("not '-1'", "--seed", "-1"),
    ("not '18446744073709551616'", "--seed", "18446744073709551616"),
    ("not '3-2'", "--seeds", "3-2"),
    ("- does not stand", "--csv", "-"),
    ("not '1-'", "--seeds", "1-"),
    ("not '5'", "--seeds", "5"),
    ("a million", "--seeds", "0-18446744073709551615"),
    ("not 'f16'", "--dtype", "f16"),
    ('"nope"', "--rules", "bp,nope"),
    ("bp twice", "--rules", "bp,fa,bp"),
    ("not 'bp,'", "--rules", "bp,"),
    ("not ''", "--rules", ""),
    ("not 'run.pdf'", "--plot", "run.pdf"),
    ("--csv and --plot name the same file", "--plot", "run.svg", "--csv", "run.svg"),
    ("--csv and --record name the same file", "--csv", "r.csv", "--record", "r.csv", "--rules", "fa"),
    ("not '.svg'", "--plot", ".svg"),
    ("--csv needs a name", "--csv="),
    ("--quiet takes no value", "--quiet=yes"),
    ("exclude each other", "--seed", "1", "--seeds", "1-2"),
    ("--load", "--load", "folder", "--seeds", "1-2"),
    ("--load", "--load", "folder", "--online"),
    ("--load", "--load", "folder", "--omega", "1"),
    ("--load", "--load", "folder", "--beta", "1"),
    ("--save", "--save", "folder", "--seeds", "1-2"),
    ("--batch", "--batch", "5", "--online"),
]


class Arguments(program.TestCase):
    def test_wrong_command_lines(self):
        for words, *arguments in USAGE:
            with self.subTest(arguments):
                self.assertEqual(self.fail_with(2, words, *arguments, cwd=self.folder), "")
        self.assertEqual(os.listdir(self.folder), [])

    def test_both_spellings(self):
        tables = {re.sub(r"\d+\.\d+$", "", self.succeed(*arguments), flags=re.M)
                  for arguments in (["--epochs", "7", "--rules", "fa"], ["--epochs=7", "--rules=fa"])}
        self.assertEqual(len(tables), 1)

    def test_help(self):
        done = program.run(program.LINEAR_FUNCTION, "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for name in ("rules epochs eta batch online omega beta seed seeds dtype load save csv plot quiet help "
                     "version").split():
            self.assertIn(f"  --{name} ", done.stdout)

    def test_version(self):
        done = program.run(program.LINEAR_FUNCTION, "--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\Afa-linear-function \d+\.\d+\.\d+\nlibfa [^\n]*\n\Z")

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_full_device(self):
        for arguments in ["--help"], ["--version"], ["--quiet", "--epochs", "2"], ["--quiet", "--seeds", "1-2"]:
            with open("/dev/full", "w") as full:
                done = program.subprocess.run([program.LINEAR_FUNCTION, *arguments], stdout=full,
                                              stderr=program.subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr,
                             r"\Afa-linear-function: cannot write to the standard output(: No space left on "
                             r"device)?\n\Z")
        self.fail_with(1, "cannot write /dev/full", "--csv", "/dev/full", "--epochs", "2")

    def test_progress_without_a_terminal(self):
        done = program.run(program.LINEAR_FUNCTION, "--epochs", "50", "--rules", "bp")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"\A(bp: epoch \d+ of 50, loss \S+\n){10}\Z")
        self.assertNotIn("epoch 5 of", done.stdout)

    def test_files_that_cannot_be_written(self):
        self.fail_with(1, "No such file", "--csv", self.path("no/run.csv"))
        self.fail_with(1, "No such file", "--plot", self.path("no/run.svg"), "--epochs", "2")
        self.fail_with(1, "No such file", "--save", self.path("no/run"))

    def test_files_that_do_not_fit(self):
        self.fail_with(1, "W0.npy", "--load", self.path("missing"))
        self.succeed("--save", self.path("a"), "--epochs", "1")
        for name, other in ("W", "W0"), ("B", "W"), ("x_test", "y_test"), ("y_train", "x_train"), ("y_train", "y_test"):
            folder = self.path(name + other)
            self.succeed("--save", folder, "--epochs", "1")
            os.replace(os.path.join(folder, other + ".npy"), os.path.join(folder, name + ".npy"))
            os.symlink(self.path(f"a/{other}.npy"), os.path.join(folder, other + ".npy"))
            self.fail_with(1, f"{name}.npy is [", "--load", folder)


if __name__ == "__main__":
    tap.main()
