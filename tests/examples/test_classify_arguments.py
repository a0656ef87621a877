"""The command line of fa-classify, and samples that are missing or broken."""
import math
import os
import re
import shutil
import struct
import unittest

import program
import samples
import tap

USAGE = [
    ("unknown option '--bogus'", "--bogus"),
    ("unexpected argument 'operand'", "operand"),
    ("--epochs needs a value", "--epochs"),
    ("--no-shuffle takes no value", "--no-shuffle=yes"),
    ("--data needs a name", "--data="),
    ("not '0'", "--train", "0"),
    ("not '-1'", "--validation", "-1"),
    ("not 'f16'", "--dtype", "f16"),
    ("not '0'", "--hidden", "0"),
    ("not '8,'", "--hidden", "8,"),
    ("15 layers at most", "--hidden", ",".join(16 * ["1"])),
    ('"sine"', "--activation", "sine"),
    ("softmax is for the output layer only", "--activation", "softmax"),
    ("needs softmax outputs", "--output-activation", "logistic"),
    ("needs logistic outputs", "--loss", "binary_cross_entropy", "--output-activation", "tanh"),
    ('"hinge"', "--loss", "hinge"),
    ('"orthogonal"', "--init", "orthogonal"),
    ("not 'x'", "--init", "uniform=x"),
    ("not '-1'", "--bias-init", "normal=-1"),
    ("not '3'", "--init", "3=zero"),
    ("takes NAME[=F] or l=NAME[:F], not", "--init", "1"),
    ('"orthogonal"', "--init", "zero,1=orthogonal:2"),
    ("not 'x'", "--bias-init", "1=normal:x"),
    ("not ''", "--feedback-init", "uniform="),
    ("not '2'", "--bp-layers", "1,2"),
    ("--hidden is none", "--bp-layers", "last", "--hidden", "none", "--rules", "bp"),
    ("not '-1'", "--mirror-steps", "-1"),
    ("not '-2'", "--feedback-scale", "-2"),
    ("not '1.5'", "--sparsity", "1.5"),
    ("not '3'", "--sparsity", "3=0.5"),
    ("not '1'", "--dropout", "0=1"),
    ("not '2'", "--dropout", "2=0.5"),
    ("takes l=P (a layer and a probability), not", "--dropout", "0.5"),
    ('"nope"', "--rules", "bp,nope"),
    ("bp twice", "--rules", "bp,bp"),
    ("has a parameter 'gain'", "--rule-param", "gain=1"),
    ("'shallow' is none of the rules", "--rule-param", "shallow.gain=1"),
    ("first|second", "--rule-param", "pepita.output_error=third", "--rules", "pepita"),
    ("sign takes a number", "--rule-param", "sign=up", "--rules", "bp,drtp"),
    ("has a parameter 'feedback_form'", "--rule-param", "feedback_form=sparse", "--rules", "bp"),
    ("no optimizer 'newton'", "--optimizer", "newton"),
    ("no parameter 'beta3'", "--optimizer-param", "beta3=1"),
    ("momentum takes a number", "--optimizer-param", "momentum=2"),
    ("nesterov takes no|yes", "--optimizer-param", "nesterov=maybe"),
    ("is set by --lr", "--optimizer-param", "learning_rate=1"),
    ("not 'nan'", "--lr", "nan"),
    ("not '-0.1'", "--lr", "bp=0.1,fa=-0.1"),
    ("'shallow' is none of the rules", "--lr", "shallow=0.1"),
    ("not '3'", "--lr-scale", "3=1"),
    ("not '0'", "--lr-scale", "0=1"),
    ("not 'x'", "--bias-lr-scale", "x"),
    ("l@N", "--freeze", "1"),
    ("not '3'", "--freeze", "3@1"),
    ("not '2'", "--freeze", "1@3-2"),
    ("not '0'", "--batch", "0"),
    ("not '2.5'", "--epochs", "2.5"),
    ("constant|step|cosine", "--schedule", "linear"),
    ("warmup takes a number", "--warmup", "-1"),
    ("not 'patience'", "--trainer-param", "patience=1"),
    ("step_factor takes a number", "--trainer-param", "step_factor=-1"),
    ("patience", "--patience", "x", "--validation", "40"),
    ("needs --validation", "--patience", "2"),
    ("needs --validation", "--keep-best"),
    ("loss|error", "--monitor", "accuracy"),
    ("not '0'", "--threads", "0"),
    ("not '0'", "--eval-every", "0"),
    ("not '-1'", "--angle-every", "-1"),
    ("not '18446744073709551616'", "--seed", "18446744073709551616"),
    ("not '3-2'", "--seeds", "3-2"),
    ("ten thousand", "--seeds", "0-10000"),
    ("exclude each other", "--seed", "1", "--seeds", "1-2"),
    ("lr=F", "--grid", "batch=1,2", "--validation", "40"),
    ("not 'lr=1,,2'", "--grid", "lr=1,,2", "--validation", "40"),
    ("not '1'", "--grid", "1,lr=2", "--validation", "40"),
    ("brings lr twice", "--grid", "lr=1", "--grid", "lr=2", "--validation", "40"),
    ("'shallow' is none of the rules", "--grid", "shallow.lr=1", "--validation", "40"),
    ("rule bp has no feedback_scale", "--grid", "bp.feedback_scale=1", "--validation", "40"),
    ("a number from 0 to 1", "--grid", "decay=2", "--rules", "kolen_pollack", "--validation", "40"),
    ("64 values", "--grid", "lr=" + ",".join(65 * ["1"]), "--validation", "40"),
    ("--feedback-scale does not go with it", "--grid", "feedback_scale=1", "--feedback-scale", "1", "--validation",
     "40"),
    ("needs --grid", "--choose-seeds", "1-2"),
    ("'shallow' is none of the rules", "--baseline", "shallow", "--seeds", "1-2"),
    ("not '2-1'", "--choose-seeds", "2-1", "--grid", "lr=1", "--validation", "40"),
    ("100000 runs", "--grid", "lr=1,2", "--choose-seeds", "1-10000", "--seeds", "1-10000", "--rules",
     "bp,fa,shallow,dfa,drtp", "--validation", "40"),
    ("needs --validation", "--grid", "lr=0.1,0.2"),
    ("--lr does not go with it", "--grid", "lr=0.1,0.2", "--validation", "40", "--lr", "1"),
    ("needs --seeds or --grid", "--jobs", "2"),
    ("not '0'", "--jobs", "0", "--seeds", "1-2"),
    ("needs --jsonl", "--resume"),
    ("--csv needs a name", "--csv="),
    ("- does not stand", "--csv", "-"),
    ("- does not stand", "--jsonl=-"),
    ("the same file", "--csv", "run.txt", "--jsonl", "run.txt"),
    ("--csv and --plot name the same file", "--plot", "run.svg", "--csv", "run.svg"),
    ("--plot and --record-plot name the same file", "--record", "r.csv", "--plot", "r.svg", "--record-plot", "r.svg"),
    ("not 'run.pdf'", "--plot", "run.pdf"),
    ("only 240 samples to train on", "--batch", "241"),
    ("only 10 samples to train on", "--train", "10", "--batch", "11"),
    ("240 training samples", "--validation", "240"),
    ("240 training samples", "--validation", "200", "--train", "41"),
]

