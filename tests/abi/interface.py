"""The binary interface beside that of the last release: nothing removed, nothing changed; additions are welcome.

usage: interface.py check INCLUDE_DIR MAP SONAME DUMP SUPPRESSIONS    TAP; skipped where there is no abidiff
       interface.py dump INCLUDE_DIR MAP SONAME DUMP                  write DUMP anew (RELEASING.md says when)

What abidw and abidiff look at is a library made of the public headers alone, with the debug information that a release
build lacks: every declared function, with an empty body, under its version node. The compiler holds the headers to the
real definitions, tests/abi/symbols.py holds them to the real library, and no private type comes into the dump.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from tap import Tap


def bodies(include):
    """The declarations of every header with bodies, behind the headers themselves."""
    functions = []
    for header in sorted(pathlib.Path(include, "fa").glob("*.h")):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", "", text, flags=re.M)
        # An attribute between the parameters and the semicolon belongs to the declaration only.
        functions += [re.sub(r"\)\s*(?:__attribute__|FA_\w+)\b.*$", ")", declaration, flags=re.S).strip()
                      for declaration in re.findall(r"\bFA_API\b([^;{]*);", text)]
    return "#include <fa/fa.h>\n" + "".join(f"{function} {{ __builtin_trap(); }}\n" for function in functions)


def library(include, version_map, soname, directory):
    """The library of empty bodies; compiled in its directory, so that no path of this machine comes into it."""
    pathlib.Path(directory, "interface.c").write_text(bodies(include))
    include, version_map = pathlib.Path(include).resolve(), pathlib.Path(version_map).resolve()
    subprocess.run([*os.environ.get("CC", "cc").split(), "-std=c11", "-g", "-O0", "-fPIC", "-shared",
                    "-fvisibility=hidden", f"-fdebug-prefix-map={include}=include",
                    f"-fdebug-prefix-map={directory}=.", "-I", include,
                    f"-Wl,--version-script,{version_map}", f"-Wl,-soname,{soname}", "-o", "libinterface.so",
                    "interface.c"],
                   check=True, cwd=directory)
    return pathlib.Path(directory, "libinterface.so")


def write_dump(built, dump):
    subprocess.run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed",
                    "--no-parameter-names", "--out-file", dump, built], check=True)


def check(built, dump, suppressions):
    tap = Tap()
    text = pathlib.Path(dump).read_text()
    tap.check("the dump names no place of a machine", re.findall(r"'[^']*(?:/home/|/tmp/|/usr/)[^']*'", text))
    if shutil.which("abidiff") is None:
        tap.skip("nothing of the last release is removed or changed", "no abidiff")
        tap.done()
    result = subprocess.run(["abidiff", "--suppressions", suppressions, "--no-added-syms", dump, built],
                            capture_output=True, text=True, check=False)
    problems = (result.stdout + result.stderr).splitlines() if result.returncode else []
    tap.check("nothing of the last release is removed or changed",
              problems + ([f"abidiff ended with status {result.returncode}"] if result.returncode else []))
    tap.done()


def main():
    what, include, version_map, soname, dump = sys.argv[1:6]
    with tempfile.TemporaryDirectory() as directory:
        built = library(include, version_map, soname, directory)
        if what == "dump":
            write_dump(built, dump)
        else:
            check(built, dump, sys.argv[6])


main()
