"""What fa-linear-function records, and what its plot shows of fa."""
import csv
import json
import math
import os
import re

import program
import tap


class Record(program.TestCase):
    def rows(self, name):
        with open(self.path(name), newline="") as file:
            return [{column: float(value) for column, value in line.items()} for line in csv.DictReader(file)]

    def test_rows(self):
        """They agree with what the program measures itself: fa's deltas are B e, and its layerwise B is the task's."""
        self.succeed("--record", self.path("r.csv"), "--record-every", "10", "--epochs", "95", "--csv",
                     self.path("run.csv"))
        lines = program.read_csv(self.path("run.csv"))
        for rule in "bp", "fa", "shallow":
            self.assertEqual([(row["epoch"], row["batch"]) for row in self.rows(f"r-{rule}.csv")],
                             [(batch, batch) for batch in range(10, 91, 10)])
        for row in self.rows("r-fa.csv"):
            line = lines[95 + int(row["batch"]) - 1]
            # Sums of 75 x 20 terms in another order: a cosine that differs by 1500 2^-53, over the sine of 20 degrees.
            self.assertAlmostEqual(row["delta_angle_1"], line["update_angle"], delta=1e-9)
            self.assertAlmostEqual(row["weight_angle_1"], line["weight_angle"], delta=1e-9)
        self.assertTrue(all(math.isnan(row["weight_angle_1"]) for row in self.rows("r-bp.csv")))

    def test_changes_nothing(self):
        """The weights are the same bits, with whole batches and with mini-batches."""
        for number, arguments in enumerate(([], ["--batch", "20"], ["--dtype", "f32", "--online"])):
            arguments = ["--epochs", "40", "--save", *arguments]
            plain, recorded = self.path(f"plain{number}"), self.path(f"recorded{number}")
            self.succeed(arguments[0], arguments[1], "--save", plain, *arguments[3:])
            self.succeed(arguments[0], arguments[1], "--save", recorded, *arguments[3:], "--record",
                         self.path("r.csv"), "--record-every", "1", "--record-quantities", "pseudo_angle,update_angle")
            names = os.listdir(plain)
            self.assertEqual(sorted(names), sorted(os.listdir(recorded)))
            for name in names:
                with open(os.path.join(plain, name), "rb") as a, open(os.path.join(recorded, name), "rb") as b:
                    self.assertEqual(a.read(), b.read(), name)

    def test_names_and_batches(self):
        for names, batches, *arguments in ((["r.jsonl"], 5, "--rules", "fa"),
                                           (["r-fa-seed3.jsonl", "r-fa-seed4.jsonl"], 5, "--rules", "fa", "--seeds",
                                            "3-4"), (["r.jsonl"], 20, "--rules", "dfa", "--batch", "20"),
                                           (["r.jsonl"], 375, "--rules", "fa", "--online")):
            self.succeed("--epochs", "5", "--record", self.path("r.jsonl"), "--record-every", "5", *arguments)
            self.assertEqual(sorted(os.listdir(self.folder)), names)
            for name in names:
                with open(self.path(name)) as file:
                    found = [json.loads(line)["batch"] for line in file]
                self.assertEqual(found, list(range(5, batches + 1, 5)))
                os.remove(self.path(name))

    def test_full_disk(self):
        """The run goes on without its recording."""
        done = program.run("/bin/sh", "-c", 'trap "" XFSZ; ulimit -f 2; exec "$@"', "sh", program.LINEAR_FUNCTION,
                           "--quiet", "--rules", "fa", "--epochs", "200", "--record", self.path("r.csv"),
                           "--record-every", "1")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Afa-linear-function: [^\n]*r\.csv[^\n]*\n\Z")
        self.assertTrue(0 < len(self.rows("r.csv")) < 200)
        self.assertNotIn("stopped", done.stdout)
        self.fail_with(1, "No such file", "--record", self.path("missing/r.csv"))

    def test_command_lines(self):
        for words, *arguments in ((".csv or .jsonl", "--record", "r.npy"), ("no quantity 'angle'", "--record", "r.csv",
                                  "--record-quantities", "angle"), ("needs --record FILE", "--record-every", "2")):
            self.fail_with(2, words, *arguments)
        self.assertEqual(self.succeed("--list-quantities").split()[0], "quantity")

    def blocks(self, *arguments):
        """What gnuplot is told: lines of every rule's block, as numbers and None; and all of it."""
        with open(self.path("gnuplot"), "w") as file:
            file.write("#!/bin/sh\nexec /bin/cat\n")
        os.chmod(self.path("gnuplot"), 0o755)
        self.succeed("--plot", self.path("script.svg"), *arguments, env={**os.environ, "PATH": self.folder})
        with open(self.path("script.svg")) as file:
            script = file.read()
        return [[[None if number == "?" else float(number) for number in line.split()] for line in block.splitlines()]
                for block in re.findall(r"<< END\n(.*?)END\n", script, re.DOTALL)], script

    def test_plot_of_fa(self):
        """The exact form is conserved to rounding, the other one to eta; B e comes to the pseudo-inverse's side."""
        drifts = []
        for eta in "0.1", "0.01":
            (bp, fa), script = self.blocks("--rules", "bp,fa", "--epochs", "1000", "--eta", eta)
            self.assertEqual(len(re.findall("^plot", script, re.MULTILINE)), 3 + 1)
            self.assertEqual({tuple(line[16:]) for line in bp}, {6 * (None,)})
            # Rounding errors of 1000 sums, of a relative 2^-53 each and n_1 = 20 terms.
            self.assertLess(max(line[19] or 0 for line in fa), 1000 * 20 * 2.0 ** -53)
            drifts.append(fa[-1][16])
            if eta == "0.1":
                self.assertLess(fa[-1][13], fa[-1][7])
        self.assertTrue(3 < drifts[0] / drifts[1] < 30, drifts)

    def test_plot_without_fa(self):
        """There is no panel of drifts. The legend is a plot of its own."""
        for arguments in ["--rules", "bp,kolen_pollack"], ["--rules", "fa", "--batch", "20"], ["--epochs", "1"]:
            _, script = self.blocks("--epochs", "20", *arguments)
            self.assertEqual(len(re.findall("^plot", script, re.MULTILINE)), 2 + 1)
        for arguments in ["--seeds", "1-2"], ["--online"]:
            _, script = self.blocks("--epochs", "20", *arguments)
            self.assertEqual(len(re.findall("^plot", script, re.MULTILINE)), 3 + 1)


if __name__ == "__main__":
    tap.main()
