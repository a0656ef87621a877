"""fa-linear-function --online against a table of independent runs: 50 seeds, eta 1e-3, other random numbers.

Expected squared error |T - W W0|^2 / |T|^2 after t updates, its standard deviation over seeds where the table has one,
and for feedback alignment the angle between B e and W^T e, averaged since the previous row. A mean over n seeds may
differ from one over 50 by 3 sd sqrt(1/50 + 1/n), plus half a unit of the last digit printed. Where the table has no
standard deviation, that of the n seeds is taken. Errors below 0.01 spread over orders of magnitude: there the
logarithms of the two means are compared, whose deviation is sd / mean / ln 10 to first order.
"""
import math
import statistics

import program
import tap

SEEDS = 100
UPDATES = 100, 300, 500, 1000, 2000, 3000, 5000
TABLE = {  # (as printed, standard deviation)
    "bp": [(".9997", None), (".998", None), (".992", None), (".741", .043), (".085", .013), ("6.7e-3", None),
           ("2.7e-5", None)],
    "fa": [(".975", .007), (".631", .040), (".287", .032), (".0386", .013), ("8.9e-4", 7.6e-4), ("5.7e-5", None),
           ("1.5e-6", None)],
    "shallow": [(".9999", None), (".9996", None), (".9993", None), (".9987", None), (".9973", None), (".996", None),
                (".9934", None)],
}
# First and last epoch (of 75 updates) that lie within the rows' windows, and the angle on runs of feedback alignment.
WINDOWS = [(8, 13, 31.5), (15, 26, 30.1), (28, 40, 29.0), (41, 66, 27.4)]


def learn(folder, seed, *arguments):
    """Expected errors by rule, and the lines of the CSV file."""
    path = f"{folder}/run.csv"
    done = program.linear_function("--online", "--epochs", "67", "--seed", seed, "--csv", path, *arguments)
    if done.returncode:
        raise AssertionError(done.stderr)
    table = done.stdout.split("\n\n", 1)[1].splitlines()
    assert [int(t) for t in table[1].split()[1:]] == list(UPDATES), table
    return ({line.split()[0]: [float(error) for error in line.split()[1:]] for line in table[2:5]},
            program.read_csv(path))


def half_digit(text):
    mantissa, _, exponent = text.partition("e")
    return 0.5 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def excess(text, deviation, errors):
    """By how much the mean of the errors leaves its interval: below 1 it does not."""
    expected, mean, factor = float(text), statistics.mean(errors), 3 * math.sqrt(1 / 50 + 1 / len(errors))
    relative = deviation / expected if deviation else statistics.stdev(errors) / mean
    if expected >= 0.01:
        return abs(mean - expected) / (factor * relative * expected + half_digit(text))
    return abs(math.log10(mean / expected)) / ((factor * relative + half_digit(text) / expected) / math.log(10))


class OnlineTable(program.TestCase):
    def test_table(self):
        runs = [learn(self.folder, seed) for seed in range(1, SEEDS + 1)]
        for rule, rows in TABLE.items():
            for i, (text, deviation) in enumerate(rows):
                with self.subTest(rule=rule, updates=UPDATES[i]):
                    self.assertLessEqual(excess(text, deviation, [errors[rule][i] for errors, _ in runs]), 1)
        for first, last, expected in WINDOWS:
            angles = [statistics.mean(line["update_angle"] for line in lines
                                      if line["rule"] == "fa" and first <= line["epoch"] <= last) for _, lines in runs]
            with self.subTest(first=first, last=last):
                bound = 3 * statistics.stdev(angles) * math.sqrt(1 / 50 + 1 / SEEDS)
                self.assertAlmostEqual(statistics.mean(angles), expected, delta=bound + 0.05)
        # The control: back-propagation knows nothing of B. 90.5 .. 91.3 as means of 20 or more seeds, 5 over seeds.
        angles = [statistics.mean(line["update_angle"] for line in lines if line["rule"] == "bp") for _, lines in runs]
        self.assertAlmostEqual(statistics.mean(angles), 90.9, delta=0.4 + 3 * 5 * math.sqrt(1 / 50 + 1 / SEEDS))

    def test_the_criterion_can_fail(self):
        """A learning rate 10 % too high is found out."""
        runs = [learn(self.folder, seed, "--eta", "1.1e-3") for seed in range(1, SEEDS + 1)]
        for rule in "bp", "fa", "shallow":
            worst = max(excess(text, deviation, [errors[rule][i] for errors, _ in runs])
                        for i, (text, deviation) in enumerate(TABLE[rule]))
            self.assertGreater(worst, 1, rule)


if __name__ == "__main__":
    tap.main()
