"""What fa-classify records of its batches, and how it draws that."""
import csv
import json
import math
import os
import re
import shutil
import signal
import time
import unittest

import program
import samples
import tap

# A file's names with two hidden layers, where nothing else is said; 30 batches are an epoch.
FEW = ["--hidden", "8,6", "--record-quantities", "delta_angle,update_angle,saturation", "--record-every", "10"]
HEAD = ("epoch,batch,delta_angle_1,delta_angle_2,update_angle_1,update_angle_2,update_angle_3,saturation_1,"
        "saturation_2,saturation_3")


class Record(samples.TestCase):
    def rows(self, name):
        with open(self.path(name), newline="") as file:
            return [{column: float(value) for column, value in line.items()} for line in csv.DictReader(file)]

    def listed(self):
        return sorted(set(os.listdir(self.folder)) - {"data"})

    def record(self, *arguments, name="r.csv", **options):
        return self.succeed("--record", self.path(name), *arguments, **options)

    def test_rows(self):
        self.record(*FEW)
        self.assertEqual(self.listed(), ["r-bp.csv", "r-fa.csv"])
        with open(self.path("r-fa.csv")) as file:
            self.assertEqual(file.readline(), HEAD.replace("update_angle_1", "update_angle_0,update_angle_1") + "\n")
        bp, fa = self.rows("r-bp.csv"), self.rows("r-fa.csv")
        for rows in bp, fa:
            self.assertEqual([(row["epoch"], row["batch"]) for row in rows],
                             [(1 + (batch - 1) // 30, batch) for batch in range(10, 91, 10)])
            self.assertTrue(all(math.isnan(row["saturation_3"]) for row in rows))  # softmax
        for row, other in zip(bp, fa):
            # acos near 1 in float32: the square root of a rounding error.
            self.assertLess(max(row["delta_angle_1"], row["update_angle_0"]), math.degrees(2.0 ** -11))
            self.assertGreater(other["delta_angle_1"], 1)

    def test_batches_through_epochs(self):
        """More batches than an epoch has are counted on, and a file ends where its run ends."""
        self.record("--rules", "fa", "--record-every", "45", "--epochs", "4")
        self.assertEqual([(row["epoch"], row["batch"]) for row in self.rows("r.csv")], [(2, 45), (3, 90)])

    def test_what_is_recorded(self):
        """All that is cheap, or what is named; the same numbers in JSON lines, with null for nan."""
        table = [line.split(maxsplit=4) for line in self.succeed("--list-quantities").split("\n\n")[0].splitlines()]
        self.assertEqual(table[0], ["quantity", "unit", "layers", "cost", "meaning"])
        for names, *arguments in (([line[0] for line in table[1:] if line[3] != "svd"],),
                                  (["pseudo_angle", "weight_rank"], "--record-quantities", "pseudo_angle",
                                   "--record-quantities", "weight_rank")):
            for name in "r.csv", "r.jsonl":
                self.record("--rules", "dfa", "--record-every", "30", "--epochs", "2", *arguments, name=name)
            rows = self.rows("r.csv")
            self.assertEqual(sorted({column.rpartition("_")[0] for column in rows[0]} - {""}), sorted(names))
            with open(self.path("r.jsonl")) as file:
                for row, line in zip(rows, file, strict=True):
                    self.assertEqual(json.loads(line), {column: None if math.isnan(value) else value
                                                        for column, value in row.items()})

    def learned(self, *arguments):
        """All that is told of a run but seconds: losses of every epoch to the last bit, confusion matrices."""
        self.succeed("--jsonl", self.path("run.jsonl"), *arguments)
        with open(self.path("run.jsonl")) as file:
            lines = [json.loads(line) for line in file]
        return sorted(json.dumps({key: value for key, value in line.items() if key != "seconds"}) for line in lines)

    def test_changes_nothing(self):
        """Everything that is learned and measured is the same to the last bit, one sample at a time too."""
        for arguments in ([], ["--batch", "1", "--rules", "bp,fa,dfa"], ["--dropout", "0=0.2,1=0.5", "--threads", "2"],
                          ["--rules", "node_perturbation,kolen_pollack,pepita,drtp"], ["--optimizer", "adam"],
                          ["--seeds", "1-2", "--jobs", "2"], ["--angle-every", "0"],
                          ["--validation", "40", "--keep-best"]):
            with self.subTest(arguments):
                plain = self.learned(*arguments)
                for every in 1, 7:
                    self.assertEqual(self.learned("--record", self.path("r.csv"), "--record-every", every, *arguments),
                                     plain)

    def test_names(self):
        for names, *arguments in (
                (["r.csv"], "--rules", "fa"), (["r-dfa.csv", "r-fa.csv"], "--rules", "fa,dfa"),
                ([f"r-fa-seed{seed}.csv" for seed in (3, 4)], "--rules", "fa", "--seeds", "3-4", "--jobs", "2"),
                (["r-bp-seed1-lr0.1.csv", "r-bp-seed1-lr1e-05.csv", "r-fa-seed1-lr0.1-feedback_scale1.csv",
                  "r-fa-seed1-lr0.1-feedback_scale2.5.csv", "r-fa-seed1-lr1e-05-feedback_scale1.csv",
                  "r-fa-seed1-lr1e-05-feedback_scale2.5.csv"], "--grid", "lr=1e-5,0.1", "--grid",
                 "feedback_scale=1,2.5", "--validation", "40", "--jobs", "3")):
            self.record(*arguments, *FEW, "--epochs", "1")
            self.assertEqual(self.listed(), names)
            for name in names:
                self.assertEqual(self.rows(name)[1]["batch"], 20)
                os.remove(self.path(name))

    def test_processes(self):
        """A file is the same whichever process wrote it."""
        self.record(*FEW, "--rules", "fa", name="one.csv")
        self.record(*FEW, "--rules", "fa", "--seeds", "1-3", "--jobs", "3", name="many.csv")
        self.assertEqual(self.rows("one.csv")[0].keys(), self.rows("many-fa-seed1.csv")[0].keys())
        self.assertEqual(str(self.rows("one.csv")), str(self.rows("many-fa-seed1.csv")))

    def test_resume(self):
        """What is not repeated keeps its file, what is repeated starts it anew; a missing one is told of."""
        arguments = ["--record", self.path("r.csv"), *FEW, "--rules", "fa", "--seeds", "1-2", "--jsonl",
                     self.path("run.jsonl"), "--resume"]
        self.succeed(*arguments)
        with open(self.path("r-fa-seed2.csv")) as file:
            whole = file.read()
        with open(self.path("run.jsonl")) as file:
            text = file.read()
        with open(self.path("run.jsonl"), "w") as file:
            file.write(re.sub(r'("seed":2,.*"outcome":)"complete"', r'\1"interrupted"', text))
        for name, content in ("r-fa-seed1.csv", "kept"), ("r-fa-seed2.csv", "other,names\n1,2,"):
            with open(self.path(name), "w") as file:
                file.write(content)
        self.succeed(*arguments)
        with open(self.path("r-fa-seed1.csv")) as kept, open(self.path("r-fa-seed2.csv")) as anew:
            self.assertEqual((kept.read(), anew.read()), ("kept", whole))
        os.remove(self.path("r-fa-seed1.csv"))
        done = self.program(*arguments)
        self.assertEqual((done.returncode, done.stderr),
                         (0, "fa-classify: note: 1 runs are not repeated and have no file of --record\n"))

    def test_full_disk(self):
        """Said at once where the file begins; later it ends the recording, the run goes on, and the status is 1."""
        os.symlink("/dev/full", self.path("full.csv"))
        self.fail_with(1, "full.csv", "--rules", "fa", "--record", self.path("full.csv"))
        self.fail_with(1, "No such file", "--rules", "fa", "--record", self.path("missing/r.csv"))
        # A limit of 2 blocks of 512 or 1024 bytes, after which a write is EFBIG.
        for study in [], ["--seeds", "1-1"]:
            name = "r-fa-seed1.csv" if study else "r.csv"
            done = program.run("/bin/sh", "-c", 'trap "" XFSZ; ulimit -f 2; exec "$@"', "sh", program.CLASSIFY,
                               "--quiet", "--data", self.data, "--rules", "fa", "--hidden", "8", "--batch", "8",
                               "--record", self.path("r.csv"), "--record-every", "1", *study)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"\Afa-classify: [^\n]*{name}[^\n]*\n\Z")
            self.assertRegex(done.stdout, r"\nfa ")
            self.assertNotIn("stopped", done.stdout)
            rows = self.rows(name)
            self.assertTrue(0 < len(rows) < 150)
            self.assertTrue(all(None not in row for row in rows))

    def test_interrupt(self):
        process = program.subprocess.Popen(
            [program.CLASSIFY, "--quiet", "--data", self.data, "--hidden", "8", "--rules", "fa", "--epochs", "1000000",
             "--record", self.path("r.csv")], stdout=program.subprocess.PIPE, stderr=program.subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        while not os.path.exists(self.path("r.csv")) or os.path.getsize(self.path("r.csv")) < 3000:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
        self.assertEqual((process.returncode, complaint),
                         (1, "fa-classify: interrupted; this is what there is so far\n"))
        rows = self.rows("r.csv")
        self.assertEqual([row["batch"] for row in rows], [100 * (i + 1) for i in range(len(rows))])
        with open(self.path("r.csv")) as file:
            self.assertTrue(file.read().endswith("\n"))

    def test_divergence(self):
        done = self.program("--loss", "squared_error", "--output-activation", "identity", "--activation", "identity",
                            "--epochs", "30", "--rules", "fa", "--lr", "1e6", "--record", self.path("r.csv"),
                            "--record-every", "1")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Afa-classify: fa diverged [^\n]*\n\Z")
        self.assertGreater(self.rows("r.csv")[-1]["weight_norm_1"], 1e6)

    def test_command_lines(self):
        for words, *arguments in (
                (".csv or .jsonl, not 'run.txt'", "--record", "run.txt"), ("there is no quantity 'angle'", "--record",
                 "r.csv", "--record-quantities", "angle"), ("saturation twice", "--record", "r.csv",
                 "--record-quantities", "saturation,saturation"), ("from 1 to", "--record", "r.csv", "--record-every",
                 "0"), ("needs --record FILE", "--record-every", "3"), ("needs --record FILE", "--record-quantities",
                 "saturation"), ("needs --record FILE", "--record-plot", "a.svg"), (".svg or .png, not 'a.pdf'",
                 "--record", "r.csv", "--record-plot", "a.pdf"), ("brings lr=0.1 twice", "--record", "r.csv", "--grid",
                 "lr=0.1,0.2,0.1", "--validation", "40")):
            self.fail_with(2, words, *arguments)
        for other in "--csv", "--jsonl":
            path = self.path("r-fa.csv" if other == "--csv" else "r-fa.jsonl")
            self.fail_with(1, f"--record and {other} write the same file", "--record",
                           path.replace("-fa", ""), other, path)

    def script(self, *arguments):
        """What gnuplot is told."""
        with open(self.path("gnuplot"), "w") as file:
            file.write("#!/bin/sh\nexec /bin/cat\n")
        os.chmod(self.path("gnuplot"), 0o755)
        self.record("--record-plot", self.path("script.svg"), *arguments, env={**os.environ, "PATH": self.folder})
        with open(self.path("script.svg")) as file:
            return file.read()

    def panels(self, script):
        """Quantity and layer of every panel, and its number of curves; the legend's names."""
        found, quantity = [], ""
        for line in script.splitlines():
            label, title = re.match("set ylabel '(.+)' no", line), re.match("set title '(.*)' font", line)
            quantity = label[1] if label else quantity
            if title:
                found.append((quantity, title[1]))
            elif line.startswith("plot") and found:
                curves = len(re.findall(r" \$run\d+ using \S+ with lines", line))
                if curves:
                    found[-1] += (curves,)
        return found, [re.search(r" title '(.+?)',", part)[1] for part in script.split(" NaN with ")[1:]]

    def test_panels(self):
        """With rules, a panel is a layer; with one, a quantity. What no rule has is not shown."""
        script = self.script(*FEW, "--rules", "bp,fa,shallow")
        panels, legend = self.panels(script)
        self.assertEqual(legend, ["bp", "fa", "shallow"])
        self.assertEqual(panels, [("delta_angle", "layer 1", 2), ("delta_angle", "layer 2", 2),
                                  ("update_angle", "layer 1", 2), ("update_angle", "layer 2", 2),
                                  ("update_angle", "layer 3", 3), ("update_angle", "all layers", 3),
                                  ("saturation", "layer 1", 3), ("saturation", "layer 2", 3)])
        panels, legend = self.panels(self.script(*FEW, "--rules", "fa"))
        self.assertEqual(panels, [("delta_angle", "", 2), ("update_angle", "", 4), ("saturation", "", 2)])
        self.assertEqual(legend, ["all layers", "layer 1", "layer 2", "layer 3"])
        panels, legend = self.panels(self.script("--rules", "bp", "--hidden", "none", "--record-every", "5"))
        self.assertEqual([panel[0] for panel in panels], ["update_angle", "weight_norm"])

    def test_means(self):
        """Points are means over the seeds of what the files hold, from CSV and from JSON lines."""
        for name in "r.csv", "r.jsonl":
            script = self.script("--rules", "fa", "--seeds", "1-3", "--record-quantities", "delta_angle",
                                 "--record-every", "30", "--record", self.path(name))
            block = [line.split() for line in re.search(r"<< END\n(.*?)END\n", script, re.DOTALL)[1].splitlines()]
            if name == "r.csv":
                rows = [self.rows(f"r-fa-seed{seed}.csv") for seed in (1, 2, 3)]
            self.assertEqual([line[0] for line in block], ["30", "60", "90"])
            for i, (_, mean) in enumerate(block):
                # Five digits are written.
                self.assertAlmostEqual(float(mean), sum(row[i]["delta_angle_1"] for row in rows) / 3, delta=1e-3)

    def test_grid(self):
        """The cell that a rule has chosen."""
        script = self.script(*FEW, "--rules", "bp,fa", "--grid", "lr=0.1,0", "--validation", "40")
        self.assertEqual(self.panels(script)[1], ["bp, lr 0.1", "fa, lr 0.1"])

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_plots(self):
        rules = re.findall(r"^\w+", self.succeed("--list-rules"), re.MULTILINE)
        for arguments in (["--rules", "bp,fa"], ["--rules", "fa", "--hidden", "9,8,7,6,5,4"], ["--rules", "bp", "--lr",
                          "0"], ["--rules", ",".join(rules), "--batch", "16"], ["--rules", "fa", "--record-quantities",
                          "weight_rank,feedback_condition,delta_angle_deviation"], ["--rules", "bp,fa", "--hidden",
                          "9,8,7,6,5,4,4"]):
            self.record("--record-every", "5", "--record-plot", self.path("it's.svg"), "--epochs", "2", *arguments)
            with open(self.path("it's.svg")) as file:
                picture = file.read()
            self.assertTrue(picture.startswith("<?xml") and picture.rstrip().endswith("</svg>"))
        self.fail_with(1, "nothing to draw", "--rules", "bp", "--record", self.path("r.csv"), "--record-plot",
                       self.path("a.svg"), "--record-every", "1000")

    def test_without_gnuplot(self):
        """Found out before anything is trained."""
        self.assertEqual(self.fail_with(1, "apt install gnuplot-nox", "--record", self.path("r.csv"), "--record-plot",
                                        self.path("a.svg"), env={**os.environ, "PATH": self.folder}), "")
        self.assertEqual(self.listed(), [])


if __name__ == "__main__":
    tap.main()
