"""The library and its tests, built once, and which test executes which line.

Meson configures and builds in WORK/build (baseline kernels only); its commands, read back from there, compile and link
everything else: the library at -O1 (WORK/plain), with gcov's counters (WORK/counting), with sanitizers
(WORK/sanitized), the programs that Meson links from the library's objects (WORK/programs), and every mutant.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import threading
from dataclasses import dataclass, field

from place import Broken, Place, Variant, called

SKIPPED_SUITES = {"abi", "extra", "install", "slow", "reproduction"}
# What repeats other tests twenty times, draws its cases anew each time, compares PyTorch with a file, loads copies of
# the library from elsewhere, for which no mutant stands in, or looks at texts only.
SKIPPED_TESTS = {"determinism", "python_properties", "python_torch_reference", "python_loading", "docs_contracts",
                 "docs_links", "docs_runner"}
OPTIONS = ["-Dtests=enabled", "-Dexamples=disabled", "-Dbench=disabled", "-Dcpu_levels=false", "-Dbuildtype=plain",
           "-Doptimization=1", "-Ddebug=false"]
SHARED = "lib/libfa.so"
ARCHIVE = "lib/libfa_internal.a"
MEMORY = str(8 << 20)  # KiB
WITHOUT_LIBGCC = ("-nodefaultlibs", "-lc")  # it has a __wrap_pthread_create() of its own
PLAIN = ["-O1", "-frandom-seed=0"]
# Threads count too: where they race, gcov derives from the counters that lines were not executed which were.
COUNTING = ["-O0", "--coverage", "-fprofile-update=atomic"]
SANITIZE = ["-fsanitize=address,undefined"]


@dataclass(eq=False)
class Test:
    name: str
    command: list
    environment: dict
    redirected: tuple                          # the options of its link that redirect calls of the library
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
        self.linker = ["-fuse-ld=gold"] if shutil.which("ld.gold") else []
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
            self.lib_digest = digest(sorted(self.root.glob("lib/**/*.[ch]")) +
                                         sorted(self.root.glob("include/fa/*.h")))
            self.plain = self.variant(pool, "plain", PLAIN, [], {}, MEMORY)
            list(pool.map(self.link_program, self.links))
            missing = [test for test in self.tests if not self.remembered(test)]
            if missing:
                self.measure(pool, missing)
            if sanitize:
                runtime = called(["gcc", "-print-file-name=libasan.so"], self.root).strip()
                self.sanitized = self.variant(
                    pool, "sanitized", ["-O1", *SANITIZE, "-fno-sanitize-recover=undefined"], SANITIZE,
                    {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:hard_rss_limit_mb=4096"}, "unlimited")
                self.sanitized.preload = os.path.realpath(runtime)

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
        self.tests, self.links = [], {}
        for entry in json.loads(called(["meson", "introspect", "--tests", str(self.build)], self.root)):
            suites = {suite.split(":")[-1] for suite in entry["suite"]}
            if not SKIPPED_SUITES & suites and entry["name"] not in SKIPPED_TESTS:
                link = links.get(os.path.relpath(entry["cmd"][0], self.build), [])
                redirected = tuple(word for word in link if word.startswith("-Wl,--wrap="))
                redirected += WITHOUT_LIBGCC if redirected else ()
                self.tests.append(Test(entry["name"], entry["cmd"], entry["env"], redirected))
                if ARCHIVE in link:
                    self.links[self.tests[-1]] = link

    def link(self, words, variant):
        called([*words, *self.linker, *variant.link], self.build)

    def link_program(self, test):
        """With the shared library in the place of the archive."""
        words = [str(self.plain.libraries[test.redirected]) if word == ARCHIVE else word for word in self.links[test]]
        target = self.work / "programs" / pathlib.Path(test.command[0]).name
        target.parent.mkdir(exist_ok=True)
        words[words.index("-o") + 1] = str(target)
        inputs = [self.build / word for word in words if (self.build / word).is_file() and word != str(target)]
        if not target.exists() or target.stat().st_mtime <= max(file.stat().st_mtime for file in inputs):
            self.link(words, self.plain)
        test.command = [str(target), *test.command[1:]]

    def link_library(self, variant, number, redirected):
        """The shared library, which exports everything; what a test redirects, its program defines."""
        target = self.work / variant.name / f"library-{number}" / self.soname
        target.parent.mkdir(exist_ok=True)
        words = [variant.objects.get(word, word) for word in self.link_shared]
        words[words.index("-o") + 1] = str(target)
        at = next(at for at, word in enumerate(words) if word.startswith("-Wl,--version-script,"))
        exported = target.with_name("exported.map")
        exported.write_text(re.sub(r"local:\s*\*;", "", pathlib.Path(words[at].split(",")[-1]).read_text()))
        words[at] = f"-Wl,--version-script,{exported}"
        if redirected:
            words.remove("-Wl,--no-undefined")
        self.link([*words, *redirected], variant)
        return target

    def variant(self, pool, name, compile_options, link_options, environment, limit):
        made = Variant(name, compile_options, link_options, environment, limit)
        (self.work / name).mkdir(parents=True, exist_ok=True)
        for source, commands in self.compile.items():
            for output in commands:
                made.objects[output] = str(self.work / name / output.replace("/", "_"))
        needed = sorted({test.redirected for test in self.tests})
        made.libraries = {redirected: self.work / name / f"library-{number}" / self.soname
                          for number, redirected in enumerate(needed)}
        stamp, wanted = self.work / name / "stamp", f"{self.lib_digest} {compile_options} {needed}"
        if stamp.exists() and stamp.read_text() == wanted:
            return made
        stamp.unlink(missing_ok=True)
        jobs = [pool.submit(self.compiled, made, source, (self.root / source).read_text(), self.work / name)
                for source in self.compile]
        for job in jobs:
            if not job.result():
                raise Broken(f"{name}: a source does not compile")
        list(pool.map(lambda number: self.link_library(made, number, needed[number]), range(len(needed))))
        stamp.write_text(wanted)
        return made

    def measure(self, pool, tests):
        """Each test's time, and which lines it reaches; all have to pass."""
        counting = self.variant(pool, "counting", COUNTING, ["--coverage"], {}, MEMORY)
        list(pool.map(lambda test: self.measure_one(test, counting), tests))

    def measure_one(self, test, counting):
        place = Place(self, self.plain, "plain-run/" + test.name)
        place.replace(list(self.plain.objects.values()))  # every object as if it were a mutant's: that this is sound
        outcome, test.seconds = place.run(test, cpu=300, wall=1000)
        place.remove()
        place = Place(self, counting, "counting-run/" + test.name)
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
        test.memory = self.work / "measured" / digest(files, f"{self.lib_digest} {test.name} {COUNTING}")
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
            words = [*command, *variant.compile, "-fvisibility=default", "-o", found[output]]
            done = subprocess.run(words, cwd=self.build, text=True,
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
