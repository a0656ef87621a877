"""Draws the figures by the commands of the table in README.md: all of them, or those whose names are given.

usage: python3 docs/figures/make_figures.py [NAME.svg ...]     after ninja -C build
"""
import pathlib
import re
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent


def main():
    table = (here / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[([^\]]+)\]\([^)]+\) \| `([^`]+)` \|$", table, re.M)
    wanted = sys.argv[1:] or [name for name, _ in rows]
    unknown = sorted(set(wanted) - {name for name, _ in rows})
    if unknown:
        sys.exit(f"make_figures.py: README.md has no {' '.join(unknown)}; it has {' '.join(name for name, _ in rows)}")
    for name, command in rows:
        if name in wanted:
            print(command, flush=True)
            subprocess.run(command, shell=True, cwd=here.parent.parent, check=True)


main()
