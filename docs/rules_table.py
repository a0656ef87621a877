"""The table of learning rules in guide/choosing-a-rule.md, made from the rules themselves.

usage: python3 docs/rules_table.py [--check] [BUILD]     BUILD is a build directory, by default the tree's build

Names, formulas, parameters and sources are what fa-classify prints. What a rule keeps is read from a checkpoint: the
arrays that are in it, with their shapes. What a step costs is what guide/rules.md has measured. --check changes
nothing, and fails if the page has another table.
"""
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
PAGE, MEASURED = here / "guide" / "choosing-a-rule.md", here / "guide" / "rules.md"
BEGIN, END = "<!-- made by docs/rules_table.py: begin -->\n", "<!-- made by docs/rules_table.py: end -->\n"
WIDTHS = [7, 5, 3, 11, 2]     # all different, so that a shape tells what it is made of


def listed(build):
    """(name, formula, source, parameters) of every rule."""
    text = subprocess.run([build / "examples" / "fa-classify", "--list-rules-markdown"], capture_output=True, text=True,
                          check=True).stdout
    rules, parameters = [re.findall(r"^\| (?!---)(.*) \|$", part, re.M)[1:] for part in text.split("\n\n")]
    found = []
    for line in rules:
        name, _, formula, _, source = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]
        own = [re.split(r"(?<!\\)\|", row)[1].strip() for row in parameters if row.startswith(name + " |")]
        found.append((name.strip("`"), formula, source, own))
    return found


def symbol(size, l):
    """What a size of an array of layer l is made of."""
    depth = len(WIDTHS) - 1
    names = [(depth, "n_L"), (0, "n_0")] if l == 0 else [(l, "n_l"), (l + 1, "n_{l+1}"), (depth, "n_L"), (0, "n_0")]
    for factor in ("", "2 "):
        for place, name in names:
            if size == WIDTHS[place] * (2 if factor else 1):
                return factor + name
    return str(size)


def keeps(name):
    """The arrays that the rule has in a checkpoint."""
    import libfa
    net = libfa.Network(WIDTHS[0])
    for width in WIDTHS[1:]:
        net.add_dense(width, "tanh")
    with tempfile.TemporaryDirectory() as work:
        path = pathlib.Path(work) / "x"
        libfa.save_checkpoint(str(path), net, fb=libfa.Feedback(net, name, seed=1))
        data = path.read_bytes()
    header = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
    arrays = {}
    for tensor, entry in header.items():
        match = re.fullmatch(r"rule\.(\w+)\.(\d+)", tensor)
        if match:
            arrays.setdefault(match.group(1), {})[int(match.group(2))] = entry["shape"]
    told = []
    for array, layers in sorted(arrays.items()):
        l = 2 if 2 in layers else min(layers)
        label = array if l == 0 else f"{array}_l" if len(layers) > 1 else f"{array}_{l}"
        shape = " x ".join(symbol(size, l) for size in layers[l])
        told.append(f"{label} [{shape}]".replace("n_l", f"n_{l}" if len(layers) == 1 and l else "n_l"))
    return ", ".join(told) or "nothing"


def costs():
    """{rule: (deep, wide)}, times of a step in those of `fa`."""
    text = MEASURED.read_text(encoding="utf-8")
    return {name: (deep, wide) for name, deep, wide in
            re.findall(r"^\| `(\w+)` \| [\d.]+ \| ([\d.]+) \| [\d.]+ \| ([\d.]+) \|$", text, re.M)}


def table(build):
    measured = costs()
    lines = ["| rule | error signal | keeps | time of a step, deep | wide | parameters | source |",
             "|---|---|---|---|---|---|---|"]
    for name, formula, source, own in listed(build):
        deep, wide = measured.get(name, ("", ""))
        lines.append(f"| `{name}` | {formula} | {keeps(name)} | {deep} | {wide} | {', '.join(own)} | {source} |")
    return "\n".join(lines) + "\n"


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    build = pathlib.Path(arguments[0] if arguments else here.parent / "build").resolve()
    os.environ.setdefault("LIBFA_LIBRARY", str(build / "lib" / "libfa.so.0"))
    sys.path.insert(0, str(here.parent / "python"))
    old = PAGE.read_text(encoding="utf-8")
    before, rest = old.split(BEGIN)
    new = before + BEGIN + table(build) + END + rest.split(END)[1]
    if "--check" in sys.argv[1:]:
        if new != old:
            sys.exit(f"{PAGE.relative_to(here.parent)} is not what the rules say: python3 docs/rules_table.py")
    elif new != old:
        PAGE.write_text(new, encoding="utf-8")


main()
