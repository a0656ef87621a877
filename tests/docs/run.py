"""Compiles and runs the code blocks of README.md, CONTRIBUTING.md and docs/: one test a page, pages at the same time.

usage: run.py [--needs | --list-needs] SOURCE_ROOT BUILD_ROOT COMPILER PYTHON [PAGE...]
With --needs only pages with blocks that need something particular are run, and it has to be there; --list-needs only
tells what that is. markdown.py has the comments that say how a block is tested.
"""
import argparse
import concurrent.futures
import fnmatch
import pathlib
import sys
import tempfile

from installed import Installed
from markdown import PageError
from page import Page, blocks

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "abi"))
from tap import Tap  # noqa: E402

TOGETHER = 2
LONG = 10     # seconds that a page should not take


def pages(source):
    return ["README.md", "CONTRIBUTING.md", "docs/man/libfa.3",
            *sorted(str(p.relative_to(source)) for p in (source / "docs").rglob("*.md"))]


def without_code():
    lines = (here / "pages_without_code.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def needs(path):
    try:
        return {need for block in blocks(path) for need in block.needs}
    except PageError:
        return set() # the page's own test says so


def run_page(page, work, build):
    try:
        page.run(work / page.name.replace("/", "-"), build)
    except PageError as error:
        page.problems.append(f"{page.name}, {error}")
    return page


def verdict(page, listed):
    """Every page has code that runs, or is listed as one without: not both."""
    if page.problems or (page.ran > 0) != listed:
        return page.problems
    return ["it has code that runs, and is in pages_without_code.txt" if listed else
            "no block of it is run, and it is not in pages_without_code.txt"]


def unused_contexts(source, names):
    used = set()
    for name in names:
        try:
            used |= {block.context for block in blocks(source / name)}
        except PageError:
            return []   # the page's own test says so
    return [f"{p.name}: no page uses it" for p in (here / "contexts").glob("*.c") if p.stem not in used]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--needs", action="store_true")
    parser.add_argument("--list-needs", action="store_true")
    for name in ("source", "build"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("compiler", type=str.split)
    parser.add_argument("python")
    parser.add_argument("pages", nargs="*")
    asked = parser.parse_args()
    source, tap, listed = asked.source.resolve(), Tap(), without_code()
    names = asked.pages or pages(source)
    if asked.needs or asked.list_needs:
        names = [name for name in names if needs(source / name)]
    if asked.list_needs:
        print(*sorted(set().union(*(needs(source / name) for name in names))))
        return
    with tempfile.TemporaryDirectory(prefix="libfa-docs-") as directory:
        work = pathlib.Path(directory).resolve()
        installed = Installed(asked.build.resolve(), work, asked.python)
        tap.check("meson install", installed.problems)
        if installed.problems:
            tap.done()
        found = [Page(source / name, name, installed.env, asked.compiler, asked.needs) for name in names]
        with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
            for page in pool.map(lambda page: run_page(page, work, asked.build.resolve()), found):
                is_listed = any(fnmatch.fnmatch(page.name, pattern) for pattern in listed)
                tap.check(f"{page.name}: {page.ran} blocks", verdict(page, is_listed))
                if page.seconds > LONG:
                    print(f"# {page.name} took {page.seconds:.0f} s")
                for line, reason in page.left_out:
                    print(f"# {page.name}:{line} is not run: {reason}")
    if not asked.pages and not asked.needs:
        tap.check("every context is used", unused_contexts(source, names))
    print(f"# {sum(page.ran for page in found)} blocks were run, {sum(len(page.left_out) for page in found)} were not")
    tap.done()


main()
