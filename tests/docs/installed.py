"""libfa installed into a directory of its own, and the environment of somebody who uses it."""
import os
import pathlib
import re
import subprocess


class Installed:
    """`meson install` below `work`, with a libfa.pc that says so."""

    def __init__(self, build, work, python):
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith(("MESON", "NINJA", "DESTDIR", "MAKEFLAGS", "PYTHON", "LIBFA_"))}
        install = ["meson", "install", "-C", build, "--no-rebuild", "--destdir", work / "root"]
        result = subprocess.run(install, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                check=False)
        self.problems = [] if result.returncode == 0 else result.stdout.splitlines()[-20:]
        pc = next((work / "root").rglob("libfa.pc"), None)
        module = next((work / "root").rglob("libfa.py"), None)
        if pc is None or module is None:
            self.problems.append("libfa.pc or libfa.py was not installed")
            return
        text = pc.read_text(encoding="utf-8")
        prefix = work / "root" / re.search(r"^prefix=/(.*)$", text, re.M).group(1)
        pc.write_text(re.sub(r"^prefix=.*$", f"prefix={prefix}", text, flags=re.M), encoding="utf-8")
        libdir = pc.parent.parent
        programs = work / "bin"
        programs.mkdir()
        # An interpreter of another name or place is python3 here.
        (programs / "python3").write_text(f'#!/bin/sh\nexec "{python}" "$@"\n', encoding="utf-8")
        (programs / "python3").chmod(0o755)

        def first(variable, *directories):
            return ":".join([*map(str, directories), *filter(None, [clean.get(variable, "")])])

        self.env = {
            **clean,
            "PATH": first("PATH", programs, prefix / "bin"),
            "PKG_CONFIG_PATH": first("PKG_CONFIG_PATH", pc.parent),
            "LD_LIBRARY_PATH": first("LD_LIBRARY_PATH", libdir),
            "MANPATH": f"{prefix / 'share' / 'man'}:{clean.get('MANPATH', '')}",
            "PYTHONPATH": str(module.parent), "PYTHONDONTWRITEBYTECODE": "1",
            # Another libfa may be installed where this one was configured to be.
            "LIBFA_LIBRARY": str(libdir / "libfa.so.0"),
            "MPLBACKEND": "Agg", "NO_COLOR": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
            "BLIS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8", "CDPATH": "",
        }
