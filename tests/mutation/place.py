"""Runs one test with the library and, preloaded, a mutant of one of its objects.

A mutant's object becomes a shared library of its own. It is loaded before the others, so that its functions and data
stand in for those of the same names: neither the library nor a program is linked again. Therefore the library exports
everything here, and the tests of private functions use it too.
"""
import functools
import os
import selectors
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field


class Broken(Exception):
    """What stops the whole run: no build, or a test that fails without a mutant."""


@dataclass
class Variant:
    """A way to compile the whole library."""
    name: str
    compile: list
    link: list
    environment: dict
    limit: str                                     # of memory, as an argument of ulimit
    objects: dict = field(default_factory=dict)    # object of Meson's build -> file
    libraries: dict = field(default_factory=dict)  # the calls that a test redirects -> library for it
    preload: str = ""                              # of what sanitizes


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


def run(command, environment, directory, cpu, wall, memory="unlimited", preload=()):
    """("passed" | "failed" | "timeout", CPU seconds)"""
    end = time.monotonic() + wall
    limited = ["sh", "-c", 'ulimit -c 0; ulimit -v "$2"; ulimit -t "$1"; LD_PRELOAD=$3; export LD_PRELOAD; shift 3; '
               'exec "$@"', "sh", str(cpu), memory, ":".join(map(str, preload)), *command]
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


@functools.cache
def line_buffering():
    """The environment that stdbuf would make, without the process."""
    lines = called(["stdbuf", "-oL", "env"], ".").splitlines()
    made = dict(line.split("=", 1) for line in lines if line.startswith(("LD_PRELOAD=", "_STDBUF_")))
    return made.pop("LD_PRELOAD"), made


class Place:
    """A directory of one worker."""

    def __init__(self, suite, variant, name):
        self.suite, self.variant, self.directory = suite, variant, suite.work / name
        self.objects, self.mutants = [], {}
        self.temporary = self.directory / "tmp"
        self.remove()
        self.temporary.mkdir(parents=True)

    def replace(self, objects):
        """From now on these files stand in for the variant's objects of the same functions."""
        self.objects, self.mutants = objects, {}
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir()

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def mutant(self, redirected):
        """The library to load first."""
        if redirected not in self.mutants:
            target = self.directory / f"mutant-{len(self.mutants)}.so"
            self.suite.link([self.suite.link_shared[0], "-shared", "-o", str(target), *self.objects, *redirected,
                             "-Wl,--no-as-needed", str(self.variant.libraries[redirected])], self.variant)
            self.mutants[redirected] = target
        return self.mutants[redirected]

    def run(self, test, cpu, wall, **more):
        library = self.variant.libraries[test.redirected]
        mutant = self.objects and self.mutant(test.redirected)
        buffering, settings = line_buffering()
        environment = os.environ | test.environment | self.variant.environment | settings | more
        # Python looks up functions in what it has opened: in the mutant, then in the library that the mutant needs.
        environment |= {"CK_FORK": "no", "TMPDIR": str(self.temporary), "PYTHONUNBUFFERED": "1",
                        "LD_LIBRARY_PATH": str(library.parent), "LIBFA_LIBRARY": str(mutant or library)}
        preload = [self.variant.preload, mutant, buffering]
        return run(test.command, environment, self.temporary, cpu, wall, self.variant.limit, filter(None, preload))
