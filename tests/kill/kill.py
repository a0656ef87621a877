"""A writer that is killed at every system call, and disks that are full: a file is the old one or the new one, whole.

usage: kill.py WRITER

strace kills the writer when it enters a system call, at each of those that the library makes in turn, without a file
and with an old one. Reported in TAP; the last line says how many kill points there were.
"""
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

from tap import Tap

KINDS = ["npy", "network", "checkpoint", "recorder"]
CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)$")


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


class Writer:
    """The program, and the files that a kind of it makes."""

    def __init__(self, program, kind, directory):
        self.program = program
        self.kind = kind
        self.directory = directory
        self.target = directory / "target"
        self.old = self.made("old")
        self.new = self.made("new")
        if kind == "recorder":  # it appends to what there is
            self.old, self.new = None, None

    def command(self, state="new"):
        return [self.program, self.kind, state, str(self.target)]

    def made(self, state):
        self.clear()
        result = run(self.command(state))
        if result.returncode != 0:
            raise SystemExit(f"Bail out! {self.kind}: {result.stdout}")
        return self.target.read_bytes()

    def clear(self):
        for path in self.directory.iterdir():
            path.unlink()

    def prepare(self, with_old):
        """An old file, or none; what the target may be afterwards: before the change, and after it."""
        self.clear()
        if self.kind == "recorder":
            return self.prepare_rows(with_old)
        if with_old:
            self.target.write_bytes(self.old)
        return (self.old if with_old else None), self.new

    def prepare_rows(self, with_old):
        before = self.made("old") if with_old else None
        run(self.command("new"))
        after = self.target.read_bytes()
        self.clear()
        if with_old:
            self.target.write_bytes(before)
        return before, after

    def found(self):
        return self.target.read_bytes() if self.target.exists() else None

    def strangers(self):
        """Files in the directory that are neither the target nor a temporary one of ours."""
        return [p.name for p in self.directory.iterdir()
                if p != self.target and not re.fullmatch(r"\.fa-[0-9a-f]{8}-[0-9a-f]{8}\.tmp", p.name)]


# --- what the library asks of the system ---

def trace(writer):
    """(name, rest of the line, its number among the calls of that name) of each call between the two marks."""
    log = writer.directory.parent / "trace"
    result = run(["strace", "-qq", "-s", "9999", "-o", str(log), *writer.command()])
    if result.returncode != 0:
        raise SystemExit(f"Bail out! traced {writer.kind}: {result.stdout}{result.stderr}")
    counts, calls, inside = {}, [], False
    for line in log.read_text(errors="replace").splitlines():
        found = CALL.match(line)
        if not found:
            continue
        name = found.group(1)
        if name == "getppid":
            inside = not inside
            continue
        counts[name] = counts.get(name, 0) + 1
        if inside:
            calls.append((name, found.group(2), counts[name]))
    return calls


def first(calls, wanted, start=0):
    """Index of the first call from `start` on that is wanted, or the number of calls."""
    return next((i for i in range(start, len(calls)) if wanted(*calls[i][:2])), len(calls))


def check_order(writer):
    """write ... fsync of the file < close < rename < open of the directory < fsync of it."""
    calls = trace(writer)
    opened = first(calls, lambda n, a: n == "openat" and "O_EXCL" in a and ".tmp" in a)
    if opened == len(calls):
        return ["no temporary file was opened"]
    fd = calls[opened][1].rsplit("= ", 1)[1]
    ours = re.compile(rf"{fd}[,)]")
    flushed = first(calls, lambda n, a: n == "fsync" and ours.match(a), opened)
    closed = first(calls, lambda n, a: n == "close" and ours.match(a), opened)
    renamed = first(calls, lambda n, a: n.startswith("rename"), opened)
    listed = first(calls, lambda n, a: n == "openat" and "O_DIRECTORY" in a, renamed)
    directory = calls[listed][1].rsplit("= ", 1)[1] if listed < len(calls) else "?"
    settled = first(calls, lambda n, a: n == "fsync" and a.startswith(directory + ")"), listed)
    writes = [i for i, call in enumerate(calls) if call[0] == "write"]
    problems = []
    if not writes or not opened < writes[0] or not writes[-1] < flushed:
        problems.append("the file is written outside the time between open and fsync")
    if not flushed < closed < renamed < listed < settled < len(calls):
        problems.append(f"fsync {flushed} < close {closed} < rename {renamed} < open of the directory {listed} < "
                        f"fsync of it {settled} < end {len(calls)} does not hold")
    return problems


# --- killing ---

def kill_at(writer, call, number):
    """Whether the writer was killed when it entered that call."""
    result = run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                  "-e", f"inject={call}:signal=KILL:when={number}", *writer.command()])
    return result.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)


def rows_between(found, before, after):
    """Whole rows, as many as there were or more."""
    found, before = found or b"", before or b""
    return after.startswith(found) and found.startswith(before) and (not found or found.endswith(b"\n"))


