"""layout.c forgets nothing: the size of every public struct and enumeration, and the place of every member.

usage: layouts.py INCLUDE_DIR LAYOUT_C
"""
import pathlib
import re
import sys

from tap import Tap

DEFINITION = re.compile(r"typedef (struct|enum) (\w+) \{(.*?)\n\} \2;", re.S)


def members(body):
    """Names of the members; each declares one, as the headers' style has it."""
    for declaration in body.split(";")[:-1]:
        found = re.search(r"\(\*(\w+)\)\s*\(", declaration) or re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*$", declaration)
        yield found.group(1)


def main():
    include, layout = sys.argv[1:]
    asserted = pathlib.Path(layout).read_text()
    tap = Tap()
    structs, enums, missing_members, missing_sizes = 0, 0, [], []
    for header in sorted(pathlib.Path(include, "fa").glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        for kind, name, body in DEFINITION.findall(text):
            structs += kind == "struct"
            enums += kind == "enum"
            if f"sizeof({name})" not in asserted:
                missing_sizes.append(f"{header.name}: {kind} {name}")
            if kind == "struct":
                missing_members += [f"{header.name}: {name}.{member}" for member in members(body)
                                    if not re.search(rf"\bAT\({name}, {member}, \d+\);", asserted)]
    tap.check("there are structs and enumerations", [] if structs and enums else ["none was found"])
    tap.check("every size is asserted", missing_sizes)
    tap.check("every member's place is asserted", missing_members)
    tap.done()


main()
