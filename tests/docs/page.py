"""Runs the blocks of one page, top to bottom, in a directory of its own."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import manual_page
import markdown
from expected import difference

here = pathlib.Path(__file__).resolve().parent
SECONDS = 120       # for a block; a whole page should need ten
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


def blocks(path):
    return markdown.blocks(path) if path.suffix == ".md" else manual_page.blocks(path)


class Deadline:
    """Kills a process, with all it started, that takes too long."""

    def __init__(self, process):
        self.timer = threading.Timer(SECONDS, os.killpg, [process.pid, signal.SIGKILL])

    def __enter__(self):
        self.timer.start()

    def __exit__(self, *_):
        self.timer.cancel()


class Python:
    """The interpreter that keeps the names of a page's Python blocks."""

    def __init__(self, directory, env, log):
        replies, theirs = os.pipe()
        self.process = subprocess.Popen(["python3", here / "session.py", str(theirs)], cwd=directory, env=env,
                                        text=True, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
                                        pass_fds=[theirs], start_new_session=True)
        os.close(theirs)
        self.replies = os.fdopen(replies, encoding="utf-8")

    def run(self, code, name, line):
        with Deadline(self.process):
            self.process.stdin.write(json.dumps({"code": code, "name": name, "line": line}) + "\n")
            self.process.stdin.flush()
            reply = self.replies.readline().strip()
        return int(reply) if reply else self.process.wait()

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.replies.close()


class Page:
    """One page: `problems` says what failed, `ran` counts the blocks, `left_out` those that were not run and why."""

    def __init__(self, path, name, env, compiler, need_all=False):
        self.path, self.name, self.env, self.compiler, self.need_all = path, name, env, compiler, need_all
        self.problems, self.left_out, self.ran, self.seconds = [], [], 0, 0.0
        self.log, self.python, self.printed = None, None, ""

    def run(self, directory, build):
        start = time.monotonic()
        directory.mkdir()
        (directory / "build").symlink_to(build)
        home = directory.with_name(directory.name + ".home")
        home.mkdir()
        self.env = {**self.env, "HOME": str(home)}
        self.directory = directory
        with open(home / "log", "w+b") as self.log:
            try:
                self.all_blocks(blocks(self.path))
            finally:
                if self.python is not None:
                    self.python.end()
                self.seconds = time.monotonic() - start

    def all_blocks(self, found):
        last = {block.file: i for i, block in enumerate(found) if block.file and not block.none}
        for i, block in enumerate(found):
            if block.none:
                self.left_out.append((block.line, block.none))
                continue
            if not block.runs:
                continue
            lacking = "" if self.need_all else " ".join(filter(self.lacks, block.needs))
            if lacking:
                self.left_out.append((block.line, f"there is no {lacking} here"))
                continue
            self.ran += 1
            before = self.printed
            problems = self.block(block, f"block-{i + 1}", last.get(block.file) == i)
            if block.same and not problems and self.printed != before:
                problems = ["printed was", self.printed, "and before it", before]
            if problems: # what follows may build upon it
                self.problems += [f"{self.name}:{block.line}: the block in {block.language}", *problems]
                return

    def lacks(self, name):
        """Whether `name` is neither a program nor a Python module here."""
        find = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
        return shutil.which(name, path=self.env["PATH"]) is None and \
            subprocess.run(["python3", "-c", find], env=self.env, check=False).returncode != 0

    def block(self, block, stem, is_last):
        """[] or what is wrong."""
        if block.output:
            return difference(block.text, self.printed)
        if block.file:
            with open(self.directory / block.file, "a", encoding="utf-8") as out:
                out.write(block.text)
            return self.program(block, block.file) if block.file.endswith(".c") and is_last else []
        if block.language == "c":
            text = block.text
            if block.context:
                before, mark, after = (here / "contexts" / f"{block.context}.c").read_text().partition("/* FRAGMENT */")
                text = f'{before}\n#line {block.line} "{self.name}"\n{text}' + after
                if not mark:
                    return [f"contexts/{block.context}.c has no /* FRAGMENT */"]
            (self.directory / f"{stem}.c").write_text(text, encoding="utf-8")
            return self.program(block, f"{stem}.c")
        if block.language == "python":
            return self.session(block)
        return self.command(["bash", "-e", "-c", block.text], block.status)

    def program(self, block, file):
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libfa"], env=self.env, check=True, text=True,
                               stdout=subprocess.PIPE).stdout.split()
        stem = file.removesuffix(".c")
        if block.compile_only:
            return self.command([*self.compiler, *WARNINGS, "-c", "-o", f"{stem}.o", file, *flags])
        return self.command([*self.compiler, *WARNINGS, "-o", stem, file, *flags]) or \
            self.command([f"./{stem}"], block.status)

    def command(self, words, status=0):
        start = self.log.seek(0, os.SEEK_END)
        process = subprocess.Popen(words, cwd=self.directory, env=self.env, stdin=subprocess.DEVNULL, stdout=self.log,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        with Deadline(process):
            process.wait()
        return self.result(start, process.returncode, status)

    def session(self, block):
        start = self.log.seek(0, os.SEEK_END)
        if self.python is None:
            self.python = Python(self.directory, self.env, self.log)
        return self.result(start, self.python.run(block.text, self.name, block.line), block.status)

    def result(self, start, status, wanted):
        self.log.seek(start)
        self.printed = self.log.read().decode("utf-8", "replace")
        if status == wanted:
            return []
        return [f"status {status}, not {wanted}", *("    " + line for line in self.printed.splitlines()[-40:])]
