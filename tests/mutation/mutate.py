"""Mutation test of lib/: does the suite notice a small fault?

usage: mutate.py [--sample N [--seed S]] [--files PATTERN ...] [--resume] [--minimum PERCENT] [--work DIRECTORY] ...

One fault at a time (mutants.py) goes into a source of the library; the one object is compiled and preloaded (place.py);
the tests that execute the line run, quickest first, until one fails; with --sanitize, where none does, again with
AddressSanitizer and UndefinedBehaviorSanitizer. An outcome is

    killed      a test failed or crashed          survived   all of them passed, or none executes the line
    timeout     a test ran far past its time      same       the object is the same byte for byte: no fault
    invalid     it does not compile               listed     equivalent.txt says why no test can or need see it

and the score (killed + timeout) / (killed + timeout + survived). The exit status is 1 below the minimum, or where
equivalent.txt has an entry that fits nothing any more. Outcomes are appended to WORK/results.jsonl; --resume takes from
there what holds still: a kill as long as the source is the same, survival as long as the tests are the same too.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import hashlib
import json
import math
import os
import pathlib
import queue
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # the tree stays as it is

import equivalent
from mutants import mutants_of
from place import Broken, Place
from suite import Suite

ROOT = pathlib.Path(__file__).resolve().parents[2]
DETECTED = ("killed", "timeout")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, help="so many mutants, chosen by their content and the seed")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--files", nargs="+", default=["lib/*"], metavar="PATTERN", help="such as 'lib/io/*'")
    parser.add_argument("--resume", action="store_true", help="take earlier outcomes from WORK/results.jsonl")
    parser.add_argument("--budget", type=float, default=math.inf, metavar="SECONDS",
                        help="CPU time for the tests of one mutant; what outlives it counts as survived")
    parser.add_argument("--sanitize", action="store_true", help="run what survives again with sanitizers")
    parser.add_argument("--minimum", type=float, default=90.0, metavar="PERCENT")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "libfa-mutation")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    return parser.parse_args()


class Outcomes:
    """What became of each mutant, in memory and in a file that survives an interruption."""

    def __init__(self, path, tests, resume):
        self.path, self.tests, self.lock, self.known = path, tests, threading.Lock(), {}
        if resume and path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                if entry["outcome"] != "survived" or entry["tests"] == tests:
                    self.known[entry["mutant"], entry["source"]] = entry
        elif path.exists():
            path.unlink()

    def add(self, mutant, source, outcome, by):
        entry = {"mutant": mutant.digest(""), "source": source, "tests": self.tests, "outcome": outcome, "by": by,
                 "text": str(mutant)}
        with self.lock, open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        return entry


class Runner:
    def __init__(self, suite, sources, outcomes, budget):
        self.suite, self.sources, self.outcomes, self.budget = suite, sources, outcomes, budget
        self.hashes = {file: hashlib.sha256(text.encode()).hexdigest()[:16] for file, text in sources.items()}
        self.functions = collections.defaultdict(set)  # (file, function) -> lines that hold mutants
        self.kills = collections.Counter()             # (file, test): what killed here before is tried first
        self.places = queue.Queue()                    # of each worker: for both variants
        for job in range(suite.jobs):
            self.places.put((Place(suite, suite.plain, f"mutant-{job}"),
                             suite.sanitized and Place(suite, suite.sanitized, f"mutant-{job}-sanitized")))

    def learn(self, mutants):
        for mutant in mutants:
            self.functions[mutant.file, mutant.function].add(mutant.line)

    def tests_for(self, mutant):
        """Those that execute the line; where it has no code of its own, the function. A table may be read by any."""
        if mutant.line in self.suite.executable.get(mutant.file, ()):
            tests = self.suite.reaching(mutant.file, [mutant.line])
        elif mutant.function:
            tests = self.suite.reaching(mutant.file, self.functions[mutant.file, mutant.function])
        else:
            tests = self.suite.tests
        return sorted(tests, key=lambda test: self.cost(test, mutant.file))

    def cost(self, test, file):
        """Quick tests first, those that execute little else (they look closely), and those that killed here before."""
        strange = 1 if file in test.lines else 4
        return (test.seconds + 0.05) * self.breadth(test) * strange / (1 + 4 * self.kills[file, test.name])

    @staticmethod
    def breadth(test):
        return sum(len(lines) for lines in test.lines.values())

    def survives(self, mutant, place, objects, slower):
        """(outcome, test): the tests in one variant, the quickest first."""
        place.replace(list(objects.values()))
        tests, spent = self.tests_for(mutant), 0.0
        for number, test in enumerate(tests):
            left = self.budget - spent
            whole = number == 0 or slower * test.seconds <= left
            if not whole and left < 1:
                return "survived", f"the quickest {number} of {len(tests)} tests"
            result, used = place.run(test, cpu=math.ceil(1 + 4 * slower * test.seconds) if whole else int(left),
                                     wall=20 + 20 * slower * test.seconds)
            spent += used
            if not whole and result == "timeout":  # a long test may fail soon; that it goes on says nothing
                return "survived", f"the quickest {number} of {len(tests)} tests and a part of the next"
            if result != "passed" and (slower == 1 or self.suite.passes_sanitized(test)):
                self.kills[mutant.file, test.name] += 1
                return ("timeout" if result == "timeout" else "killed"), test.name
        return "survived", f"{len(tests)} tests" if tests else "no test executes it"

    def outcome(self, mutant, plain, sanitized):
        text = mutant.apply(self.sources[mutant.file])
        objects = self.suite.compiled(self.suite.plain, mutant.file, text, plain.directory)
        if not objects:
            return "invalid", ""
        if self.suite.same_code(objects):
            return "same", ""
        result, test = self.survives(mutant, plain, objects, 1)
        if result != "survived" or not sanitized:
            return result, test
        objects = self.suite.compiled(self.suite.sanitized, mutant.file, text, sanitized.directory)
        result, test = self.survives(mutant, sanitized, objects, 3)
        return result, test + ("" if result == "survived" else " sanitized")

    def __call__(self, mutant):
        source = self.hashes[mutant.file]
        known = self.outcomes.known.get((mutant.digest(""), source))
        if known:
            return mutant, known
        place = self.places.get()
        try:
            outcome, by = self.outcome(mutant, *place)
        except Broken as failure:  # it compiles and does not link
            outcome, by = "invalid", str(failure)[-200:]
        finally:
            self.places.put(place)
        return mutant, self.outcomes.add(mutant, source, outcome, by)


def interval(detected, total):
    """Wilson's 95 % interval of a share."""
    z, p = 1.96, detected / total
    middle, half = p + z * z / (2 * total), z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return (middle - half) / (1 + z * z / total), (middle + half) / (1 + z * z / total)