EVERY_OPTION = [
    ["--dtype", "f64", "--train", "100", "--validation", "20", "--standardize"],
    ["--hidden", "7,6", "--activation", "relu", "--init", "kaiming_uniform", "--bias-init", "uniform=0.1"],
    ["--hidden", "none", "--rules", "bp"],
    ["--init", "zero", "--init", "1=kaiming_uniform:0.4,2=normal", "--bias-init", "2=uniform:0.1"],
    ["--rules", "bp,shallow,dfa,usf,pepita", "--bp-layers", "1"],
    ["--rules", "bp,weight_mirror", "--mirror-steps", "10"],
    ["--loss", "squared_error", "--output-activation", "identity", "--lr", "0.01"],
    ["--loss", "binary_cross_entropy", "--activation", "logistic"],
    ["--feedback-init", "normal=0.3", "--feedback-scale", "2", "--sparsity", "0.5"],
    ["--dropout", "0=0.1", "--dropout", "1=0.5", "--hold-norm"],
    ["--optimizer", "sgd", "--optimizer-param", "momentum=0.9,nesterov=yes", "--optimizer-param", "weight_decay=1e-4"],
    ["--optimizer", "adam", "--optimizer-param", "beta1=0.8,gradient_scale=8,clip_norm=1"],
    ["--lr", "bp=0.1,fa=0.05", "--lr-scale", "1=0.5", "--bias-lr-scale", "2", "--freeze", "1@2-3,2@1"],
    ["--no-shuffle", "--drop-last", "--batch", "7", "--schedule", "cosine", "--warmup", "0.5", "--trainer-param",
     "final_factor=0.1"],
    ["--schedule", "step", "--trainer-param", "step_epochs=1,step_factor=0.5"],
    ["--validation", "40", "--patience", "1", "--keep-best", "--monitor", "loss", "--trainer-param",
     "min_improvement=0.01"],
    ["--rules", "drtp,pepita", "--rule-param", "drtp.sign=-1,output_error=second"],
    ["--rules", "bp,fa,dfa", "--rule-param", "feedback_form=sparse,feedback_density=0.5,dfa.feedback_draw=launay"],
    ["--threads", "2", "--eval-every", "2", "--angle-every", "0", "--seed", "18446744073709551615"],
]


