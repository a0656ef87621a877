"""Every public header compiles alone, as C99, C11 and C++17, with every compiler at hand, without a warning.

usage: headers.py INCLUDE_DIR
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from tap import Tap

C_FLAGS = ["-Wstrict-prototypes", "-Wmissing-prototypes"]
LANGUAGES = [("c99", ["gcc", "clang"], "c", C_FLAGS),
             ("c11", ["gcc", "clang"], "c", C_FLAGS),
             ("c++17", ["g++", "clang++"], "c++", [])]
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wundef", "-Werror", "-fsyntax-only"]


def compile_alone(compiler, standard, language, flags, include, header, source):
    # Twice: the include guard has to work too.
    source.write_text(f"#include <fa/{header}>\n#include <fa/{header}>\n")
    command = [compiler, f"-std={standard}", "-x", language, *FLAGS, *flags, "-I", include, str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if result.returncode == 0 else [f"{header}: {line}" for line in result.stderr.splitlines()]


def main():
    include = sys.argv[1]
    headers = sorted(path.name for path in pathlib.Path(include, "fa").glob("*.h"))
    tap = Tap()
    tap.check("there are headers", [] if "fa.h" in headers else ["fa/fa.h not found"])
    with tempfile.TemporaryDirectory() as directory:
        source = pathlib.Path(directory, "alone.c")
        for standard, compilers, language, flags in LANGUAGES:
            for compiler in compilers:
                name = f"each header alone: {compiler} -std={standard}"
                if shutil.which(compiler) is None:
                    tap.skip(name, f"no {compiler}")
                    continue
                problems = []
                for header in headers:
                    problems += compile_alone(compiler, standard, language, flags, include, header, source)
                tap.check(name, problems)
    umbrella = pathlib.Path(include, "fa", "fa.h").read_text()
    tap.check("fa.h includes every header",
              [h for h in headers if h != "fa.h" and f"#include <fa/{h}>" not in umbrella])
    guards = []
    for header in headers:
        guard = "LIBFA_" + header.replace(".", "_").upper()
        if f"#ifndef {guard}\n#define {guard}\n" not in pathlib.Path(include, "fa", header).read_text():
            guards.append(f"{header}: no guard {guard}")
    tap.check("guards are LIBFA_*_H", guards)
    tap.done()


main()
