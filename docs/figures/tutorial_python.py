#!/usr/bin/env python3
"""Draws docs/figures/tutorial_python.svg: runs the Python blocks of docs/guide/tutorial-python.md as they stand, and
keeps the figure that they draw.

usage: tutorial_python.py SVG_FILE
"""
import contextlib
import os
import re
import sys
import tempfile

import matplotlib

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "guide", "tutorial-python.md")


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    goal = os.path.abspath(sys.argv[1])
    with open(PAGE, encoding="utf-8") as page:
        blocks = re.findall(r"^```python\n(.*?)^```$", page.read(), re.MULTILINE | re.DOTALL)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
        matplotlib.rcParams["svg.hashsalt"] = "libfa"  # the same bytes every time, and so without the date
        os.chdir(folder)
        namespace = {}
        for block in blocks:
            exec(block, namespace)
        with open("tutorial.svg", encoding="utf-8") as drawn, open(goal, "w", encoding="utf-8") as figure:
            figure.write(re.sub(r" *<dc:date>.*</dc:date>\n", "", drawn.read()))


if __name__ == "__main__":
    main()
