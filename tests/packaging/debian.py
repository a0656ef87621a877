"""Debian packages from tests/packaging/debian: they build, lintian has no error, and libfa0 lives beside libaugeas0.

usage: debian.py [WORK_DIRECTORY]       build-debian unless given; made anew

Needs debhelper, dh-python, doxygen, lintian, augeas-tools and what tests/packaging/debian/control builds with. The
packages are unpacked below WORK_DIRECTORY and used from there. Nothing is installed unless LIBFA_TEST_INSTALL=1 asks
for it: then, as root or with sudo, they are installed, used and purged again. DEB_BUILD_OPTIONS is "nocheck" unless it
is set: the tests of the library run elsewhere.
"""
import os
import pathlib
import re
import shlex
import shutil
import sys

from common import CLEAN, Tap, copy_tree, here, run, run_all

PACKAGES = {"libfa0", "libfa-dev", "python3-libfa", "libfa-tools", "libfa-doc"}
CONSUMER = here.parent / "consumers" / "consumer.c"
# Says what Augeas is and lets its libfa compile regular expressions, without touching a file.
AUGTOOL = ["augtool", "--noload", "--noautoload", "get /augeas/version"]
IMPORT = "import libfa, numpy; n = libfa.Network(2, 'float64'); n.add_dense(1, 'tanh'); print(libfa.build_info())"


def field(deb, name, work):
    return run(["dpkg-deb", "-f", deb, name], work)[0].strip()


def files_of(deb, work):
    """Paths in a package that are not directories."""
    lines = [line.split() for line in run(["dpkg-deb", "-c", deb], work)[0].splitlines()]
    return {words[5].lstrip(".") for words in lines if not words[0].startswith("d")}


