"""Studies of fa-classify: seeds in several processes, statistics, paired differences, the choice on a grid."""
import json
import os
import re
import signal
import statistics
import time

import program
import samples
import tap

# 97.5 % quantiles of Student's t with 2 and 3 degrees of freedom, from a table.
STUDENT = {3: 4.30265, 4: 3.18245}


def without_seconds(lines):
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def row(table, *words):
    """The numbers at the end of the line that begins with these words."""
    for line in table.splitlines():
        if re.match(r"\s+".join(map(re.escape, words)), line):
            return line
    raise AssertionError(f"no {words} in\n{table}")


class Studies(samples.TestCase):
    def check(self, line, values):
        """n, mean, sd and the interval at the end of a line, to the four digits of the table."""
        numbers = [float(number) for number in re.findall(r"(?<=\s)-?\d[\d.e+-]*(?=\s|$)", line)][-5:]
        mean, sd = statistics.mean(values), statistics.stdev(values)
        half = STUDENT[len(values)] * sd / len(values) ** 0.5
        size = max(abs(mean), sd, half)
        for number, expected in zip(numbers, (len(values), mean, sd, mean - half, mean + half), strict=True):
            self.assertAlmostEqual(number, expected, delta=1e-3 * max(abs(expected), size))

    def test_seeds(self):
        table = self.succeed("--seeds", "3-6", "--jobs", "2", "--validation", "40", "--csv", self.path("run.csv"))
        lines = program.read_csv(self.path("run.csv"))
        with open(self.path("run.csv")) as file:
            self.assertEqual(file.readline(),
                             "seed,rule,epoch,train_loss,train_error,validation_error,test_error,seconds,angle_1\n")
        self.assertEqual([(line["seed"], line["rule"], line["epoch"]) for line in lines],
                         [(seed, rule, epoch) for seed in range(3, 7) for rule in ("bp", "fa") for epoch in (1, 2, 3)])
        one = without_seconds(self.learn("--seeds", "3-6", "--validation", "40"))
        self.assertEqual(one, without_seconds(lines))
        alone = without_seconds(self.learn("--seed", "5", "--validation", "40"))
        self.assertEqual([{**line, "seed": 5} for line in alone], [line for line in one if line["seed"] == 5])
        last = {rule: [line for line in lines if (line["rule"], line["epoch"]) == (rule, 3)] for rule in ("bp", "fa")}
        for rule, ends in last.items():
            self.check(row(table, rule, "train loss"), [line["train_loss"] for line in ends])
            for name in "train", "validation", "test":
                self.check(row(table, rule, f"{name} error, %"), [100 * line[f"{name}_error"] for line in ends])
        self.assertGreater(max(line["angle_1"] for line in last["bp"]), 0)
        self.assertEqual(row(table, "bp", "angle of layer 1").split()[5:], ["4", "0", "0", "0", "0"])
        self.check(row(table, "fa", "angle of layer 1"), [line["angle_1"] for line in last["fa"]])
        difference = row(table, "bp (lr 0.1) - fa (lr 0.1)", "test error, %")
        numbers = [100 * (a["test_error"] - b["test_error"]) for a, b in zip(last["bp"], last["fa"])]
        head, found, verdict = re.split(r"  (?=neither|bp is|fa is|too)()", difference)
        self.check(head, numbers)
        low, high = (float(number) for number in head.split()[-2:])
        self.assertTrue(verdict.startswith("neither" if low <= 0 <= high else "bp is" if high < 0 else "fa is"))
        self.assertIn("bp: 4 runs complete, 0 diverged\nfa: 4 runs complete, 0 diverged\n", table)

    def test_one_seed(self):
        """A study without an interval."""
        table = self.succeed("--seeds", "5-5", "--csv", self.path("run.csv"))
        lines = program.read_csv(self.path("run.csv"))
        self.assertEqual({line["seed"] for line in lines}, {5})
        self.assertEqual(row(table, "fa", "test error, %").split()[4:],
                         ["1", f"{100 * lines[-1]['test_error']:.4g}", "-", "-", "-"])
        self.assertIn("too few seeds to tell", row(table, "bp (lr 0.1) - fa (lr 0.1)", "test error, %"))

    def test_verdict(self):
        """A rule that does not learn at all is worse, and the table says so."""
        table = self.succeed("--seeds", "1-3", "--lr", "bp=0.2,fa=0", "--epochs", "10")
        self.assertIn("bp is better", row(table, "bp (lr 0.2) - fa (lr 0)", "test error, %"))

    def test_grid(self):
        table = self.succeed("--grid", "lr=0,0.01,0.3", "--seeds", "1-3", "--jobs", "2", "--validation", "60", "--csv",
                             self.path("run.csv"), "--epochs", "4")
        lines = program.read_csv(self.path("run.csv"))
        self.assertEqual([(line["seed"], line["lr"], line["rule"]) for line in lines[::4]],
                         [(seed, lr, rule) for seed in (1, 2, 3) for lr in (0, 0.01, 0.3) for rule in ("bp", "fa")])
        best = {}
        for rule in "bp", "fa":
            ends = {lr: [line for line in lines if (line["rule"], line["lr"], line["epoch"]) == (rule, lr, 4)]
                    for lr in (0, 0.01, 0.3)}
            errors = {lr: statistics.mean(line["validation_error"] for line in ends[lr]) for lr in ends}
            best[rule] = min(errors, key=errors.get)
            cells = re.findall(r"([\d.]+) \(([\d.]+)\)", row(table, rule, f"{100 * errors[0]:.2f}"))
            self.assertEqual([cell[0] for cell in cells], [f"{100 * error:.2f}" for error in errors.values()])
            row(table, f"{rule}: lr {best[rule]:g}")
            self.check(row(table, rule, "test error, %"), [100 * line["test_error"] for line in ends[best[rule]]])
        row(table, f"bp (lr {best['bp']:g}) - fa (lr {best['fa']:g})", "test error, %")
        equal = table[table.index("at equal learning rates"):]
        for lr in "0", "0.01", "0.3":
            row(equal, f"bp (lr {lr}) - fa (lr {lr})", "test error, %")

    def grid(self, *arguments):
        """The table, and the CSV file's runs: {(seed, rule): {(values of the grid's names): the last epoch's line}}."""
        table = self.succeed("--csv", self.path("run.csv"), "--epochs", "2", *arguments)
        runs = {}
        for line in program.read_csv(self.path("run.csv")):
            names = list(line)[1:list(line).index("rule")]
            if line["epoch"] == 2:
                cells = runs.setdefault((line["seed"], line["rule"]), {})
                self.assertNotIn(tuple(line[name] for name in names), cells)
                cells[tuple(line[name] for name in names)] = line
        return table, runs

    def test_two_axes(self):
        """The product, but one value only where a rule has no B; the choice is among all cells."""
        table, runs = self.grid("--grid", "lr=0.01,0.3", "--grid", "feedback_scale=0,1,3", "--rules", "bp,fa,usf",
                                "--seeds", "1-2", "--validation", "60", "--jobs", "2")
        cells = [(lr, scale) for lr in (0.01, 0.3) for scale in (0, 1, 3)]
        self.assertEqual({key: list(found) for key, found in runs.items()},
                         {(seed, rule): cells if rule == "fa" else [(0.01, None), (0.3, None)] for seed in (1, 2)
                          for rule in ("bp", "fa", "usf")})
        errors = {cell: statistics.mean(runs[seed, "fa"][cell]["validation_error"] for seed in (1, 2))
                  for cell in cells}
        best = min(errors, key=errors.get)
        row(table, f"fa: lr {best[0]:g}, feedback_scale {best[1]:g}")
        for scale in 0, 1, 3:
            line = row(table, "fa", f"{scale}", f"{100 * errors[0.01, scale]:.2f} (")
            self.assertEqual(re.findall(r"([\d.]+) \(", line), [f"{100 * errors[lr, scale]:.2f}" for lr in (0.01, 0.3)])
        self.assertIn("bp: 4 runs complete, 0 diverged\nfa: 12 runs complete, 0 diverged\n", table)
        equal = table[table.index("at equal values"):]
        for scale in 0, 1, 3:
            row(equal, f"bp (lr 0.3) - fa (lr 0.3, feedback_scale {scale})")

    def test_scale_of_a_cell(self):
        """A cell is the run with --feedback-scale."""
        for scale in 1, 3:
            alone = without_seconds(self.learn("--rules", "fa", "--feedback-scale", scale, "--validation", "40", "--lr",
                                               "0.2"))
            cell = without_seconds(self.learn("--rules", "fa", "--grid", f"lr=0.2,feedback_scale={scale}",
                                              "--validation", "40"))
            self.assertEqual([{**line, "seed": 1, "lr": 0.2, "feedback_scale": scale} for line in alone], cell)
        self.assertNotEqual(alone[-1]["train_loss"], self.learn("--rules", "fa", "--lr", "0.2", "--validation", "40")
                            [-1]["train_loss"])

    def test_scale_of_every_form(self):
        """Where B is no matrix that could be changed, the library scales it, what --feedback-init draws included."""
        for form in "sparse", "low_rank", "shared", "regenerated":
            arguments = "--rules", "fa", "--rule-param", f"feedback_form={form},feedback_rank=2", "--lr", "0.2"
            alone = self.learn(*arguments, "--rule-param", "feedback_scale=2")
            for more in ["--feedback-scale", "2"], ["--rule-param", "feedback_scale=4", "--feedback-scale", "0.5"]:
                self.assertEqual(without_seconds(self.learn(*arguments, *more)), without_seconds(alone))
            self.assertNotEqual(self.learn(*arguments)[-1]["train_loss"], alone[-1]["train_loss"])
            drawn = [without_seconds(self.learn(*arguments, "--feedback-init", init, *more)) for init, more in (
                ("normal=1", ["--feedback-scale", "2"]), ("normal=2", []), ("normal=1", []))]
            self.assertEqual(drawn[0], drawn[1])
            self.assertNotEqual(drawn[0], drawn[2])

    def test_grid_of_forms(self):
        """A choice is a number in its table; a rule whose B has no forms is one run."""
        _, runs = self.grid("--grid", "feedback_form=dense,regenerated", "--grid", "feedback_scale=1,2", "--rules",
                            "bp,fa,usf", "--validation", "40", "--dtype", "f64")
        self.assertEqual({rule: list(found) for (_, rule), found in runs.items()},
                         {"bp": [(None, None)], "usf": [(None, None)], "fa": [(0, 1), (0, 2), (1 + 3, 1), (1 + 3, 2)]})
        for scale in 1, 2:
            a, b = (runs[1, "fa"][form, scale] for form in (0, 4))
            # The same B, at most in another order of sums: 50 steps of sums of up to 36 products round 2^-53 each.
            self.assertAlmostEqual(a["train_loss"], b["train_loss"], delta=1e-9)

    def test_own_values(self):
        """A rule's own rates stand in the place of the common ones, and the report says so."""
        table, runs = self.grid("--grid", "lr=0.1,0.2", "--grid", "fa.lr=0.3", "--rules", "bp,fa,shallow",
                                "--validation", "40")
        self.assertEqual({rule: list(found) for (_, rule), found in runs.items()},
                         {"bp": [(0.1,), (0.2,)], "fa": [(0.3,)], "shallow": [(0.1,), (0.2,)]})
        self.assertIn("fa: values of lr of its own, not the same grid\n", table)
        table, runs = self.grid("--grid", "fa.lr=0.3,0.4", "--lr", "0.05", "--validation", "40")
        self.assertEqual({rule: list(found) for (_, rule), found in runs.items()},
                         {"bp": [(None,)], "fa": [(0.3,), (0.4,)]})
        self.assertIn("bp: lr 0.05\n", table)

    def test_grid_of_a_parameter(self):
        """Any parameter of a rule is a name; for rules that have not got it nothing is multiplied."""
        _, runs = self.grid("--grid", "decay=0,0.1", "--rules", "bp,kolen_pollack", "--validation", "40")
        self.assertEqual({rule: list(found) for (_, rule), found in runs.items()},
                         {"bp": [(None,)], "kolen_pollack": [(0,), (0.1,)]})
        alone = self.learn("--rules", "kolen_pollack", "--rule-param", "decay=0.1", "--epochs", "2",
                           "--validation", "40")
        self.assertEqual(alone[-1]["train_loss"], runs[1, "kolen_pollack"][0.1,]["train_loss"])

    def test_seeds_to_choose_by(self):
        """The grid costs its own seeds; the chosen cell has those of the study, the same runs as without a grid."""
        table, runs = self.grid("--grid", "lr=0.05,0.4", "--choose-seeds", "7-8", "--seeds", "8-10", "--validation",
                                "60", "--jobs", "2", "--jsonl", self.path("run.jsonl"))
        best = {}
        for rule in "bp", "fa":
            errors = {lr: statistics.mean(runs[seed, rule][lr,]["validation_error"] for seed in (7, 8))
                      for lr in (0.05, 0.4)}
            best[rule] = min(errors, key=errors.get)
            for seed in 9, 10:
                self.assertEqual(list(runs[seed, rule]), [(best[rule],)])
            row(table, f"{rule}: lr {best[rule]:g}")
            self.check(row(table, rule, "test error, %", "3"),
                       [100 * runs[seed, rule][best[rule],]["test_error"] for seed in (8, 9, 10)])
            self.assertIn(f"{rule}: 6 runs complete, 0 diverged\n", table)
        self.assertIn("; seeds 8-10, the grid with seeds 7-8\n", table)
        rates = ",".join(f"{rule}={lr}" for rule, lr in best.items())
        for line in without_seconds(self.learn("--lr", rates, "--seeds", "9-10", "--epochs", "2", "--validation",
                                               "60")):
            if line["epoch"] == 2:
                found = runs[line["seed"], line["rule"]][best[line["rule"]],]
                self.assertEqual({name: found[name] for name in line}, line)
        with open(self.path("run.jsonl")) as file:
            header = json.loads(file.readline())
        self.assertEqual((header["parameters"]["choose-seeds"], header["parameters"]["seeds"]), ("7-8", "8-10"))

    def test_replay_of_two_stages(self):
        arguments = "--grid", "lr=0.05,0.4", "--grid", "feedback_scale=1,2", "--choose-seeds", "7-7", "--seeds", "8-9"
        first = self.learn(*arguments, "--validation", "60", "--jsonl", self.path("run.jsonl"))
        self.assertEqual(without_seconds(first), without_seconds(self.learn("--replay", self.path("run.jsonl"))))

    def test_baseline(self):
        """One rule is compared with, at the chosen and at equal values, and nothing else is."""
        table = self.succeed("--grid", "lr=0.1,0.2", "--rules", "bp,fa,shallow", "--baseline", "fa", "--seeds", "1-2",
                             "--validation", "40")
        pairs = re.findall(r"^(\w+) \(lr \S+\) - (\w+) \(", table, re.MULTILINE)
        self.assertEqual(pairs, 4 * [("bp", "fa"), ("shallow", "fa")])

    def test_the_whole_family(self):
        """Every rule at once, in two stages and several processes, comes through every file, and again."""
        rules = re.findall(r"^\w+", self.succeed("--list-rules"), re.MULTILINE)
        self.assertGreater(len(rules), 15)
        done = self.program("--rules", ",".join(rules), "--grid", "lr=0.001,0.01", "--grid", "feedback_scale=0.5,2",
                            "--choose-seeds", "1-1", "--seeds", "2-3", "--validation", "40", "--jobs", "3", "--hidden",
                            "9,7", "--batch", "16", "--baseline", "bp", "--csv", self.path("run.csv"), "--jsonl",
                            self.path("run.jsonl"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for rule in rules:
            self.assertRegex(done.stdout, rf"\n{rule}: lr 0.\d+")
            self.assertRegex(done.stdout, rf"\n{rule}: \d+ runs complete, 0 diverged\n")
            row(done.stdout, rule, "test error, %", "2")
        lines = without_seconds(program.read_csv(self.path("run.csv")))
        self.assertEqual({line["rule"] for line in lines}, set(rules))
        again = without_seconds(self.learn("--replay", self.path("run.jsonl")))
        self.assertEqual(again, lines)
        with open(self.path("run.jsonl")) as file:
            head = [line for line in file][:60]
        with open(self.path("part.jsonl"), "w") as file:
            file.writelines(head)
        self.succeed("--replay", self.path("part.jsonl"), "--jsonl", self.path("part.jsonl"), "--resume", "--jobs", "2",
                     "--csv", self.path("part.csv"))
        self.assertEqual(without_seconds(program.read_csv(self.path("part.csv"))), lines)

    def test_no_cell(self):
        """A rule that diverges everywhere has no final runs."""
        done = self.program("--grid", "lr=1e6", "--choose-seeds", "1-1", "--seeds", "2-3", "--validation", "40",
                            "--loss", "squared_error", "--output-activation", "identity", "--activation", "identity",
                            "--epochs", "20")
        self.assertEqual(done.returncode, 1)
        self.assertIn("fa: no learning rate at which every run is complete\n", done.stdout)
        self.assertIn("fa: 0 runs complete, 1 diverged\n", done.stdout)

    def test_divergence_is_counted(self):
        arguments = ("--loss", "squared_error", "--output-activation", "identity", "--activation", "identity",
                     "--epochs", "20", "--rules", "fa", "--quiet")
        done = self.program("--seeds", "1-2", "--lr", "1e6", *arguments)
        self.assertEqual((done.returncode, done.stderr.count("fa diverged in epoch")), (1, 2))
        self.assertIn("fa: 0 runs complete, 2 diverged\n", done.stdout)
        self.assertIn("\nfa    no complete run\n", done.stdout)
        done = self.program("--grid", "lr=0.01,1e6", "--validation", "40", *arguments)
        self.assertEqual(done.returncode, 1)
        self.assertIn(" 1d", row(done.stdout, "fa"))
        self.assertIn("fa: lr 0.01", done.stdout)
        self.assertIn("fa: 1 runs complete, 1 diverged\n", done.stdout)
        done = self.program("--grid", "lr=1e6", "--validation", "40", *arguments, "--rules", "fa,bp")
        self.assertIn("\nfa    no learning rate was chosen\nbp    no learning rate was chosen\n", done.stdout)
        self.assertEqual(done.stdout.count("no seed with complete runs of two rules\n"), 2)
        done = program.run(program.CLASSIFY, "--data", self.data, "--batch", "8", *arguments[:-1], "--seeds", "1-2",
                           "--lr", "1e6")
        self.assertIn("2 of 2 runs done, 0 s left; fa, lr 1e+06, seed 2: diverged\n", done.stderr)

    def test_interrupt(self):
        """Ctrl-C reaches the processes, and what they have done is told and written."""
        process = program.subprocess.Popen(
            [program.CLASSIFY, "--data", self.data, "--hidden", "8", "--epochs", "100000", "--rules", "fa", "--seeds",
             "1-6", "--jobs", "2", "--csv", self.path("run.csv"), "--jsonl", self.path("run.jsonl")], text=True,
            stdout=program.subprocess.PIPE, stderr=program.subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.assertEqual(process.stderr.readline(), "6 runs, 2 at once\n")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        output, complaint = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("fa-classify: interrupted; this is what there is so far\n", complaint)
        self.assertIn("fa: 0 runs complete, 0 diverged, 2 interrupted, 4 not begun\n", output)
        self.assertEqual({line["seed"] for line in program.read_csv(self.path("run.csv"))}, {1, 2})
        with open(self.path("run.jsonl")) as file:
            runs = [line for line in map(json.loads, file) if line["type"] == "run"]
        self.assertEqual([run["outcome"] for run in runs], ["interrupted", "interrupted"])

    def test_the_parent_is_killed(self):
        """No process goes on alone."""
        process = program.subprocess.Popen(
            [program.CLASSIFY, "--data", self.data, "--hidden", "8", "--epochs", "1000000", "--rules", "fa", "--seeds",
             "1-2", "--jobs", "2"], text=True, stdout=program.subprocess.DEVNULL, stderr=program.subprocess.PIPE)
        process.stderr.readline()
        time.sleep(0.2)
        process.kill()
        process.communicate(timeout=60)  # stderr ends only when the last process is gone
        self.assertEqual(process.returncode, -signal.SIGKILL)


if __name__ == "__main__":
    tap.main()