class Arguments(samples.TestCase):
    def test_wrong_command_lines(self):
        for words, *arguments in USAGE:
            with self.subTest(arguments):
                self.assertEqual(self.fail_with(2, words, *arguments, cwd=self.folder), "")
        self.assertEqual(os.listdir(self.folder), ["data"])

    def test_every_option(self):
        for arguments in EVERY_OPTION:
            with self.subTest(arguments):
                self.assertIn("confusion matrix", self.succeed(*arguments))

    def test_help_and_lists(self):
        done = program.run(program.CLASSIFY, "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for name in {argument[2:].partition("=")[0] for line in [line[1:] for line in USAGE] + EVERY_OPTION
                     for argument in line if argument.startswith("--")} - {"bogus"} | {"jsonl", "replay", "quiet"}:
            self.assertIn(f"  --{name} ", done.stdout)
        studies = done.stdout[done.stdout.index("\nStudies:\n"):done.stdout.index("\n\nOutput:\n")]
        self.assertEqual([line.split()[0] for line in studies.splitlines() if line.startswith("  --")],
                         ["--seed", "--seeds", "--grid", "--choose-seeds", "--jobs"])
        done = program.run(program.CLASSIFY, "--list-rules")
        self.list_of_rules(done.stdout)
        self.tables_of_rules(program.run(program.CLASSIFY, "--list-rules-markdown").stdout)
        self.assertEqual(program.run(program.LINEAR_FUNCTION, "--list-rules").stdout, done.stdout)
        done = program.run(program.CLASSIFY, "--list-optimizers")
        for words in "sgd\n", "  momentum ", "default no of no|yes", "adam\n", "  clip_norm ":
            self.assertIn(words, done.stdout)

    def list_of_rules(self, text):
        """Names begin lines, all else is indented, and every rule's formula, learning rate and parameters are there."""
        rules = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
        names = [rule.split()[0] for rule in rules]
        self.assertEqual(names, sorted(names))
        self.assertLessEqual({"bp", "fa", "shallow", "kolen_pollack", "pepita"}, set(names))
        self.assertLessEqual(max(map(len, text.splitlines())), 90)
        for rule in rules:
            self.assertRegex(rule, r"\A\w+\n    \S.*: \S")
        self.assertRegex(rules[names.index("fa")],
                         r"B_l delta_\{l\+1\}(.|\n)*\n    Lillicrap.*\n    learning rate 0\.1 \(sgd, batches of 64\)\n")
        self.assertRegex(rules[names.index("kolen_pollack")], r"\n    decay=0 +\S.*; 0\.\.1\n")
        self.assertRegex(rules[names.index("pepita")], r"\n    output_error=first +\S.*; first, second\n")
        self.assertNotRegex(rules[names.index("bp")], r"\n    \w+=")
        self.assertRegex(text,
                         r"\n\[every rule that keeps a B, beside its own parameters\]\n    feedback_form=dense +\S")

    def tables_of_rules(self, text):
        """Two tables whose lines all have five cells."""
        tables = [table.splitlines() for table in text.split("\n\n")]
        self.assertEqual(len(tables), 2)
        for table in tables:
            self.assertEqual({len(re.findall(r"(?<!\\)\|", line)) for line in table}, {6})
        self.assertRegex("\n".join(tables[0]),
                         r"\n\| `fa` \| feedback alignment \| `delta_l = \(B_l .*` \| 0\.1 \| Lillicrap")
        self.assertIn("| `pepita` | `output_error` | first | first\\|second |", text)

    def test_version(self):
        done = program.run(program.CLASSIFY, "--version")
        self.assertRegex(done.stdout, r"\Afa-classify \d+\.\d+\.\d+\nlibfa [^\n]*\n\Z")

    def test_blas_threads(self):
        """Without a word of the user's the BLAS is told to use one thread; with one it is left alone."""
        names = "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS"
        plain = {name: value for name, value in os.environ.items() if name not in names}
        for environment, expected in (plain, '"OMP_NUM_THREADS":"1"'), ({**plain, names[0]: "2"},
                                                                        '"OMP_NUM_THREADS":null'):
            self.succeed("--jsonl", self.path("run.jsonl"), env=environment)
            with open(self.path("run.jsonl")) as file:
                self.assertIn(expected, file.readline())


