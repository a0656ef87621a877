"""Every rule that the library has, by its own documented learning rate: it learns, and says so.

The rules are those of --list-rules-markdown, so a new one is in here by itself.
"""
import os
import re
import tempfile
import unittest

import program
import tap

FASHION = "/usr/share/datasets/fashion-mnist"
EPOCHS = 2
CHANCE = 0.9


def rules():
    done = program.classify("--list-rules-markdown")
    table = done.stdout.split("\n\n")[0]  # another table, of the parameters, follows
    return re.findall(r"^\| `(\w+)` \|", table, re.M)


class Family(unittest.TestCase):
    def test_there_are_rules(self):
        self.assertGreaterEqual(len(rules()), 18)
        self.assertEqual(rules(), sorted(set(rules())))

    def test_every_rule_learns(self):
        """Clearly below chance on samples that it was not trained on, while the training loss falls.

        An error of 0.6 among 10 000 test samples is 100 standard deviations from chance,
        sqrt(0.9 0.1 / 10 000) = 0.003.
        """
        with tempfile.TemporaryDirectory(prefix="libfa-family-") as folder:
            path = os.path.join(folder, "run.csv")
            done = program.classify("--data", FASHION, "--hidden", 100, "--epochs", EPOCHS, "--csv", path,
                                    "--angle-every", 0, "--seed", 1, "--rules", ",".join(rules()))
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = {(line["rule"], int(line["epoch"])): line for line in program.read_csv(path)}
        for rule in rules():
            with self.subTest(rule):
                self.assertLess(float(lines[rule, EPOCHS]["test_error"]), CHANCE - 0.3)
                self.assertLess(float(lines[rule, EPOCHS]["train_loss"]), float(lines[rule, 1]["train_loss"]))


if __name__ == "__main__":
    tap.main()
