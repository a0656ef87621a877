"""custom_rule: a rule written in C by a user learns, and is feedback alignment where its parameter says so."""
import unittest

import program
import tap


class CustomRule(unittest.TestCase):
    def test_table(self):
        done = program.run(program.CUSTOM_RULE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = [line.rsplit(None, 4) for line in done.stdout.splitlines()[1:-1]]
        table = {name: numbers for name, *numbers in rows}
        self.assertEqual(list(table),
                         ["bp", "fa"] + [f"tracking, gain {gain}" for gain in ("0.0", "0.5", "1.0", "2.0")])
        self.assertEqual(table["tracking, gain 0.0"], table["fa"])
        angles = [float(row[-1]) for row in rows[2:]]
        self.assertEqual(angles, sorted(angles, reverse=True))
        self.assertLess(angles[-1], angles[0] / 2)

    def test_full_device(self):
        with open("/dev/full", "w") as full:
            done = program.subprocess.run([program.CUSTOM_RULE], stdout=full, stderr=program.subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, "custom_rule: cannot write to the standard output\n"))


if __name__ == "__main__":
    tap.main()
