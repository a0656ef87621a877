"""The smallest library, as docs/guide/embedding.md builds it: what it needs, how large it is, and that it learns.

usage: minimal.py SOURCE_ROOT COMPILER
"""
import pathlib
import re
import shutil
import sys
import tempfile

from common import Tap, here, run

LIMIT = 100_000  # bytes of a stripped program that trains, made by gcc
LIMIT_CLANG = 105_000

# All that the library may ask of others. snprintf() makes sentences; nothing here opens, reads or prints.
NEEDS = re.compile("|".join(["cblas_[sd](dot|gemm|gemv|syrk|ger|axpy|scal)", "(mem(cpy|move|set|cmp)|bcmp)",
                             "str(cmp|ncmp|len|c?spn|chr)", "calloc", "free", "getenv", "getpid", "dladdr",
                             "(__)?v?snprintf(_chk)?", "__.*_chk",
                             "pthread_(cond|mutex)_.*", "pthread_(create|join|sigmask)", "sigfillset",
                             "a?(sin|cos|tan|sincos)", "tanhf?", "exp(m1)?f?", "erff?", "log(1p|2|10)?f?", "sqrtf?",
                             "powf?", "hypot", "floorf?", "f(max|min)f?", "frexp", "ldexp", "nextafterf?",
                             "round(even)?f?",
                             "_GLOBAL_OFFSET_TABLE_", "__(tls_get_addr|stack_chk_fail|cxa_finalize|gmon_start__)",
                             "_ITM_.*TMCloneTable"]))


def commands(source):
    """Options of Meson, and of the compiler, in docs/guide/embedding.md."""
    text = (source / "docs/guide/embedding.md").read_text(encoding="utf-8")
    setup = re.search(r"^meson setup build-small (.*)$", text, re.M)[1].split()
    compiler = re.search(r"^cc (.*) -Iinclude program\.c build-small/lib/libfa\.a (.*) -o program$", text, re.M)
    return setup, compiler[1].split(), compiler[2].split()


def undefined(tap, name, command, directory):
    output, problems = run(command, directory)
    words = [line.split() for line in output.splitlines() if line.strip()]
    wanted = {w[-1].split("@")[0] for w in words if len(w) >= 2 and w[-2] in ("U", "w", "v")}
    defined = {w[-1].split("@")[0] for w in words if len(w) >= 3 and w[-2] not in ("U", "w", "v")}
    strange = sorted(s for s in wanted - defined if not NEEDS.fullmatch(s))
    tap.check(name, problems or strange or ([] if "cblas_sgemm" in wanted else ["cblas_sgemm is not among them"]))


def check_library(tap, build, work):
    undefined(tap, "the shared library asks for CBLAS, mathematics and memory", ["nm", "-D", build / "lib/libfa.so"],
              work)
    undefined(tap, "so does the static one", ["nm", build / "lib/libfa.a"], work)
    output, problems = run(["readelf", "-d", "-W", build / "lib/libfa.so"], work)
    needed = re.findall(r"\(NEEDED\)[^\[]*\[([^\]]*)\]", output)
    wanted = re.compile(r"(libblas|libcblas|libopenblas|libblis|libm|libc|ld-linux.*)\.so")
    tap.check("it needs libblas, libm and libc", problems or [n for n in needed if not wanted.match(n)])


def check_programs(tap, source, build, compiler, flags, libraries, work):
    program = [*compiler, *flags, "-std=c11", "-Wall", "-Wextra", "-Werror", "-Wl,--wrap=calloc", "-I",
               source / "include", here / "embedded.c"]
    _, problems = run([*program, build / "lib/libfa.a", *libraries, "-o", "small"], work)
    tap.check("a program with libfa inside is linked", problems)
    if problems:
        return
    size = (work / "small").stat().st_size
    print(f"# {size} bytes, stripped")
    limit = LIMIT_CLANG if "clang" in run([*compiler, "--version"], work)[0] else LIMIT
    tap.check(f"it is at most {limit} bytes", [] if size <= limit else [f"it has {size}"])
    output, problems = run([work / "small"], work)
    tap.check("it learns, without allocations, in the memory that was foretold", problems)
    tap.check("it has the rules that were chosen", [] if "3 rules, 1 optimizers" in output else [output])
    for line in output.splitlines():
        print(f"# {line}")
    naive = source / "tests/naive_blas"
    _, problems = run([*compiler, "-std=c11", "-Os", "-ffunction-sections", "-c", naive / "cblas.c", "-o", "cblas.o"],
                      work)
    if not problems:
        _, problems = run([*(w for w in program if w != "-no-pie"), "cblas.o", build / "lib/libfa.a", "-static", "-lm",
                           "-o", "whole"], work)
    tap.check("a program without any shared library is linked", problems)
    if not problems:
        print(f"# {(work / 'whole').stat().st_size} bytes with its BLAS and C library")
        tap.check("it learns", run([work / "whole"], work)[1])


def main():
    source, compiler = pathlib.Path(sys.argv[1]), sys.argv[2].split()
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="libfa-minimal-") as name:
        work = pathlib.Path(name)
        options, flags, libraries = commands(source)
        _, problems = run(["meson", "setup", work / "build", source, *options], work)
        problems = problems or run(["ninja", "-C", work / "build"], work)[1]
        tap.check("the library is built", problems)
        if not problems:
            for library in ("libfa.so", "libfa.a"):
                shutil.copy(work / "build/lib" / library, work)
                run(["strip", "--strip-unneeded", library], work)
                print(f"# {library}: {(work / library).stat().st_size} bytes, stripped")
            check_library(tap, work / "build", work)
            check_programs(tap, source, work / "build", compiler, flags, libraries, work)
        output, _ = run(["meson", "setup", work / "wrong", source, "-Drules=bp,nothing"], work)
        tap.check("an unknown rule is refused, and the others are named",
                  [] if re.search(r"there is no rule nothing.*\bweight_mirror\b", output) else [output])
    tap.done()


main()
