"""Rules of the source tree that no compiler holds: who may include, allocate, open files, or print; how long lines and
files are.

usage: sources.py SOURCE_ROOT
"""
import pathlib
import re
import sys

from tap import Tap

COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"][^>"]+[>"])', re.M)
FORBIDDEN_CALLS = ("abort exit _exit _Exit quick_exit assert signal raise printf vprintf puts putchar perror putc "
                   "setenv putenv srand rand random drand48 setlocale").split()
ALLOCATION = "malloc calloc realloc aligned_alloc posix_memalign memalign valloc alloca strdup strndup asprintf".split()
FILES = ("fopen fdopen freopen open openat creat mkstemp tmpfile fread fwrite fseek ftell fclose rename unlink remove "
         "mmap").split()
LINE, FILE = 120, 400
PLACES = "include lib examples tests docs python .ci".split()
NAMES = re.compile(r".*\.(c|h|py|sh)|meson\.build|meson_options\.txt|run")


def code_of(text):
    """The text with comments and literals blanked, lines kept."""
    return COMMENT_OR_STRING.sub(lambda found: "\n" * found.group().count("\n") + " ", text)


def calls(code, names):
    return sorted(set(re.findall(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(", code)))


def includes(text):
    return INCLUDE.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.S))


def cycles(graph):
    """Include chains that return to their start."""
    found, done = [], set()

    def visit(node, path):
        if node in path:
            found.append(" -> ".join(path[path.index(node):] + [node]))
        elif node not in done:
            for target in graph.get(node, []):
                visit(target, path + [node])
            done.add(node)

    for start in sorted(graph):
        visit(start, [])
    return found


def sources(root):
    """Path and lines of what is written by hand, whatever build directories are in the tree. .ci is not in archives."""
    paths = [root / "meson.build", root / "meson_options.txt"]
    paths += sorted(path for place in PLACES for path in (root / place).rglob("*"))
    names = [(path.relative_to(root).as_posix(), path) for path in paths if NAMES.fullmatch(path.name)]
    return {name: path.read_text(encoding="utf-8").splitlines() for name, path in names
            if path.is_file() and not name.startswith("tests/data/")}


def main():
    root = pathlib.Path(sys.argv[1])
    library = sorted(path for path in (root / "lib").rglob("*.[ch]"))
    public = sorted((root / "include" / "fa").glob("*.h"))
    text = {path.relative_to(root).as_posix(): path.read_text() for path in library + public}
    code = {name: code_of(content) for name, content in text.items()}
    lib = [name for name in text if name.startswith("lib/")]

    tap = Tap()
    tap.check("there are sources",
              [] if "lib/blas.c" in text and "lib/rules/fa.c" in text else ["lib/ is not complete"])
    tap.check("only blas.c includes cblas.h",
              [n for n in lib if "<cblas.h>" in includes(text[n]) and n != "lib/blas.c"])
    tap.check("only alloc.c allocates",
              [f"{n}: {c}" for n in lib if n != "lib/alloc.c" for c in calls(code[n], ALLOCATION + ["free"])])
    tap.check("only io/ opens files",
              [f"{n}: {c}" for n in lib if not n.startswith("lib/io/") for c in calls(code[n], FILES)])
    tap.check("the library never prints, aborts, exits or asks a hidden generator",
              [f"{n}: {c}" for n in lib for c in calls(code[n], FORBIDDEN_CALLS)] +
              [f"{n}: {c}" for n in lib for c in re.findall(r"\b(?:stderr|stdout)\b", code[n])])
    shared = {'"' + pathlib.PurePosixPath(n).name + '"' for n in lib if n.startswith("lib/rules/") and n.endswith(".h")}
    tap.check("rules include <fa/rule.h>, what rules share, and no other header of the project",
              [f"{n}: {i}" for n in lib if n.startswith("lib/rules/") for i in includes(text[n])
               if i not in shared | {"<fa/rule.h>"} and (i.startswith('"') or i.startswith("<fa/"))])
    tap.check("foo.c includes foo.h first",
              [n for n in lib if n.endswith(".c") and n[:-1] + "h" in text and
               (includes(text[n]) or [""])[0] != f'"{n[4:-1]}h"'])
    tap.check("public headers include public headers and the C library",
              [f"{n}: {i}" for n in text if n.startswith("include/") for i in includes(text[n])
               if not re.fullmatch(r"<(fa/\w+|std\w+)\.h>", i)])

    graph = {}
    for name, content in text.items():
        targets = []
        for include in includes(content):
            inner = include[1:-1]
            for candidate in ("include/" + inner, "lib/" + inner, str(pathlib.PurePosixPath(name).parent / inner)):
                if candidate in text and (include[0] == '"') == candidate.startswith("lib/"):
                    targets.append(candidate)
        graph[name] = sorted(set(targets))
    tap.check("no include cycles", cycles(graph))

    lines = sources(root)
    tap.check("there are sources of every kind",
              [n for n in ("meson.build", "meson_options.txt", "lib/blas.c", "include/fa/fa.h", "python/libfa.py",
                           "tests/cross/run.sh", "examples/meson.build", "docs/meson.build") if n not in lines])
    tap.check(f"no line has more than {LINE} characters",
              [f"{n}:{i}: {len(line)}" for n in lines for i, line in enumerate(lines[n], 1) if len(line) > LINE])
    tap.check(f"no C file has more than {FILE} lines",
              [f"{n}: {len(lines[n])}" for n in lines if n.endswith((".c", ".h")) and len(lines[n]) > FILE])
    tap.done()


main()
