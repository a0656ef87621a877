"""The displays of a manual page in mdoc(7) as blocks: a display with int main( is a C program."""
import pathlib
import re

from markdown import Block


def blocks(page):
    found = []
    text = pathlib.Path(page).read_text(encoding="utf-8")
    for display in re.finditer(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$", text, re.M):
        code = display.group(1).replace("\\e", "\\").replace("\\-", "-")
        code = re.sub(r"^\\&", "", code, flags=re.M)
        line = text.count("\n", 0, display.start(1)) + 1
        found.append(Block("c" if "int main(" in code else "text", code, line))
    return found
