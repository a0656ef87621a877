"""An installation of its own: moved, used by projects of several build systems, static only, uninstalled; and libfa as
a wrap.

usage: projects.py SOURCE_ROOT COMPILER
"""
import os
import pathlib
import re
import shlex
import shutil
import sys
import tempfile

from common import CLEAN, Tap, copy_tree, here, run, run_all

CONSUMERS = here.parent / "consumers"
# What is tested is how things fit together, not how fast they are.
SMALL = {"rules": "bp,fa", "optimizers": "sgd", "cpu_levels": "false"}
QUICK = ["-Doptimization=0", *(f"-D{k}={v}" for k, v in SMALL.items()), "-Dtests=disabled", "-Dexamples=disabled",
         "-Dbench=disabled"]


def files_below(root):
    return [path.relative_to(root).as_posix() for path in sorted(root.rglob("*"))
            if path.is_symlink() or path.is_file()]


def surroundings(prefix):
    """The environment that finds an installation below a prefix."""
    pc = next(prefix.rglob("libfa.pc")).parent
    return {**CLEAN, "PKG_CONFIG_PATH": str(pc), "LD_LIBRARY_PATH": str(pc.parent)}


def compiled(work, env, compiler, name, *arguments):
    output, problems = run(["pkg-config", "--cflags", "--libs", *arguments, "libfa"], work, env)
    # It writes backslashes before a blank, as a shell wants them.
    flags = shlex.split(output)
    return problems or run_all([[*compiler, "-Wall", "-Wextra", "-Werror", CONSUMERS / "consumer.c", "-o", name,
                                 *flags], [work / name]], work, env)


def sample(source, language, word):
    """The block of docs/guide/installing.md with a word in it."""
    text = (source / "docs/guide/installing.md").read_text(encoding="utf-8")
    return next(block for block in re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S) if word in block)


def check_moved(tap, source, work, compiler):
    """Installed to one prefix, moved to another, used, uninstalled from where it was."""
    prefix, moved, build = work / "prefix", work / "moved here", work / "build"
    tap.check("installs below a prefix of its own",
              run_all([["meson", "setup", build, source, f"--prefix={prefix}", "-Dpkgconfig.relocatable=true", *QUICK],
                      ["meson", "install", "-C", build]], work))
    if not prefix.exists():
        return
    strange = [name for name in files_below(prefix)
               if not re.match(r"include/fa/\w+\.h$|lib.*/libfa\.(a|so[.0-9]*)$|lib.*/pkgconfig/libfa\.pc$|share/|"
                               r"lib.*/python3", name)]
    tap.check("headers below include/fa, libraries, libfa.pc, and nothing of another name", strange)
    shutil.copytree(prefix, moved, symlinks=True)
    tap.check("a program against the installation that was moved",
              compiled(work, surroundings(moved), compiler, "moved-c"))
    project = work / "cmake"
    project.mkdir()
    shutil.copy(CONSUMERS / "consumer.c", project)
    (project / "CMakeLists.txt").write_text(sample(source, "cmake", "pkg_check_modules"))
    tap.check("CMake project", run_all([["cmake", "-S", ".", "-B", "build", "-G", "Ninja"],
                                        ["cmake", "--build", "build"], ["build/consumer"]],
                                       project, surroundings(prefix)))
    tap.check("uninstalls", run(["ninja", "-C", build, "uninstall"], work)[1])
    tap.check("nothing is left", files_below(prefix))


def check_static(tap, source, work, compiler):
    """-Ddefault_library=static: no shared library, and a program that pkg-config --static knows how to link."""
    prefix, build = work / "static", work / "build-static"
    problems = run_all([["meson", "setup", build, source, f"--prefix={prefix}", "--default-library=static",
                         "-Dsleef=disabled", *QUICK], ["meson", "install", "-C", build]], work)
    tap.check("installs static only", problems)
    if problems:
        return
    tap.check("there is no shared library", [n for n in files_below(prefix) if "libfa.so" in n])
    env = surroundings(prefix)
    tap.check("a program against it", compiled(work, env, compiler, "static-c", "--static"))
    output, problems = run(["readelf", "-d", "-W", "static-c"], work)
    tap.check("the program needs no libfa.so", problems or re.findall(r"NEEDED.*libfa.*", output))


def check_wrap(tap, source, work, kind, commands):
    """A project with nothing but subprojects/libfa.wrap; what the wrap names is on this machine."""
    project = shutil.copytree(CONSUMERS / "subproject", work / kind)
    shutil.copy(CONSUMERS / "consumer.c", project)
    subprojects = project / "subprojects"
    subprojects.mkdir()
    origin = work / f"{kind}-origin" / "tree"
    for part in ("include", "lib", "python"): # a subproject uses nothing else
        copy_tree(source / part, origin / part)
    for part in ("meson.build", "meson_options.txt"):
        shutil.copy(source / part, origin)
    text = sample(source, "ini", f"[{kind}]")
    if kind == "wrap-git":
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
        problems = run_all([[*git, "init", "-q", "-b", "main"], [*git, "add", "-A"],
                            [*git, "commit", "-q", "-m", "tree"]], origin)
        text = re.sub(r"(?m)^url *=.*$", f"url = file://{origin}", text)
        text = re.sub(r"(?m)^revision *=.*$", "revision = main", text)
    else:
        archive = re.search(r"(?m)^source_filename *= *(\S+)$", text)[1]
        directory = re.search(r"(?m)^directory *= *(\S+)$", text)[1]
        origin = origin.rename(origin.parent / directory)
        (subprojects / "packagefiles").mkdir()
        problems = run(["tar", "-cJf", subprojects / "packagefiles" / archive, directory], origin.parent,
                       {**CLEAN, "XZ_OPT": "-0"})[1]
    (subprojects / "libfa.wrap").write_text(text)
    setup = ["meson", "setup", "build", "--buildtype=plain", "--force-fallback-for=libfa",
             *(f"-Dlibfa:{k}={v}" for k, v in SMALL.items())]
    tap.check(f"Meson project with a {kind}", problems or run_all([setup, *commands], project))


def main():
    source, compiler = pathlib.Path(sys.argv[1]), sys.argv[2].split()
    os.environ.pop("DESTDIR", None)
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="libfa-projects-") as name:
        work = pathlib.Path(name)
        check_moved(tap, source, work, compiler)
        check_static(tap, source, work, compiler)
        check_wrap(tap, source, work, "wrap-file", [["ninja", "-C", "build", "consumer"], ["build/consumer"]])
        if shutil.which("git") is not None: # what is built is the same
            check_wrap(tap, source, work, "wrap-git", [])
    tap.done()


main()
