"""The ABI in three places that must agree: headers = symbol map = shared library.

usage: symbols.py HEADER_DIR MAP SHARED_LIBRARY SONAME
"""
import pathlib
import re
import subprocess
import sys

from tap import Tap

# What Augeas's libfa.so.1 exports (Debian 12's libaugeas0 1.14.0): see docs/adr/0001-the-name.md.
AUGEAS = set("""
    fa_ambig_example fa_as_regexp fa_compile fa_complement fa_concat fa_contains fa_dot fa_enumerate fa_equals
    fa_example fa_expand_char_ranges fa_expand_nocase fa_free fa_intersect fa_is_basic fa_is_deterministic
    fa_is_nocase fa_iter fa_json fa_make_basic fa_minimization_algorithm fa_minimize fa_minus fa_nocase fa_overlap
    fa_restrict_alphabet fa_state_initial fa_state_is_accepting fa_state_next fa_state_num_trans fa_state_trans
    fa_union""".split())


def header_functions(directory):
    """Names declared with FA_API, and the text of declarations in which no function name can be found."""
    names, odd = set(), []
    for header in sorted(directory.glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", "", text, flags=re.M)
        for declaration in re.findall(r"\bFA_API\b([^;{]*);", text):
            found = re.search(r"\b(fa_\w+)\s*\(", declaration)
            if found:
                names.add(found.group(1))
            else:
                odd.append(f"{header.name}: FA_API{declaration}")
    return names, odd


def map_functions(path):
    """Names in the symbol map, in their order, and the name of its version node."""
    found = re.fullmatch(r"(\w+) \{\n  global:\n((?:    \w+;\n)+)  local:\n    \*;\n\};\n", path.read_text())
    if not found:
        raise SystemExit(f"Bail out! {path.name} has another form than "
                         f"'NODE {{ global: one name a line; local: *; }};'")
    return found.group(1), re.findall(r"\w+", found.group(2))


def exported(library):
    """(name, type letter, version) of every symbol that the shared library defines."""
    output = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    symbols = set()
    for line in output.splitlines():
        _, kind, name = line.split()
        name, _, version = name.partition("@")
        symbols.add((name, kind, version.lstrip("@")))
    return symbols


def soname(library):
    output = subprocess.run(["readelf", "-d", "-W", library], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(SONAME\)[^\[]*\[([^\]]*)\]", output)


def difference(a, b, a_name, b_name):
    return [f"{n}: in {a_name}, not in {b_name}" for n in sorted(a - b)] + \
           [f"{n}: in {b_name}, not in {a_name}" for n in sorted(b - a)]


def main():
    headers, map_path, library, expected_soname = sys.argv[1:]
    declared, odd = header_functions(pathlib.Path(headers))
    node, mapped = map_functions(pathlib.Path(map_path))
    symbols = exported(library)
    functions = {name for name, kind, _ in symbols if kind == "T"}

    tap = Tap()
    tap.check("the headers declare functions only", odd or ([] if declared else ["no FA_API declaration found"]))
    tap.check("the map is sorted, without repetition",
              [] if mapped == sorted(set(mapped)) else ["names are not in ascending order"])
    tap.check("headers = map", difference(declared, set(mapped), "the headers", "the map"))
    tap.check("map = shared library", difference(set(mapped), functions, "the map", "the library"))
    tap.check("no exported data", [f"{n} ({k})" for n, k, _ in sorted(symbols) if k != "T" and (n, k) != (node, "A")])
    tap.check(f"every symbol has version {node}", [f"{n}@{v}" for n, k, v in sorted(symbols) if k == "T" and v != node])
    tap.check("the version node is LIBFA_0", [] if node == "LIBFA_0" else [node])
    tap.check("every name begins with fa_", [n for n in sorted(functions) if not n.startswith("fa_")])
    tap.check("no name of Augeas's libfa", sorted((declared | functions) & AUGEAS))
    names = soname(library)
    tap.check(f"SONAME is {expected_soname}", [] if names == [expected_soname] else [f"it is {names}"])
    tap.check("SONAME is not Augeas's", [n for n in names if n == "libfa.so.1"])
    tap.done()


main()
