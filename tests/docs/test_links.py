"""Every link of the Markdown files leads somewhere, and every figure has the command that draws it.

usage: test_links.py [--external] SOURCE_ROOT
--external lists the links to other places, each with the pages that have it; nobody follows them here.
"""
import collections
import pathlib
import re
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "abi"), str(here.parent.parent / "docs" / "site")]
from links import IMAGES, anchors, headings, is_external, links, slug  # noqa: E402
from tap import Tap  # noqa: E402

FIGURES = "docs/figures/README.md"


def markdown_files(source):
    """Those of the tree; not of build directories, subprojects and what somebody unpacked there."""
    places = [source, *(source / name for name in ("docs", "examples", "include", "lib", "python", "tests"))]
    return sorted(path for place in places for path in (place.glob("*.md") if place == source else place.rglob("*.md")))


def broken(source, path):
    problems = []
    for line, target in links(path.read_text(encoding="utf-8")):
        if is_external(target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        where = f"{path.relative_to(source)}:{line}: {target}"
        if target.startswith("/") or not goal.is_relative_to(source):
            problems.append(f"{where} leads out of the tree")
        elif not goal.exists():
            problems.append(f"{where} does not exist")
        elif anchor and (goal.suffix != ".md" or anchor not in anchors(goal)):
            problems.append(f"{where}: there is no such heading")
    return problems


def figures(source, paths):
    """The table has all figures, and commands that the tree has."""
    rows = dict(re.findall(r"^\| \[[^\]]+\]\(([^)]+)\) \| `([^`]+)` \|$", (source / FIGURES).read_text(), re.M))
    listed = {(source / FIGURES).parent.joinpath(name).resolve() for name in rows}
    used = {(path.parent / target).resolve() for path in paths if path != source / FIGURES
            for _, target in links(path.read_text(encoding="utf-8"))
            if target.endswith(IMAGES) and not is_external(target)}
    there = {path.resolve() for path in (source / "docs").rglob("*") if path.suffix in IMAGES}
    problems = [f"{path.relative_to(source)}: {FIGURES} does not say how it is made"
                for path in sorted((used | there) - listed)]
    problems += [f"{path.relative_to(source)}: no page shows it" for path in sorted(there - used)]
    programs = (source / "examples" / "meson.build").read_text()
    for name, command in rows.items():
        words = [word for word in command.split() if "=" not in word.split("/")[0]]
        made_by = next(word for word in words if "/" in word).removeprefix("$PWD/")
        if made_by.startswith("build/"):
            known = f"'{pathlib.Path(made_by).name}'" in programs
        else:
            known = (source / made_by).is_file()
        if not known:
            problems.append(f"{name}: there is no {made_by}")
        if pathlib.Path(name).name not in command and not (source / made_by).is_file():
            problems.append(f"{name}: its command does not name it")
    return problems


def not_listed(source):
    """Pages that the README of their directory, which orders the site, does not name."""
    problems = []
    for index in sorted((source / "docs").glob("*/README.md")):
        named = {target for _, target in links(index.read_text(encoding="utf-8"))}
        problems += [f"{path.relative_to(source)} is not in {index.relative_to(source)}"
                     for path in sorted(index.parent.glob("*.md")) if path != index and path.name not in named]
    return problems


def self_test():
    """What has to be found, and what must not."""
    problems = []
    for heading, wanted in [("The `fa` rule", "the-fa-rule"), ("C++, and *more*", "c-and-more"),
                            ("A [b](c.md) d", "a-b-d"), ("fa_rule_find()", "fa_rule_find"),
                            ("Is it right?", "is-it-right")]:
        if slug(heading) != wanted:
            problems.append(f"{heading}: {slug(heading)}")
    text = ("# A\n[a](b.md) `[no](c)` [![x](d.svg)](e)\n```c\n[no](f)\n# no\n```\n[r]: g\n<img src=\"h\">\n## A\n"
            "~~~\n```\n[no](i)\n~~~\n[k](<l> \"t\")\n[in\ntwo](m) [0, 1)\n")
    if sorted(target for _, target in links(text)) != ["b.md", "d.svg", "e", "g", "h", "l", "m"]:
        problems.append(str(list(links(text))))
    if [anchor for *_, anchor in headings(text)] != ["a", "a-1"]:
        problems.append(str(list(headings(text))))
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory).resolve()
        (root / "a.md").write_text("# T\n[1](a.md#t) [2](#u) [3](b.md) [4](../x) [5](https://example.org/)\n")
        found = [problem.split(": ", 1)[1] for problem in broken(root, root / "a.md")]
        if found != ["#u: there is no such heading", "b.md does not exist", "../x leads out of the tree"]:
            problems.append(str(found))
    return problems


def list_external(source, paths):
    found = collections.defaultdict(set)
    for path in paths:
        for _, target in links(path.read_text(encoding="utf-8")):
            if is_external(target):
                found[target].add(str(path.relative_to(source)))
    for target, pages in sorted(found.items()):
        print(target, *sorted(pages))


def main():
    source = pathlib.Path(sys.argv[-1]).resolve()
    paths = markdown_files(source)
    if "--external" in sys.argv[1:-1]:
        list_external(source, paths)
        return
    tap = Tap()
    tap.check("links are found, and broken ones told", self_test())
    for path in paths:
        tap.check(str(path.relative_to(source)), broken(source, path))
    tap.check("every page is in the list of its directory", not_listed(source))
    tap.check("every figure has its command", figures(source, paths))
    tap.done()


main()
