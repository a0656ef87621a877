"""What a stranger does with libfa, from outside the tree and against an installation below a DESTDIR.

usage: consumers.py SOURCE_ROOT BUILD_ROOT
"""
import contextlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "abi"))
from tap import Tap  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def run(command, directory, env):
    """(output, problems): problems is empty if the command succeeded."""
    result = subprocess.run(command, cwd=directory, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, check=False, shell=isinstance(command, str))
    shown = command if isinstance(command, str) else shlex.join(map(str, command))
    problems = [] if result.returncode == 0 else [f"{shown}: status {result.returncode}", *result.stdout.splitlines()]
    return result.stdout, problems


class Install:
    """An installation below a DESTDIR, and the environment that finds it."""

    def __init__(self, build, work):
        self.work = work
        self.destdir = destdir = work / "destdir"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("MESON", "NINJA", "DESTDIR"))}
        self.log, self.problems = run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", destdir], work,
                                      clean)
        found = list(destdir.rglob("libfa.pc"))
        if not found:
            self.problems.append("libfa.pc was not installed")
            return
        self.libdir = found[0].parent.parent
        self.prefix = next(p.parent.parent for p in destdir.rglob("include/fa/fa.h")).parent
        old = clean.get("LD_LIBRARY_PATH")
        self.env = {**clean, "PKG_CONFIG_SYSROOT_DIR": str(destdir), "PKG_CONFIG_PATH": str(found[0].parent),
                    "LD_LIBRARY_PATH": str(self.libdir) + (":" + old if old else ""),
                    "PYTHONDONTWRITEBYTECODE": "1"}
        self.modules = list(destdir.rglob("libfa.py"))

    def pkg_config(self, *arguments):
        output, problems = run(["pkg-config", *arguments, "libfa"], self.work, self.env)
        return problems or shlex.split(output)

    def build(self, compiler, source, name, link):
        """Compile, link, run."""
        command = [*compiler, *WARNINGS, *self.pkg_config("--cflags"), str(source), "-o", name, *link]
        return run(command, self.work, self.env)[1] or run([f"./{name}"], self.work, self.env)[1]

    def needed(self, name):
        output, _ = run(["readelf", "-d", "-W", name], self.work, self.env)
        return re.findall(r"\(NEEDED\)[^\[]*\[([^\]]*)\]", output)


def check_pkg_config(tap, install):
    words = install.pkg_config("--libs")
    tap.check("pkg-config --libs is -L... -lfa",
              [] if [w for w in words if not w.startswith("-L")] == ["-lfa"] else words)
    words = install.pkg_config("--print-requires-private")
    tap.check("libfa.pc requires no other .pc file", words)


def check_compiled(tap, install):
    shared = install.pkg_config("--libs")
    static = install.pkg_config("--static", "--libs")
    # The BLAS stays dynamic: Debian has no static SLEEF, and a static BLAS could not be swapped.
    static = [w for word in static for w in (["-Wl,-Bstatic", "-lfa", "-Wl,-Bdynamic"] if word == "-lfa" else [word])]
    c, cxx = ["cc", "-std=c11"], ["c++", "-std=c++17"]

    tap.check("C program, shared", install.build(c, here / "consumer.c", "c-shared", shared))
    tap.check("it needs libfa.so.0", [] if "libfa.so.0" in install.needed("c-shared") else install.needed("c-shared"))
    tap.check("C program, static", install.build(c, here / "consumer.c", "c-static", static))
    tap.check("it needs no libfa.so", [n for n in install.needed("c-static") if n.startswith("libfa")])
    if shutil.which("c++") is None:
        tap.skip("C++ program", "no C++ compiler")
    else:
        tap.check("C++ program, shared", install.build(cxx, here / "consumer.cpp", "cxx-shared", shared))


def check_python(tap, install):
    tap.check("Python by soname", run([sys.executable, str(here / "consumer.py")], install.work, install.env)[1])
    if len(install.modules) != 1:
        tap.check("libfa.py is installed", [f"{len(install.modules)} times: {install.modules}"])
        return
    # The library that was installed with it, without any help by the environment.
    env = {**install.env, "PYTHONPATH": str(install.modules[0].parent)}
    for name in ("LD_LIBRARY_PATH", "LIBFA_LIBRARY"):
        env.pop(name, None)
    program = ("import libfa, os, sys\n"
               "if not os.path.samefile(libfa.loaded_from(), sys.argv[1]): sys.exit(libfa.loaded_from())")
    tap.check("libfa.py is installed and loads the library that was installed with it",
              run([sys.executable, "-c", program, str(install.libdir / "libfa.so.0")], install.work, env)[1])


def check_programs(tap, install, build):
    """Of examples that are built: programs that know where the library was installed, and no build directory."""
    for name in ("fa-linear-function", "fa-classify"):
        if not (build / "examples" / name).exists():
            continue
        program = install.prefix / "bin" / name
        told, problems = run([program, "--version"], install.work, install.env)
        if not problems and not told.startswith(f"{name} "):
            problems = [told]
        dynamic, _ = run(["readelf", "-d", "-W", program], install.work, install.env)
        libdir = "/" + str(install.libdir.relative_to(install.destdir))
        problems += [path for path in re.findall(r"\(R(?:UN)?PATH\).*\[(.*)\]", dynamic) if path != libdir]
        problems += [f"there is no {path}" for path in (f"man/man1/{name}.1", f"bash-completion/completions/{name}")
                     if not (install.prefix / "share" / path).exists()]
        tap.check(f"{name}, its manual page and its completion", problems)


def check_subproject(tap, install, source, kind):
    project = install.work / f"subproject-{kind}"
    shutil.copytree(here / "subproject", project)
    shutil.copy(here / "consumer.c", project)
    (project / "subprojects").mkdir()
    (project / "subprojects" / "libfa").symlink_to(source)
    env = {k: v for k, v in install.env.items() if not k.startswith("PKG_CONFIG")}
    # -O0 and one CPU level: what is tested is the linking.
    setup = ["meson", "setup", "build", f"-Ddefault_library={kind}", "--buildtype=debug", "-Dlibfa:cpu_levels=false"]
    problems = run(setup, project, env)[1]
    for command in ([] if problems else [["ninja", "-C", "build", "consumer"], ["build/consumer"]]):
        problems = problems or run(command, project, env)[1]
    tap.check(f"Meson subproject, {kind}", problems)


def main():
    source, build = map(pathlib.Path, sys.argv[1:])
    tap = Tap()
    with contextlib.ExitStack() as stack:
        work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="libfa-consumers-")))
        install = Install(build, work)
        tap.check("meson install", install.problems)
        if not install.problems:
            check_pkg_config(tap, install)
            check_compiled(tap, install)
            check_python(tap, install)
            check_programs(tap, install, build)
            for kind in ("shared", "static"):
                check_subproject(tap, install, source, kind)
    tap.done()


main()