def report(counts, survivors, listed, sampled):
    for mutant, entry in survivors:
        print(f"survived: {mutant}" + (f" ({entry['by']})" if entry["by"] else ""))
    detected = sum(counts[name] for name in DETECTED)
    total = detected + counts["survived"]
    score = 100 * detected / total if total else 0.0
    print(f"mutation: {score:.1f} % of {total} killed ({counts['killed']} killed, {counts['timeout']} timeout, "
          f"{counts['survived']} survived; not counted: {listed} listed, {counts['same']} same code, "
          f"{counts['invalid']} invalid)", end="")
    if sampled and total:
        low, high = interval(detected, total)
        print(f"; 95 % interval {100 * low:.1f} to {100 * high:.1f} %", end="")
    print()
    return score


def main():
    options = arguments()
    options.work = options.work.resolve()
    if options.work.is_relative_to(ROOT):
        sys.exit("mutate.py: WORK lies in the source tree")
    sources = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted((ROOT / "lib").rglob("*.c"))}
    every = [mutant for file, text in sources.items() for mutant in mutants_of(file, text)]
    entries = equivalent.read(pathlib.Path(__file__).parent / "equivalent.txt")
    stale = equivalent.mark(entries, every)
    for complaint in stale:
        print("equivalent.txt: " + complaint)
    chosen = [mutant for mutant in every if any(fnmatch.fnmatch(mutant.file, glob) for glob in options.files)]
    chosen.sort(key=lambda mutant: mutant.digest(options.seed))
    chosen = chosen[:options.sample]
    to_run = [mutant for mutant in chosen if not equivalent.find(entries, mutant)]
    print(f"mutation: {len(every)} mutants in {len(sources)} files, {len(chosen)} chosen", flush=True)
    if options.list:
        print(*to_run, sep="\n")
        return 1 if stale else 0

    os.environ["LC_ALL"] = "C.UTF-8"
    if "gcc" not in os.environ.get("CC", ""):
        os.environ["CC"] = "gcc"  # whose counters gcov reads
    options.work.mkdir(parents=True, exist_ok=True)
    suite = Suite(ROOT, options.work, options.jobs)
    start = time.monotonic()
    try:
        suite.prepare(options.sanitize)
    except Broken as failure:
        sys.exit(f"mutation: {failure}")
    print(f"mutation: {len(suite.tests)} tests, {sum(test.seconds for test in suite.tests):.0f} s; "
          f"prepared in {time.monotonic() - start:.0f} s", flush=True)
    runner = Runner(suite, sources, Outcomes(options.work / "results.jsonl", suite.fingerprint(), options.resume),
                    options.budget)
    runner.learn(every)
    unbuilt = [mutant for mutant in to_run if mutant.file not in suite.compile]  # what another option builds
    to_run = [mutant for mutant in to_run if mutant.file in suite.compile]
    if unbuilt:
        print(f"mutation: {len(unbuilt)} mutants in sources that this build leaves out: "
              + ", ".join(sorted({mutant.file for mutant in unbuilt})), flush=True)
    counts, survivors = collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, (mutant, entry) in enumerate(pool.map(runner, to_run), 1):
            counts[entry["outcome"]] += 1
            if entry["outcome"] == "survived":
                survivors.append((mutant, entry))
            if number % 100 == 0:
                print(f"mutation: {number} of {len(to_run)}, {counts['survived']} survived, "
                      f"{time.monotonic() - start:.0f} s", flush=True)
    score = report(counts, survivors, len(chosen) - len(to_run) - len(unbuilt), len(chosen) < len(every))
    return 1 if stale or score < options.minimum else 0


if __name__ == "__main__":
    sys.exit(main())