def build(tap, source, work, version):
    tree = copy_tree(source, work / f"libfa-{version}")
    shutil.copytree(here / "debian", tree / "debian")
    changelog = (tree / "debian/changelog").read_text(encoding="utf-8")
    packaged = re.match(r"libfa \(([^)]+)-\d+\)", changelog)[1]
    tap.check("the changelog is not behind the version",
              run(["dpkg", "--compare-versions", packaged, "ge", version], work)[1])
    symbols = re.search(r"LIBFA_0 (\S+)", (tree / "debian/libfa0.symbols").read_text(encoding="utf-8"))[1]
    tap.check("nor are the symbols", [] if symbols == packaged else [f"{symbols}, and the changelog has {packaged}"])
    env = {**CLEAN, "DEB_BUILD_OPTIONS": os.environ.get("DEB_BUILD_OPTIONS", f"nocheck parallel={os.cpu_count()}"),
           "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} # Debian's Python
    cache = run(["ccache", "--get-config", "cache_dir"], work)[0].strip() if shutil.which("ccache") else ""
    if cache: # debhelper builds without a home
        env["CCACHE_DIR"] = cache
    tap.check("dpkg-buildpackage", run(["dpkg-buildpackage", "-us", "-uc", "-b"], tree, env)[1])
    debs = {deb.name.split("_")[0]: deb for deb in work.glob("*.deb") if "-dbgsym_" not in deb.name}
    tap.check("every package is there", sorted(debs.keys() ^ PACKAGES))
    return debs if debs.keys() == PACKAGES else {}


def check_contents(tap, debs, work):
    changes = next(work.glob("*.changes"))
    output, problems = run(["lintian", "--fail-on", "error", changes], work)
    tap.check("lintian has no error", problems)
    for line in output.splitlines():
        print(f"# {line}")
    files = {name: files_of(deb, work) for name, deb in debs.items()}
    wanted = {"libfa0": r"/usr/lib/[^/]+/libfa\.so\.0(\.[0-9.]+)?",
              "python3-libfa": r"/usr/lib/python3/dist-packages/libfa\.py",
              "libfa-dev": r"/usr/(include/fa/\w+\.h|lib/[^/]+/(libfa\.so|libfa\.a|pkgconfig/libfa\.pc))",
              "libfa-tools": r"/usr/(bin/fa-[a-z-]+|share/(man/man1/fa-.*|bash-completion/completions/fa-.*))",
              "libfa-doc": r"/usr/share/(doc/libfa(-doc)?|man/man3|doc-base)/.*"}
    for name, pattern in wanted.items():
        strange = [f for f in sorted(files[name]) if not re.fullmatch(pattern, f) and
                   not re.match(rf"/usr/share/doc/{name}/|/usr/share/lintian/", f)]
        tap.check(f"{name} holds what it should", strange or
                  ([] if any(re.fullmatch(pattern, f) for f in files[name]) else ["it is empty"]))
    others = set(run(["dpkg", "-L", "libaugeas0"], work)[0].splitlines())
    tap.check("libaugeas0 is here, with libfa.so.1",
              [] if any(f.endswith("/libfa.so.1") for f in others) else ["it is not"])
    tap.check("no file of libfa0 is one of libaugeas0", sorted(files["libfa0"] & others))
    tap.check("libfa-dev conflicts with libaugeas-dev",
              [] if field(debs["libfa-dev"], "Conflicts", work) == "libaugeas-dev" else ["it does not say so"])
    if not run(["dpkg", "-s", "libaugeas-dev"], work)[1]:
        output, problems = run(["dpkg", "--dry-run", "-i", debs["libfa0"], debs["libfa-dev"]], work)
        tap.check("so that dpkg refuses it here",
                  [] if problems and "conflicts with libaugeas-dev" in output else [output])
    tap.check("libfa0 conflicts with nothing",
              [field(debs["libfa0"], name, work) for name in ("Conflicts", "Breaks", "Replaces")
               if field(debs["libfa0"], name, work)])


def use(tap, where, work, prefix, env, development=True):
    """A C program, Python, a program of ours, and Augeas."""
    if development:
        flags, problems = run(["pkg-config", "--cflags", "--libs", "libfa"], work, env)
        problems = problems or run_all([["cc", "-Wall", "-Werror", CONSUMER, "-o", "consumer", *shlex.split(flags)],
                                        ["./consumer"]], work, env)
        tap.check(f"{where}: a C program", problems)
    tap.check(f"{where}: Python", run(["/usr/bin/python3", "-c", IMPORT], work, env)[1])
    tap.check(f"{where}: fa-linear-function",
              run([prefix / "bin/fa-linear-function", "--epochs", "5", "--quiet"], work, env)[1])
    output, problems = run(AUGTOOL, work, env)
    tap.check(f"{where}: augtool works", problems or ([] if "/augeas/version = " in output else [output]))
    output, problems = run(["ldd", "/usr/bin/augtool"], work, env)
    tap.check(f"{where}: with its own libfa", problems or
              ([] if re.search(r"libfa\.so\.1 => /(usr/)?lib/", output) and "libfa.so.0" not in output else [output]))


def check_unpacked(tap, debs, work):
    root = work / "unpacked"
    tap.check("the packages unpack", run_all([["dpkg-deb", "-x", deb, root] for deb in debs.values()], work))
    pc = next(root.rglob("libfa.pc"))
    libdir = pc.parent.parent
    use(tap, "unpacked", work, root / "usr",
        {**CLEAN, "PKG_CONFIG_SYSROOT_DIR": str(root), "PKG_CONFIG_PATH": str(pc.parent),
         "LD_LIBRARY_PATH": str(libdir), "PYTHONPATH": str(root / "usr/lib/python3/dist-packages")})


def check_installed(tap, debs, work):
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    augeas_dev = not run(["dpkg", "-s", "libaugeas-dev"], work)[1]
    names = [name for name in debs if name != "libfa-dev" or not augeas_dev]
    there = [name for name in names if not run(["dpkg", "-s", name], work)[1]]
    tap.check("none of the packages was installed", there)
    if there:
        return
    before = run(["dpkg", "-V", "libaugeas0"], work)[0]
    problems = run([*sudo, "dpkg", "-i", *(debs[name] for name in names)], work)[1]
    try:
        tap.check("they install", problems)
        tap.check("libaugeas0 is as it was",
                  [] if run(["dpkg", "-V", "libaugeas0"], work)[0] == before else ["it is not"])
        if not problems:
            use(tap, "installed", work, pathlib.Path("/usr"), CLEAN, "libfa-dev" in names)
    finally:
        tap.check("they go", run([*sudo, "dpkg", "--purge", *names], work)[1])
    tap.check("augtool works afterwards", run(AUGTOOL, work)[1])


def main():
    source = here.parent.parent
    work = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else source / "build-debian").resolve()
    version = re.search(r"^  version: '([^']+)'", (source / "meson.build").read_text(encoding="utf-8"), re.M)[1]
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    tap = Tap()
    debs = build(tap, source, work, version)
    if debs:
        check_contents(tap, debs, work)
        check_unpacked(tap, debs, work)
        if os.environ.get("LIBFA_TEST_INSTALL") == "1":
            check_installed(tap, debs, work)
    tap.done()


main()
