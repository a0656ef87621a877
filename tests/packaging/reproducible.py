"""Two builds of the same sources, in directories of other names and depths and with files of other dates, install the
same bytes.

usage: reproducible.py SOURCE_ROOT [MESON_OPTION...]
"""
import hashlib
import os
import pathlib
import sys
import tempfile

from common import CLEAN, Tap, copy_tree, run, run_all


def installed(root):
    """{path: digest of the contents, or where the link leads}."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = "-> " + os.readlink(path)
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def main():
    source, options = pathlib.Path(sys.argv[1]), sys.argv[2:]
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="libfa-reproducible-") as name:
        work = pathlib.Path(name)
        trees, problems = [], []
        # ccache would hand the second build what the first one made; time zone and language must not matter either.
        surroundings = [{"TZ": "UTC", "LC_ALL": "C", "CCACHE_DISABLE": "1"},
                        {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "CCACHE_DISABLE": "1"}]
        for i, (place, build) in enumerate((("a", "build"), ("another/and/deeper", "build-of-another-name"))):
            tree = copy_tree(source, work / place / "libfa")
            for path in tree.rglob("*"):
                if not path.is_symlink():
                    os.utime(path, (10**9 + i * 10**7,) * 2)
            problems = problems or run_all(
                [["meson", "setup", build, "--prefix=/usr/local", *options], ["ninja", "-C", build],
                 ["meson", "install", "-C", build, "--no-rebuild", "--destdir", work / f"installed-{i}"]], tree,
                {**CLEAN, **surroundings[i], "SOURCE_DATE_EPOCH": "1700000000"})
            trees.append(installed(work / f"installed-{i}"))
        tap.check("both are built and installed", problems)
        tap.check("the library is there", [] if any(n.endswith("/libfa.a") for n in trees[0]) else sorted(trees[0]))
        tap.check("they have the same files", sorted(trees[0].keys() ^ trees[1].keys()))
        tap.check("with the same bytes", [n for n in trees[0] if trees[0][n] != trees[1].get(n, trees[0][n])])
        tap.check("no file names a directory of the build",
                  [p.name for p in (work / "installed-0").rglob("*") if p.is_file() and not p.is_symlink()
                   and str(work).encode() in p.read_bytes()])
        print(f"# {len(trees[0])} files")
    tap.done()


main()