def kill_everywhere(writer, with_old):
    """(problems, kill points)"""
    before, after = writer.prepare(with_old)
    calls = trace(writer)
    renamed = first(calls, lambda n, a: n.startswith("rename"))
    problems = []
    if writer.found() != after:
        problems.append("undisturbed, it writes something else")
    for i, (name, _, number) in enumerate(calls):
        before, after = writer.prepare(with_old)
        where = f"killed at {name} number {number}"
        if not kill_at(writer, name, number):
            problems.append(f"not {where}")
        elif writer.kind == "recorder":
            if not rows_between(writer.found(), before, after):
                problems.append(f"{where}: no whole rows")
        elif writer.found() != (before if i <= renamed else after):
            problems.append(f"{where}: neither the old nor the new file" if writer.found() not in (before, after)
                            else f"{where}: the wrong one of the two files")
        problems += [f"{where}: leaves {name}" for name in writer.strangers()]
    if not calls:
        problems.append("the library makes no system call")
    return problems, len(calls)


# --- full disks ---

def check_refusal(writer, result, before, after):
    """The writer failed with a sentence about the target, and the old file is alone; or it succeeded."""
    if result.returncode == 0:
        return [] if writer.found() == after else ["success, but another file"]
    problems = []
    if result.returncode != 1 or str(writer.target) not in result.stdout:
        problems.append(f"status {result.returncode}: {result.stdout}{result.stderr}")
    if writer.kind == "recorder":
        problems += [] if rows_between(writer.found(), before, after) else ["no whole rows"]
    elif writer.found() != before:
        problems.append("the old file is not there any more")
    return problems + [f"leaves {p.name}" for p in writer.directory.iterdir() if p != writer.target]


def limit_files(size):
    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    return prepare


def limited(writer):
    """Files may not grow beyond so many bytes (EFBIG)."""
    before, after = writer.prepare(True)
    sizes = sorted({0, 1, 63, 64, 4096, 8191, 8192, 8193, len(before), len(after) - 1, len(after)})
    problems, refused = [], 0
    for size in [s for s in sizes if s <= len(after)]:
        before, after = writer.prepare(True)
        result = run(writer.command(), preexec_fn=limit_files(size))
        refused += result.returncode == 1
        if (result.returncode == 0) != (size >= len(after)):
            problems.append(f"limit of {size} bytes of {len(after)}: status {result.returncode}")
        problems += [f"limit of {size}: {p}" for p in check_refusal(writer, result, before, after)]
    return problems + ([] if refused else ["no limit was felt"])


class SmallDisk:
    """A file system of a few pages, where mounting is permitted."""

    def __init__(self, directory, pages):
        self.directory = directory
        self.directory.mkdir()
        page = resource.getpagesize()
        self.mounted = shutil.which("mount") is not None and run(
            ["mount", "-t", "tmpfs", "-o", f"size={pages * page}", "tmpfs", str(directory)]).returncode == 0

    def __enter__(self):
        return self.mounted

    def __exit__(self, *_):
        if self.mounted:
            run(["umount", str(self.directory)])


def full(writer, pages):
    """Other files take all the space but for so many pages, from none to all that the writer needs."""
    page = resource.getpagesize()
    with_old = writer.kind != "recorder"  # its old file's last page has room for rows
    before, after = writer.prepare(with_old)
    problems, refused, succeeded = [], 0, 0
    for left in range(len(after) // page + 2):
        before, after = writer.prepare(with_old)
        free = os.statvfs(writer.directory)
        (writer.directory / "ballast").write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - left * page)))
        result = run(writer.command())
        (writer.directory / "ballast").unlink()
        refused += result.returncode == 1
        succeeded += result.returncode == 0
        problems += [f"{left} pages left: {p}" for p in check_refusal(writer, result, before, after)]
    return problems + ([] if refused and succeeded else [f"{refused} refused, {succeeded} written in {pages} pages"])


# --- all of it ---

def can_trace():
    return shutil.which("strace") is not None and run(["strace", "-qq", "-o", "/dev/null", "true"]).returncode == 0


def check_kind(tap, program, kind, directory, points):
    (directory / "files").mkdir()
    probe = run([program, kind, "old", str(directory / "probe")])
    if probe.returncode == 2:
        tap.skip(kind, "this libfa was built without jansson")
        return
    writer = Writer(program, kind, directory / "files")
    if not can_trace():
        tap.skip(f"{kind}: killed at every system call", "no strace, or it may not trace")
    else:
        if kind != "recorder":
            writer.prepare(False)
            tap.check(f"{kind}: write, fsync, close, rename, fsync of the directory", check_order(writer))
        for with_old in (False, True):
            problems, count = kill_everywhere(writer, with_old)
            points.append(count)
            tap.check(f"{kind}: killed at each of {count} system calls, {'an old' if with_old else 'no'} file there",
                      problems)
    tap.check(f"{kind}: files that may not grow", limited(writer))
    with SmallDisk(directory / "disk", 64) as mounted:
        if mounted:
            tap.check(f"{kind}: a full disk", full(Writer(program, kind, directory / "disk"), 64))
        else:
            print(f"# {kind}: no file system may be mounted, so that no disk is full")


def main():
    program = sys.argv[1]
    tap, points = Tap(), []
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as directory:
            check_kind(tap, program, kind, pathlib.Path(directory), points)
    print(f"# {sum(points)} kill points")
    tap.done()


main()
