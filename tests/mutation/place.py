"""Runs one test, with the library or the program that it needs linked from a set of objects."""
import os
import pathlib
import selectors
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field

ARCHIVE = "lib/libfa_internal.a"


class Broken(Exception):
    """What stops the whole run: no build, or a test that fails without a mutant."""


@dataclass
class Variant:
    """A way to compile the whole library."""
    name: str
    compile: list
    link: list
    environment: dict
    limit: str                                   # of memory, as an argument of ulimit
    objects: dict = field(default_factory=dict)  # object of Meson's build -> file
    archive: pathlib.Path = None


def called(command, cwd, source=None):
    done = subprocess.run(command, cwd=cwd, input=source, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"{shlex.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def failing_line(process, end):
    """What the output decides: "failed" at the first test that fails, "timeout", or None where it closes."""
    tail, left = b"", end - time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while left > 0 and selector.select(left):
            data = os.read(process.stdout.fileno(), 65536)
            tail = (tail + data)[-65536 - 16:]
            if tail.startswith(b"not ok") or b"\nnot ok" in tail:
                return "failed"
            if not data:
                return None
            left = end - time.monotonic()
    return "timeout"


def run(command, environment, directory, cpu, wall, memory="unlimited"):
    """("passed" | "failed" | "timeout", CPU seconds)"""
    end = time.monotonic() + wall
    limited = ["sh", "-c", 'ulimit -c 0; ulimit -v "$2"; ulimit -t "$1"; shift 2; exec "$@"', "sh", str(cpu), memory,
               "stdbuf", "-oL", *command]
    process = subprocess.Popen(limited, cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    result = failing_line(process, end)
    process.stdout.close()
    while True:
        if result is None and time.monotonic() > end:
            result = "timeout"
        if result is not None:
            stop(process)
        found, status, used = os.wait4(process.pid, 0 if result else os.WNOHANG)
        if found:
            break
        time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(status)
    if result is None:
        expired = process.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
        result = "passed" if process.returncode == 0 else "timeout" if expired else "failed"
    return result, used.ru_utime + used.ru_stime


class Place:
    """A directory of one worker: its libfa.so and its programs, linked when a test first asks for them."""

    def __init__(self, suite, variant, name, shared=None):
        self.suite, self.variant, self.directory, self.shared = suite, variant, suite.work / name, shared
        self.objects = {}
        self.temporary = self.directory / "tmp"
        self.remove()
        self.temporary.mkdir(parents=True)

    def replace(self, objects):
        """From now on link these objects in the place of the variant's."""
        self.objects, self.shared = objects, None
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir()

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def link(self, words):
        called([*words, *self.suite.linker, *self.variant.link], self.suite.build)

    def shared_library(self):
        if self.shared is None:
            files = self.variant.objects | self.objects
            words = [files.get(word, word) for word in self.suite.link_shared]
            words[words.index("-o") + 1] = str(self.directory / self.suite.soname)
            self.link(words)
            self.shared = self.directory / self.suite.soname
        return self.shared

    def program(self, test):
        """The objects of the mutant come first, so that nothing asks for the archive's."""
        target = self.directory / "program"
        words = [str(self.variant.archive) if word == ARCHIVE else word for word in test.link]
        at = words.index("-o")
        words[at:at + 2] = ["-o", str(target), *self.objects.values()]
        self.link(words)
        return target

    def run(self, test, cpu, wall, **more):
        environment = os.environ | test.environment | self.variant.environment | more
        environment |= {"CK_FORK": "no", "TMPDIR": str(self.temporary), "PYTHONUNBUFFERED": "1"}
        command = test.command
        if test.link:
            command = [str(self.program(test))]
            environment.pop("LD_PRELOAD", None)
        else:
            library = self.shared_library()
            environment |= {"LD_LIBRARY_PATH": str(library.parent), "LIBFA_LIBRARY": str(library)}
        return run(command, environment, self.temporary, cpu, wall, self.variant.limit)