class Files(samples.TestCase):
    def replace(self, name, content):
        with open(os.path.join(self.data, name), "wb") as file:
            file.write(content)

    def write_npy(self, name, descr, shape, content):
        about = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
        with open(self.path(name), "wb") as file:
            file.write(b"\x93NUMPY\x01\x00\x76\x00" + about.encode() + content)

    def test_missing_data(self):
        with open(self.path("file"), "w"):
            pass
        for path, words in ((self.path("nowhere"), "there is no directory {}\n"),
                            (self.path("file"), "there is no directory {}\n"),
                            (self.folder, "{} has no train-images-idx3-ubyte,")):
            done = program.classify("--data", path)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertTrue(done.stderr.startswith("fa-classify: " + words.format(path)), done.stderr)
            self.assertIn("apt install dataset-fashion-mnist", done.stderr)
            self.assertIn("MNIST: put train-images-idx3-ubyte.gz", done.stderr)
        os.remove(os.path.join(self.data, samples.NAMES[3]))
        self.assertIn(f"has no {samples.NAMES[3]}", self.program().stderr)

    def test_broken_files(self):
        whole = samples.contents()
        images, labels, test_images, test_labels = samples.NAMES
        for name, content in [
                (images, b""), (images, whole[images][:-1]), (images, whole[images] + b"x"), (images, b"no IDX file"),
                (images, struct.pack(">4I", 0x803, 60000, 28, 28)), (labels, whole[labels][:-3]),
                (labels, whole[test_labels]), (labels, whole[images]), (test_images, whole[images]),
                (test_labels, whole[test_labels][:-1] + b"\x03"),
                (test_images, struct.pack(">4I", 0x803, samples.TEST, 1, 1) + bytes(samples.TEST))]:
            shutil.rmtree(self.data)
            samples.write(self.data)
            self.replace(name, content)
            with self.subTest(name=name, content=content[:20]):
                self.fail_with(1, os.path.join(self.data, ""))
        os.remove(os.path.join(self.data, images))
        os.mkdir(os.path.join(self.data, images))
        self.fail_with(1, os.path.join(self.data, images))

    def test_classes(self):
        """A label that is far too great, one that leaves a gap, and a single class."""
        images, labels, test_images, test_labels = samples.NAMES
        whole = samples.contents()
        self.replace(labels, whole[labels][:-1] + b"\xff")
        self.fail_with(1, "label 255, but only 240 samples")
        self.replace(labels, whole[labels][:-1] + b"\x05")
        done = self.program("--epochs", "1")
        self.assertEqual((done.returncode, done.stderr),
                         (0, f"fa-classify: note: the labels in {self.data}/{labels} go up to 5, but none is 3\n"))
        self.replace(labels, whole[labels][:8] + bytes(samples.TRAINING))
        self.fail_with(1, "every label is 0")

    def test_namings(self):
        """Compressed files, and plain ones, hold the same samples; so do arrays of NumPy's."""
        samples.write(self.path("compressed"), compressed=tap.ZLIB)
        lines = self.learn()
        for line in lines:
            del line["seconds"]
        os.mkdir(self.path("numpy"))
        for (name, content), array in zip(samples.contents().items(), ("x_train", "y_train", "x_test", "y_test")):
            count, head = int.from_bytes(content[4:8], "big"), 16 if "images" in name else 8
            shape = f"({count}, {samples.SIDE}, {samples.SIDE})" if head == 16 else f"({count},)"
            self.write_npy(f"numpy/{array}.npy", "|u1", shape, content[head:])
        for folder in "compressed", "numpy":
            again = self.learn("--data", self.path(folder))
            for line in again:
                del line["seconds"]
            self.assertEqual(again, lines)

    def test_inputs_that_are_not_finite(self):
        """Told of where they are read, not as divergence; a float64 may be too large for a float32."""
        good, arguments = [i / 8 for i in range(8)], ["--data", self.path("numpy"), "--batch", "2"]
        os.mkdir(self.path("numpy"))
        for part in "train", "test":
            self.write_npy(f"numpy/y_{part}.npy", "|u1", "(4,)", b"\0\1\0\1")
        for part, other in ("train", "test"), ("test", "train"):
            self.write_npy(f"numpy/x_{other}.npy", "<f8", "(4, 2)", struct.pack("<8d", *good))
            for value, place, dtype in (math.nan, 0, "f64"), (-math.inf, 7, "f32"), (1e300, 5, "f32"):
                wrong = good[:place] + [value] + good[place + 1:]
                self.write_npy(f"numpy/x_{part}.npy", "<f8", "(4, 2)", struct.pack("<8d", *wrong))
                self.fail_with(1, f"numpy/x_{part}.npy: sample {place // 2}, input {place % 2} (both", *arguments,
                               "--dtype", dtype)
        self.write_npy("numpy/x_test.npy", "<f8", "(4, 2)", struct.pack("<8d", *good))
        self.succeed(*arguments)

    def test_files_that_cannot_be_written(self):
        for option, name in ("--csv", "no/run.csv"), ("--jsonl", "no/run.jsonl"), ("--plot", "no/run.svg"):
            self.assertEqual(self.fail_with(1, "No such file", option, self.path(name)), "")

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_full_device(self):
        """Found out before anything is trained."""
        for option in "--csv", "--jsonl":
            self.assertEqual(self.fail_with(1, "cannot write /dev/full", option, "/dev/full"), "")
        with open("/dev/full", "w") as full:
            done = program.subprocess.run([program.CLASSIFY, "--help"], stdout=full, stderr=program.subprocess.PIPE,
                                          text=True)
        self.assertEqual((done.returncode, done.stderr),
                         (1, "fa-classify: cannot write to the standard output: No space left on device\n"))


if __name__ == "__main__":
    tap.main()
