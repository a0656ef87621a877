"""What is said to allocate nothing cannot: no path of direct calls leads from it to an allocation.

usage: allocating.py SHARED_LIBRARY TABLE...

The tables are tests/calls_*.c, which say of every public function whether it allocates; the calls are read off the
machine code (x86-64). Calls through pointers are not followed: callbacks of rules, and the tables of optimizers and
kernels, none of which allocates by itself (sources.py).
"""
import bisect
import collections
import pathlib
import re
import subprocess
import sys

from tap import Tap

# What asks the system for memory, or a library that does.
ROOT = re.compile(r"(calloc|malloc|realloc|pthread_create|inflate\w*|"
                  r"json_(?!\w*(_value|_get|_size|_equal|decref|error_code))\w+)@plt")
FUNCTION = re.compile(r"^([0-9a-f]+) <([^>@]+(?:@plt)?)[^>]*>:$")
CALL = re.compile(r"\b(?:call|jmp|j[a-z]{1,3})q?\s+([0-9a-f]+) <")


class Code:
    """The functions of a library by their addresses, since several may have one name, and the calls between them."""

    def __init__(self, library):
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", library], check=True, capture_output=True,
                              text=True).stdout
        self.names, found, inside = {}, [], None
        for line in text.splitlines():
            start, call = FUNCTION.match(line), CALL.search(line)
            if start:
                inside = int(start.group(1), 16)
                self.names[inside] = start.group(2)
            elif call and inside is not None:
                found.append((inside, int(call.group(1), 16)))
        starts = sorted(self.names)
        self.calls = collections.defaultdict(set)
        for caller, target in found:
            callee = starts[max(0, bisect.bisect_right(starts, target) - 1)]
            if callee != caller:
                self.calls[caller].add(callee)
        self.starts = {name: address for address, name in self.names.items()}

    def path_to_root(self, name):
        """The names along the shortest chain of calls from a function to an allocation, or None."""
        queue, seen = collections.deque([(self.starts[name],)]), {self.starts[name]}
        while queue:
            path = queue.popleft()
            if ROOT.fullmatch(self.names[path[-1]]):
                return " > ".join(self.names[address] for address in path)
            for target in sorted(self.calls[path[-1]] - seen):
                seen.add(target)
                queue.append(path + (target,))
        return None


def listed(tables):
    """(those that never allocate, those that do)"""
    text = "".join(pathlib.Path(table).read_text() for table in tables)
    never = re.findall(r"\b(?:NEVER|BACKWARD)\((fa_\w+)\)", text) + re.findall(r"\bAT\(\w+, (fa_\w+), false\)", text)
    allocating = re.findall(r"\bALLOCATES\((fa_\w+)\)", text) + re.findall(r"\bAT\(\w+, (fa_\w+), true\)", text)
    return sorted(never), sorted(allocating)


def main():
    library, *tables = sys.argv[1:]
    code = Code(library)
    never, allocating = listed(tables)
    tap = Tap()
    tap.check("the machine code can be read",
              [] if code.path_to_root("fa_network_create") else ["no path from fa_network_create to an allocation"])
    tap.check("both kinds are listed", [] if len(never) > 100 and len(allocating) > 50 else [f"{len(never)} never"])
    paths = [code.path_to_root(name) for name in never]
    tap.check(f"no path to an allocation from {len(never)} functions", [path for path in paths if path])
    tap.done()


main()
