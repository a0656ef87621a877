"""What fa-classify writes about single runs: table, CSV, JSON lines, replays; divergence and Ctrl-C."""
import json
import math
import os
import re
import signal
import struct
import time

import program
import samples
import tap

HEAD = "rule,epoch,train_loss,train_error,validation_error,test_error,seconds,angle_1"


def without_seconds(lines):
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


class Outputs(samples.TestCase):
    def objects(self, *arguments):
        self.succeed("--jsonl", self.path("run.jsonl"), *arguments)
        with open(self.path("run.jsonl")) as file:
            return [json.loads(line) for line in file]

    def test_learning(self):
        lines = self.learn("--epochs", "8")
        with open(self.path("run.csv")) as file:
            self.assertEqual(file.readline(), HEAD + "\n")
        self.assertEqual([(line["rule"], line["epoch"]) for line in lines],
                         [(rule, epoch) for rule in ("bp", "fa") for epoch in range(1, 9)])
        for line in lines:
            self.assertIsNone(line["validation_error"])
            self.assertGreater(line["seconds"], 0)
        for first, last in (lines[0], lines[7]), (lines[8], lines[15]):
            self.assertLess(last["train_loss"], 0.5 * first["train_loss"])
            self.assertLess(last["test_error"], 0.2)  # 2/3 by chance
        # acos near 1 turns a rounding error of 2^-53 into its square root.
        self.assertLess(max(line["angle_1"] for line in lines[:8]), math.degrees(2.0 ** -25))
        self.assertTrue(all(0 < line["angle_1"] < 90 for line in lines[8:]))

    def test_rules_start_equal(self):
        """At learning rate 0 nothing tells the rules apart: the same W, samples and order. Another seed does."""
        lines, others = (without_seconds(self.learn("--lr", "0", "--rules", "bp,fa,shallow", "--validation", "40",
                                                    "--seed", seed)) for seed in (1, 2))
        for line in lines:
            self.assertEqual([line[name] for name in ("train_loss", "validation_error", "test_error")],
                             [lines[int(line["epoch"]) - 1][name] for name in ("train_loss", "validation_error",
                                                                          "test_error")])
            self.assertNotEqual(line["train_loss"], others[0]["train_loss"])
        self.assertEqual({line["angle_1"] for line in lines if line["rule"] == "shallow"}, {None})

    def test_standardized_once(self):
        """The second rule sees the samples that it would see alone, to the last bit."""
        both = without_seconds(self.learn("--standardize", "--train", "100"))
        self.assertEqual(both[3:], without_seconds(self.learn("--standardize", "--train", "100", "--rules", "fa")))

    def test_frozen(self):
        """With all layers frozen, an epoch is like the one before, in the order of the data to the last bit."""
        lines = self.learn("--no-shuffle", "--freeze", "1@2-3,2@2-3", "--rules", "fa", "--epochs", "4")
        losses = [line["train_loss"] for line in lines]
        self.assertEqual(losses[1], losses[2])
        self.assertEqual(lines[0]["test_error"], lines[2]["test_error"])
        self.assertEqual(len(set(losses)), 3)

    def test_nothing_connected(self):
        """Without any connection the classes are equally probable: the loss is ln 3. A B of zeros has no angle."""
        line = self.learn("--sparsity", "1", "--lr", "0", "--rules", "fa")[0]
        # One float32 softmax of three equal numbers, and a mean in float64.
        self.assertAlmostEqual(line["train_loss"], math.log(3), delta=8 * 2.0 ** -24)
        self.assertIsNone(line["angle_1"])
        self.assertIsNone(self.learn("--feedback-scale", "0", "--rules", "fa")[0]["angle_1"])

    def test_a_sparse_layer(self):
        """Without the connections of layer 2 nothing comes back, and layer 1 does not learn; layer 1 keeps its own."""
        self.assertIsNone(self.learn("--sparsity", "2=1", "--rules", "fa")[0]["angle_1"])
        self.assertIsNotNone(self.learn("--sparsity", "1=0.5", "--rules", "fa")[0]["angle_1"])

    def test_forms_of_feedback(self):
        """Where nothing is learned a regenerated B is the dense one, but for the order of sums; a sparse one is not."""
        dense, regenerated, sparse = (
            self.learn("--rules", "fa", "--lr", "0", "--rule-param", "feedback_form=" + form)[0]["angle_1"]
            for form in ("dense", "regenerated", "sparse"))
        self.assertAlmostEqual(dense, regenerated, delta=1e-3)
        self.assertNotAlmostEqual(dense, sparse, delta=1e-3)

    def test_held_norms(self):
        """Holding a norm changes what is learned, and nothing where nothing is learned."""
        for lr, same in ("0", True), ("0.1", False):
            held, free = (self.learn("--rules", "fa", "--lr", lr, *more)[-2] for more in (["--hold-norm"], []))
            self.assertEqual(held["train_loss"] == free["train_loss"], same)

    def test_layers_of_their_own_start(self):
        """A layer of zeros lets nothing through: the loss is ln 3. The others are drawn as they would be alone."""
        arguments = "--lr", "0", "--rules", "bp", "--epochs", "1", "--dtype", "f64"
        losses = [self.learn(*arguments, *more)[0]["train_loss"] for more in (
            ["--init", "normal=0.3"], ["--init", "1=normal:0.3,2=normal:0.3"], ["--init", "zero,1=normal:0.3",
             "--init", "2=normal:0.3"], ["--init", "normal=0.3", "--init", "2=zero"],
            ["--init", "zero,1=kaiming_uniform:0.408"])]
        self.assertEqual(losses[0], losses[1])
        self.assertEqual(losses[0], losses[2])
        # One softmax of three equal numbers, and a mean.
        self.assertAlmostEqual(losses[3], math.log(3), delta=8 * 2.0 ** -53)
        self.assertEqual(losses[3], losses[4])
        self.assertNotAlmostEqual(losses[0], losses[3], places=3)
        biased = self.learn(*arguments, "--init", "zero", "--bias-init", "2=uniform:1")[0]["train_loss"]
        self.assertNotAlmostEqual(biased, losses[3], places=3)

    def test_layers_by_back_propagation(self):
        """Back-propagation's operand in every layer is back-propagation; in the last one its angle is 0."""
        arguments = "--hidden", "8,6", "--angle-every", "1", "--rules", "bp,fa,dfa,shallow"
        lines = without_seconds(self.learn("--bp-layers", "1,last", *arguments))
        for rule in "fa", "dfa":
            for line, other in zip(lines, (line for line in lines if line["rule"] == rule)):
                self.assertEqual(line, {**other, "rule": "bp"})
        for line in self.learn("--bp-layers", "last", *arguments)[3:9]:
            self.assertLess(line["angle_2"], math.degrees(2.0 ** -11))  # acos near 1 in float32
            self.assertGreater(line["angle_1"], 1)
        self.fail_with(1, "drtp works before the error is known", "--rules", "bp,drtp", "--bp-layers", "1", "--csv",
                       self.path("run.csv"))

    def test_mirror_steps(self):
        """They turn B of a weight mirror towards W, and change no other rule."""
        angles = {steps: self.learn("--rules", "fa,weight_mirror", "--rule-param", "every=0", "--lr", "0", "--epochs",
                                    "1", "--angle-every", "1", "--hidden", "9", "--mirror-steps", steps)
                  for steps in (0, 5000)}
        fa, mirror = ([angles[steps][i]["angle_1"] for steps in (0, 5000)] for i in (0, 1))
        self.assertEqual(fa[0], fa[1])
        self.assertLess(mirror[1], mirror[0] - 10)

    def test_confusion_matrix(self):
        table = self.succeed("--csv", self.path("run.csv"), "--rules", "fa", "--epochs", "1")
        error = program.read_csv(self.path("run.csv"))[0]["test_error"]
        matrix = [[int(cell) for cell in line.split()[1:]] for line in table.splitlines()[-1 - samples.CLASSES:-1]]
        labels = samples.contents()[samples.NAMES[3]][8:]
        self.assertEqual([sum(row) for row in matrix], [labels.count(bytes([i])) for i in range(samples.CLASSES)])
        self.assertAlmostEqual(1 - sum(matrix[i][i] for i in range(samples.CLASSES)) / samples.TEST, error, places=12)
        self.assertIn(f"test accuracy {100 * (1 - error):.2f} %", table)

    def test_json_lines(self):
        header, *lines = self.objects("--validation", "40", "--csv", self.path("run.csv"))
        self.assertEqual((header["type"], header["program"], header["threads"], header["seeds"]),
                         ("header", "fa-classify", 1, [1]))
        self.assertIn("BLAS", header["build"])
        self.assertEqual((header["dataset"]["inputs"], header["dataset"]["classes"], header["dataset"]["training"],
                          header["dataset"]["validation"], header["dataset"]["test"]), (36, 3, 200, 40, 60))
        self.assertEqual((header["parameters"]["hidden"], header["parameters"]["lr"]),
                         ("8", "bp=0.1,fa=0.1"))
        epochs = [line for line in lines if line["type"] == "epoch"]
        for line, seen in zip(program.read_csv(self.path("run.csv")), epochs, strict=True):
            line.update(angles=[line.pop("angle_1")])
            self.assertEqual(line, {name: seen[name] for name in line})
            self.assertTrue(0 < seen["ratios"][0] < 10)
        self.assertEqual([seen["ratios"][0] for seen in epochs[:3]], [1, 1, 1])
        self.assertEqual([line["type"] for line in lines], 2 * (3 * ["epoch"] + ["run"]))
        for run, last in (lines[3], lines[2]), (lines[7], lines[6]):
            self.assertEqual((run["outcome"], run["epochs"], run["test_error"], run["validation_error"]),
                             ("complete", 3, last["test_error"], last["validation_error"]))
            self.assertEqual(sum(map(sum, run["confusion"])), samples.TEST)

    def test_default_learning_rates(self):
        """With plain sgd a rule's own; bp's and fa's are 0.1. Another optimizer has one for all."""
        listed = dict(re.findall(r"^(\w+)\n(?: .*\n)*?    learning rate (\S+)", self.succeed("--list-rules"),
                                 re.MULTILINE))
        self.assertEqual((listed["bp"], listed["fa"]), ("0.1", "0.1"))
        self.assertNotEqual(float(listed["node_perturbation"]), 0.1)
        for arguments, rate in ([], listed["node_perturbation"]), (["--optimizer", "adam"], "0.001"), \
                (["--lr", "node_perturbation=0.5"], "0.5"):
            header = self.objects("--rules", "node_perturbation", "--epochs", "1", *arguments)[0]
            self.assertEqual(header["parameters"]["lr"], f"node_perturbation={rate}")

    def test_shortest_numbers(self):
        """The shortest of 15 to 17 digits that read back; errors are fractions of a known number of samples."""
        self.learn("--jsonl", self.path("run.jsonl"), "--validation", "40", "--lr", "0.3", "--dtype", "f64")
        with open(self.path("run.csv")) as file:
            lines = [line.strip().split(",") for line in file][1:]
        with open(self.path("run.jsonl")) as file:
            objects = file.read()
        for line in lines:
            for text in line[2:]:
                number = float(text)
                self.assertEqual(text, next(shortest for shortest in (f"{number:.{digits}g}" for digits in (15, 16, 17))
                                            if float(shortest) == number))
            for text, count in (line[3], 200), (line[4], 40), (line[5], samples.TEST):
                self.assertIn(float(text), [i / count for i in range(count + 1)])
            self.assertIn(f'"train_loss":{line[2]},', objects)
        self.assertIn('"lr":0.3,', objects)
        self.assertIn('"ratios":[1.0]', objects)

    def test_replay(self):
        for arguments in (["--rules", "fa", "--optimizer", "adam", "--optimizer-param", "beta1=0.8", "--dropout",
                           "1=0.2", "--keep-best", "--validation", "40", "--seed", "9"],
                          ["--seeds", "3-4", "--lr", "fa=0.3"],
                          ["--grid", "lr=0.1,0.01", "--validation", "30", "--no-shuffle"]):
            first = self.learn("--jsonl", self.path("a.jsonl"), *arguments)
            again = self.learn("--replay", self.path("a.jsonl"), "--jsonl", self.path("b.jsonl"))
            self.assertEqual(without_seconds(first), without_seconds(again))
            headers = []
            for name in "a.jsonl", "b.jsonl":
                with open(self.path(name)) as file:
                    headers.append(file.readline())
            self.assertEqual(*headers)

    def test_replay_elsewhere(self):
        """Another place of the samples is fine; another version is told; another parameter is refused."""
        self.objects("--epochs", "1")
        os.rename(self.data, self.path("moved"))
        self.succeed("--replay", self.path("run.jsonl"), "--data", self.path("moved"))
        self.fail_with(2, "--lr does not go with it", "--replay", self.path("run.jsonl"), "--lr", "1")
        self.fail_with(2, "--jsonl and --replay name the same file", "--replay", self.path("run.jsonl"), "--jsonl",
                       self.path("run.jsonl"))
        with open(self.path("run.jsonl")) as file:
            text = file.read()
        with open(self.path("old.jsonl"), "w") as file:
            file.write(re.sub(r'"version":"[^"]*"', '"version":"0.0.7"', text))
        done = self.program("--replay", self.path("old.jsonl"), "--data", self.path("moved"))
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr,
                         r"\Afa-classify: note: the version was '0\.0\.7' in the file and is '[0-9.]+' now\n\Z")

    def test_replay_of_an_older_file(self):
        """Before 0.5 the program was named classify."""
        self.objects("--epochs", "1")
        with open(self.path("run.jsonl")) as file:
            text = file.read()
        with open(self.path("old.jsonl"), "w") as file:
            file.write(text.replace('"program":"fa-classify"', '"program":"classify"'))
        self.succeed("--replay", self.path("old.jsonl"), "--jsonl", self.path("new.jsonl"))
        with open(self.path("new.jsonl")) as file:
            self.assertEqual(text.splitlines()[0], file.readline().rstrip("\n"))

    def test_broken_replays(self):
        for content in "", "[1, 2]", "{}", '{"type":"header","program":"other","parameters":{}}', "{\"type\":", \
                '{"type":"header","program":"fa-classify","parameters":{"bogus":"1"}}', \
                '{"type":"header","program":"fa-classify","parameters":{"csv":"run.csv"}}', \
                '{"type":"header","program":"fa-classify","parameters":{"epochs":3}}':
            with open(self.path("a.jsonl"), "w") as file:
                file.write(content)
            done = self.program("--replay", self.path("a.jsonl"))
            self.assertEqual(done.returncode, 1, content)
            self.assertIn(self.path("a.jsonl"), done.stderr.splitlines()[-1])
        self.fail_with(1, "No such file", "--replay", self.path("b.jsonl"))

    def test_same_seed_same_bits(self):
        for arguments in [], ["--batch", "1"], ["--dropout", "0=0.2,1=0.5", "--threads", "2"], ["--dtype", "f64"]:
            runs = [without_seconds(self.learn("--validation", "40", *arguments)) for _ in range(2)]
            self.assertEqual(*runs)

    def test_test_set_chooses_nothing(self):
        """Other test labels change the test error and nothing else, early stopping and the kept epoch included."""
        arguments = "--validation", "40", "--patience", "2", "--keep-best", "--epochs", "12", "--lr", "0.5"
        first = self.objects(*arguments)
        with open(os.path.join(self.data, samples.NAMES[3]), "wb") as file:
            file.write(struct.pack(">2I", 0x801, samples.TEST) + samples.TEST * b"\x01")
        second = self.objects(*arguments)
        for line in first + second:
            for name in "seconds", "test_loss", "test_error", "test_error_at_best", "confusion":
                line.pop(name, None)
        self.assertEqual(first, second)

    def test_keep_best(self):
        """The final errors are those of the epoch that was best."""
        for run in self.objects("--validation", "40", "--keep-best", "--epochs", "10", "--lr", "1")[1:]:
            if run["type"] == "epoch":
                continue
            with open(self.path("run.jsonl")) as file:
                best = next(line for line in map(json.loads, file) if line["type"] == "epoch" and line["rule"] ==
                            run["rule"] and line["epoch"] == run["best_epoch"])
            self.assertEqual([run[name] for name in ("validation_error", "test_error", "test_error_at_best")],
                             [best[name] for name in ("validation_error", "test_error", "test_error")])

    def test_best_epoch(self):
        """The table's columns of the best epoch say what the lines about the run say."""
        table = self.succeed("--validation", "40", "--jsonl", self.path("run.jsonl"), "--epochs", "6", "--lr", "0.5")
        with open(self.path("run.jsonl")) as file:
            runs = [line for line in map(json.loads, file) if line["type"] == "run"]
        head, *rows = table.splitlines()[2:5]
        end = re.search("best epoch  test at best", head)
        for run, row in zip(runs, rows):
            self.assertEqual(row[end.start():end.end()].split(),
                             [str(run["best_epoch"]), f"{100 * run['test_error_at_best']:.2f}", "%"])

    def test_divergence(self):
        done = self.program("--loss", "squared_error", "--output-activation", "identity", "--activation", "identity",
                            "--epochs", "30", "--lr", "bp=0.01,fa=1e6", "--rules", "fa,bp", "--csv",
                            self.path("run.csv"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr,
                         r"\Afa-classify: fa diverged in epoch \d+ with seed 1 and learning rate 1e\+06\n\Z")
        self.assertIn("diverged in epoch", done.stdout)
        self.assertEqual(sum(line["rule"] == "bp" for line in program.read_csv(self.path("run.csv"))), 30)

    def interrupt(self, *arguments):
        """Ctrl-C as soon as the first epoch is in the file: what the program prints."""
        process = program.subprocess.Popen(
            [program.CLASSIFY, "--quiet", "--data", self.data, "--hidden", "8", "--epochs", "1000000", "--csv",
             self.path("run.csv"), "--jsonl", self.path("run.jsonl"), *arguments], text=True,
            stdout=program.subprocess.PIPE, stderr=program.subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        while not os.path.exists(self.path("run.csv")) or os.path.getsize(self.path("run.csv")) < 1000:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        output, complaint = process.communicate(timeout=60)
        self.assertEqual((process.returncode, complaint),
                         (1, "fa-classify: interrupted; this is what there is so far\n"))
        return output

    def test_interrupt(self):
        output = self.interrupt()
        self.assertRegex(output, r"\bstopped in epoch \d+ of 1000000; test error of these weights\n")
        self.assertIn("confusion matrix", output)
        self.assertNotIn("\nfa", output)
        lines = program.read_csv(self.path("run.csv"))
        self.assertEqual([line["epoch"] for line in lines], list(range(1, len(lines) + 1)))
        with open(self.path("run.jsonl")) as file:
            last = json.loads(file.readlines()[-1])
        self.assertEqual((last["type"], last["outcome"], last["epochs"]), ("run", "interrupted", len(lines)))


if __name__ == "__main__":
    tap.main()
