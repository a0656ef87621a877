"""Studies of fa-classify that are killed and go on."""
import json
import os
import re
import signal
import time

import program
import samples
import tap

# Long enough to be killed on the way.
STUDY = ["--hidden", "9", "--batch", "8", "--epochs", "300", "--rules", "bp,fa", "--grid", "lr=0.05,0.1", "--grid",
         "feedback_scale=1,2", "--validation", "60", "--choose-seeds", "1-2", "--seeds", "2-4", "--jobs", "2"]


class Resume(samples.TestCase):
    def lines(self, name):
        """Objects of a JSON lines file, without what a clock says."""
        with open(self.path(name)) as file:
            return [{key: value for key, value in json.loads(line).items() if key != "seconds"} for line in file]

    def sorted_lines(self, name):
        return sorted(self.lines(name), key=lambda line: json.dumps(line, sort_keys=True))

    def numbers(self, name):
        return [{key: value for key, value in line.items() if key != "seconds"}
                for line in program.read_csv(self.path(name))]

    def complete(self, name):
        return sum(line["type"] == "run" and line["outcome"] == "complete" for line in self.lines(name))

    def report(self, *arguments):
        return re.sub(r"\n.*  seconds .*", "", self.succeed(*arguments))

    def kill_after(self, runs, *arguments):
        """Starts it, and kills it when the file has so many more runs; the last line is made one that is cut off."""
        path = self.path("part.jsonl")
        process = program.subprocess.Popen([program.CLASSIFY, "--quiet", "--data", self.data, "--jsonl", path, "--csv",
                                            self.path("part.csv"), "--resume", *arguments],
                                           stdout=program.subprocess.DEVNULL)
        while not os.path.exists(path):
            time.sleep(0.004)
        goal = self.whole_runs(path) + runs
        while self.whole_runs(path) < goal and process.poll() is None:
            time.sleep(0.004)
        process.kill()
        process.wait()
        self.assertEqual(process.returncode, -signal.SIGKILL)
        before = self.whole_runs(path)
        with open(path, "a") as file:
            file.write('{"type":"epoch","rule":"bp","see')
        return before

    def whole_runs(self, path):
        with open(path, "rb") as file:
            return file.read().count(b'{"type":"run"')

    def test_killed_study(self):
        """It ends as if it had not been killed, in every file, and no run is lost that had ended."""
        whole = self.report(*STUDY, "--jsonl", self.path("whole.jsonl"), "--csv", self.path("whole.csv"))
        found = [self.kill_after(2, *STUDY) for _ in range(3)]
        self.assertTrue(2 <= found[0] < found[1] < found[2], found)
        done = program.run(program.CLASSIFY, "--data", self.data, *STUDY, "--jsonl", self.path("part.jsonl"), "--csv",
                           self.path("part.csv"), "--resume")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, rf"\A16 runs, 2 at once; ({found[2]}|{found[2] + 1}) are in \S+part.jsonl\n")
        self.assertEqual(re.sub(r"\n.*  seconds .*", "", done.stdout), whole)
        self.assertEqual(self.sorted_lines("part.jsonl"), self.sorted_lines("whole.jsonl"))
        self.assertEqual(self.numbers("part.csv"), self.numbers("whole.csv"))
        again = self.report(*STUDY, "--jsonl", self.path("part.jsonl"), "--csv", self.path("part.csv"), "--resume")
        self.assertEqual(again, whole)
        self.assertEqual(sorted(os.listdir(self.folder)), ["data", "part.csv", "part.jsonl", "whole.csv",
                                                           "whole.jsonl"])

    def test_killed_run(self):
        """Without a study too: what had ended is told from the file, the run under way begins anew."""
        arguments = "--rules", "bp,fa,shallow", "--epochs", "400", "--keep-best", "--validation", "40"
        whole = self.succeed(*arguments, "--csv", self.path("whole.csv"))
        self.kill_after(1, "--hidden", "8", "--batch", "8", *arguments)
        self.assertLess(self.complete_lines(), 3)
        part = self.succeed(*arguments, "--csv", self.path("part.csv"), "--jsonl", self.path("part.jsonl"), "--resume")
        self.assertEqual(*(re.sub(r" +\d+\.\d\d$", "", text, flags=re.MULTILINE) for text in (part, whole)))
        self.assertEqual(self.numbers("part.csv"), self.numbers("whole.csv"))

    def complete_lines(self):
        with open(self.path("part.jsonl")) as file:
            return file.read().count('"outcome":"complete"')

    def test_nothing_is_run_twice(self):
        """A run that is there is believed, whatever it says; one that was interrupted is run again."""
        arguments = "--seeds", "1-2", "--rules", "fa", "--jsonl", self.path("run.jsonl")
        self.succeed(*arguments)
        with open(self.path("run.jsonl")) as file:
            text = file.read()
        with open(self.path("run.jsonl"), "w") as file:
            file.write(re.sub(r'("seed":1,.*)"test_error":[^,]*', r'\1"test_error":0.125', text))
        self.assertRegex(self.succeed(*arguments, "--seeds", "1-1", "--resume"), r"\nfa    test error, % +1 +12\.5 ")
        with open(self.path("run.jsonl"), "w") as file:
            file.write(text.replace('"complete"', '"interrupted"', 1))
        self.succeed(*arguments, "--resume")
        self.assertEqual([line["seed"] for line in self.lines("run.jsonl") if line["type"] == "run"], [2, 1])

    def test_older_file(self):
        """Before 0.5 the program was named classify; its runs count."""
        arguments = "--seeds", "1-2", "--rules", "fa", "--jsonl", self.path("run.jsonl")
        report = self.report(*arguments)
        with open(self.path("run.jsonl")) as file:
            text = file.read()
        with open(self.path("run.jsonl"), "w") as file:
            file.write(text.replace('"program":"fa-classify"', '"program":"classify"'))
        self.assertEqual(self.report(*arguments, "--resume"), report)
        self.assertEqual(self.lines("run.jsonl")[1:], [{key: value for key, value in json.loads(line).items()
                                                        if key != "seconds"} for line in text.splitlines()[1:]])

    def test_more_is_asked_for(self):
        """Seeds, rules and values may be added; what is not asked for any more stays."""
        arguments = "--validation", "40", "--jsonl", self.path("run.jsonl"), "--resume"
        self.succeed("--rules", "bp", "--seeds", "1-2", "--grid", "lr=0.1", *arguments)
        first = self.lines("run.jsonl")[1:]
        self.succeed("--rules", "bp,fa", "--seeds", "2-3", "--grid", "lr=0.1,0.2", *arguments)
        self.assertEqual(self.lines("run.jsonl")[1:len(first) + 1], first)
        found = [(line["rule"], line["seed"], line["lr"]) for line in self.lines("run.jsonl") if line["type"] == "run"]
        self.assertEqual(sorted(found), sorted([("bp", 1, 0.1)] + [(rule, seed, lr) for rule in ("bp", "fa")
                                                                  for seed in (2, 3) for lr in (0.1, 0.2)]))

    def test_divergence_is_remembered(self):
        arguments = ("--loss", "squared_error", "--output-activation", "identity", "--activation", "identity",
                     "--epochs", "20", "--rules", "fa", "--seeds", "1-2", "--lr", "1e6", "--jsonl",
                     self.path("run.jsonl"))
        self.assertEqual(self.program(*arguments).returncode, 1)
        done = self.program(*arguments, "--resume")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn("fa: 0 runs complete, 2 diverged\n", done.stdout)

    def test_other_settings(self):
        """A file of other settings, or something else, is left as it is."""
        path = self.path("run.jsonl")
        self.succeed("--seeds", "1-2", "--jsonl", path)
        with open(path) as file:
            text = file.read()
        for words, *arguments in (("another --batch", "--batch", "4"), ("another --train", "--train", "30"),
                                  ("another --rule-param", "--rules", "kolen_pollack", "--rule-param", "decay=0.1"),
                                  ("another --grid", "--grid", "decay=0,0.1", "--rules", "kolen_pollack"),
                                  ("another --standardize", "--standardize")):
            with self.subTest(arguments):
                if "--grid" in arguments:
                    self.succeed("--seeds", "1-2", "--jsonl", path, "--validation", "40", "--grid", "lr=0.1")
                    with open(path) as file:
                        text = file.read()
                    arguments += ["--validation", "40"]
                self.fail_with(1, words, "--seeds", "1-2", "--jsonl", path, "--csv", self.path("run.csv"), "--resume",
                               *arguments)
                with open(path) as file:
                    self.assertEqual(file.read(), text)
                self.succeed("--seeds", "1-2", "--jsonl", path)
                with open(path) as file:
                    text = file.read()
        for content in "hello\n", '{"type":"header"}\n', text + "{}\n", text.replace('"epoch":2', '"epoch":3', 1):
            with open(path, "w") as file:
                file.write(content)
            self.fail_with(1, path, "--seeds", "1-2", "--jsonl", path, "--resume")
            with open(path) as file:
                self.assertEqual(file.read(), content)
        self.assertEqual(sorted(os.listdir(self.folder)), ["data", "run.jsonl"])
        for content in "", '{"type":"hea':
            with open(path, "w") as file:
                file.write(content)
            self.succeed("--seeds", "1-2", "--jsonl", path, "--resume")
            self.assertEqual(self.complete("run.jsonl"), 4)

    def test_replayed(self):
        """The file says itself how to complete it."""
        self.succeed(*STUDY, "--epochs", "2", "--jsonl", self.path("run.jsonl"))
        with open(self.path("run.jsonl")) as file:
            text = file.readlines()
        with open(self.path("run.jsonl"), "w") as file:
            file.writelines(text[:20])
        self.succeed("--replay", self.path("run.jsonl"), "--resume", "--jsonl", self.path("run.jsonl"))
        self.assertEqual(self.complete("run.jsonl"), 16)


if __name__ == "__main__":
    tap.main()
