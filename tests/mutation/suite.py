"""The library and its tests, built once, and which test executes which line.

Meson configures and builds in WORK/build (baseline kernels only); its commands, read back from there, compile and link
everything else: the library at -O1 (WORK/plain), with gcov's counters (WORK/counting), with sanitizers
(WORK/sanitized), and every mutant.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import threading
from dataclasses import dataclass, field

from place import ARCHIVE, Broken, Place, Variant, called

SKIPPED_SUITES = {"abi", "install", "slow", "reproduction"}
# What repeats other tests twenty times, draws its cases anew each time, or compares PyTorch with a file.
SKIPPED_TESTS = {"determinism", "python_properties", "python_torch_reference"}
OPTIONS = ["-Dtests=enabled", "-Dexamples=disabled", "-Dbench=disabled", "-Dcpu_levels=false", "-Dbuildtype=plain",
           "-Doptimization=1", "-Ddebug=false"]
SHARED = "lib/libfa.so"
MEMORY = str(8 << 20)  # KiB
SANITIZE = ["-fsanitize=address,undefined"]


@dataclass
class Test:
    name: str
    command: list
    environment: dict
    link: list                                 # what links it to the library's objects; else it uses the shared library
    seconds: float = 0.0                       # of CPU time
    lines: dict = field(default_factory=dict)  # file -> lines of it that the test executes
    memory: pathlib.Path = None                # the file that keeps the two


def digest(files, salt=""):
    total = hashlib.sha256(salt.encode())
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


def reading_stdin(words):
    """Meson's compile command, but of the standard input, next to the source."""
    source, result, skip = words[-1], [], False
    for word in words[:-2]:
        if word in ("-o", "-MF", "-MQ", "-MT"):
            skip = True
        elif skip:
            skip = False
        elif word not in ("ccache", "-MD"):
            result.append(word)
    return [*result, "-w", "-iquote", os.path.dirname(source), "-x", "c", "-c", "-"]


class Suite:
    def __init__(self, root, work, jobs):
        self.root, self.work, self.jobs = pathlib.Path(root), pathlib.Path(work), jobs
        self.build = self.work / "build"
        self.executable = {}  # file -> lines that have code
        self.linker = next((["-fuse-ld=" + name] for name in ("lld", "gold") if shutil.which("ld." + name)), [])
        self.lock = threading.Lock()
        self.sanitized = None
        self.sound = {}       # test -> whether it passes with sanitizers and no mutant

    # --- preparation ---

    def prepare(self, sanitize):
        if not (self.build / "build.ninja").exists():
            called(["meson", "setup", str(self.build), str(self.root), *OPTIONS], self.root)
        called(["ninja", "-C", str(self.build), f"-j{self.jobs}"], self.root)
        self.read_commands()
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            self.library_digest = digest(sorted(self.root.glob("lib/**/*.[ch]")) +
                                         sorted(self.root.glob("include/fa/*.h")))
            self.plain = self.variant(pool, "plain", ["-O1", "-frandom-seed=0"], [], {}, MEMORY)
            missing = [test for test in self.tests if not self.remembered(test)]
            if missing:
                self.measure(pool, missing)
            if sanitize:
                runtime = called(["gcc", "-print-file-name=libasan.so"], self.root).strip()
                self.sanitized = self.variant(
                    pool, "sanitized", ["-O1", *SANITIZE, "-fno-sanitize-recover=undefined"], SANITIZE,
                    {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:hard_rss_limit_mb=4096",
                     "LD_PRELOAD": os.path.realpath(runtime)}, "unlimited")

    def read_commands(self):
        self.compile = {}  # source below the root -> {object: command without input and output}
        for entry in json.loads((self.build / "compile_commands.json").read_text()):
            source = os.path.relpath(os.path.join(entry["directory"], entry["file"]), self.root)
            if source.startswith("lib/"):
                self.compile.setdefault(source, {})[entry["output"]] = reading_stdin(shlex.split(entry["command"]))
        links = {}
        for line in called(["ninja", "-C", str(self.build), "-t", "commands"], self.root).splitlines():
            if " -o " in line and " -c " not in line:
                words = [word for word in shlex.split(line) if word != "ccache"]
                links[words[words.index("-o") + 1]] = words
        self.link_shared = next(command for output, command in links.items() if output.startswith(SHARED))
        self.soname = next(word.split(",")[-1] for word in self.link_shared if word.startswith("-Wl,-soname"))
        self.tests = []
        for entry in json.loads(called(["meson", "introspect", "--tests", str(self.build)], self.root)):
            suites = {suite.split(":")[-1] for suite in entry["suite"]}
            if not SKIPPED_SUITES & suites and entry["name"] not in SKIPPED_TESTS:
                link = links.get(os.path.relpath(entry["cmd"][0], self.build), [])
                self.tests.append(Test(entry["name"], entry["cmd"], entry["env"], link if ARCHIVE in link else []))

    def variant(self, pool, name, compile_options, link_options, environment, limit):
        made = Variant(name, compile_options, link_options, environment, limit)
        made.archive = self.work / name / "libfa_internal.a"
        (self.work / name).mkdir(parents=True, exist_ok=True)
        for source, commands in self.compile.items():
            for output in commands:
                made.objects[output] = str(self.work / name / output.replace("/", "_"))
        stamp, wanted = self.work / name / "stamp", self.library_digest + " ".join(compile_options)
        if stamp.exists() and stamp.read_text() == wanted:
            return made
        stamp.unlink(missing_ok=True)
        jobs = [pool.submit(self.compiled, made, source, (self.root / source).read_text(), self.work / name)
                for source in self.compile]
        for job in jobs:
            if not job.result():
                raise Broken(f"{name}: a source does not compile")
        made.archive.unlink(missing_ok=True)
        called(["ar", "rcsD", str(made.archive), *made.objects.values()], self.build)
        stamp.write_text(wanted)
        return made

    def measure(self, pool, tests):
        """Each test's time, and which lines it reaches; all have to pass."""
        counting = self.variant(pool, "counting", ["-O0", "--coverage"], ["--coverage"], {}, MEMORY)
        libraries = {variant.name: Place(self, variant, f"{variant.name}-run/shared").shared_library()
                     for variant in (self.plain, counting)}
        list(pool.map(lambda test: self.measure_one(test, counting, libraries), tests))

    def measure_one(self, test, counting, libraries):
        place = Place(self, self.plain, "plain-run/" + test.name, libraries["plain"])
        outcome, test.seconds = place.run(test, cpu=300, wall=1000)
        place.remove()
        place = Place(self, counting, "counting-run/" + test.name, libraries["counting"])
        counters = place.directory / "counters"
        counters.mkdir()
        covered, _ = place.run(test, cpu=600, wall=2000, GCOV_PREFIX=str(counters),
                               GCOV_PREFIX_STRIP=str(len(self.work.parts)))
        if outcome != "passed" or covered != "passed":
            raise Broken(f"{test.name} does not pass without any mutant: {outcome}, with counters {covered}")
        names = sorted(str(count) for count in counters.glob("*.gcda"))
        for count in names:
            name = pathlib.Path(count).stem + ".gcno"
            os.symlink(self.work / "counting" / name, counters / name)
        if names:
            for report in called(["gcov", "--json-format", "--stdout", *names], counters).splitlines():
                self.add_lines(test, json.loads(report))
        place.remove()
        test.memory.write_text(json.dumps({"seconds": test.seconds, "lines": {
            file: [sorted(lines), sorted(self.executable[file])] for file, lines in test.lines.items()}}))

    def add_lines(self, test, report):
        for entry in report["files"]:
            source = os.path.relpath(os.path.join(report["current_working_directory"], entry["file"]), self.root)
            if source in self.compile:
                with self.lock:
                    self.executable.setdefault(source, set()).update(line["line_number"] for line in entry["lines"])
                test.lines.setdefault(source, set()).update(
                    line["line_number"] for line in entry["lines"] if line["count"] > 0)

    def remembered(self, test):
        """What an earlier run measured of the same library and the same test."""
        files = [pathlib.Path(word) for word in test.command if os.path.isfile(word)]
        test.memory = self.work / "measured" / digest(files, self.library_digest + test.name)
        test.memory.parent.mkdir(exist_ok=True)
        if test.memory.exists():
            found = json.loads(test.memory.read_text())
            test.seconds = found["seconds"]
            for file, (executed, executable) in found["lines"].items():
                test.lines[file] = set(executed)
                self.executable.setdefault(file, set()).update(executable)
        return test.memory.exists()

    # --- mutants ---

    def compiled(self, variant, source, text, directory):
        """{object of the build: file} of a text in the place of a source; none where it does not compile."""
        found = {}
        for output, command in self.compile[source].items():
            found[output] = str(directory / os.path.basename(variant.objects[output]))
            done = subprocess.run([*command, *variant.compile, "-o", found[output]], cwd=self.build, text=True,
                                  input=f'#line 1 "{self.root / source}"\n' + text, capture_output=True)
            if done.returncode != 0:
                return {}
        return found

    def same_code(self, objects):
        return all(pathlib.Path(file).read_bytes() == pathlib.Path(self.plain.objects[output]).read_bytes()
                   for output, file in objects.items())

    def reaching(self, source, lines):
        """The tests that execute one of the lines."""
        wanted = set(lines)
        return [test for test in self.tests if wanted & test.lines.get(source, set())]

    def passes_sanitized(self, test):
        """Without a mutant: else its failure says nothing."""
        with self.lock:
            if test.name not in self.sound:
                place = Place(self, self.sanitized, "sanitized-run")
                self.sound[test.name] = place.run(test, cpu=300, wall=1000)[0] == "passed"
            return self.sound[test.name]

    def fingerprint(self):
        """Of all tests."""
        tests = self.root / "tests"
        return digest(path for path in sorted(tests.rglob("*.[chp]*")) if path.parent.name != "mutation")
