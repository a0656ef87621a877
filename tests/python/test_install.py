"""Where the module is installed: where the interpreter looks for it; and that the module there finds the library.

usage: test_install.py SOURCE_ROOT SHARED_LIBRARY MESON...
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import tap

SOURCE, LIBRARY, *MESON = sys.argv[1:] or ["", "", "meson"]
CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith(("MESON", "NINJA", "PYTHON", "LIBFA_LIBRARY", "LD_LIBRARY_PATH"))}
NOTHING = ["-Dtests=disabled", "-Dexamples=disabled", "-Dbench=disabled", "-Dcpu_levels=false"]


def run(command, **options):
    return subprocess.run(command, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


class Install(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="libfa-install-")))

    def enterContext(self, context):  # unittest has it from Python 3.11 on
        self.addCleanup(context.__exit__, None, None, None)
        return context.__enter__()

    def plan(self, *options):
        """{file of the build: where it goes} of a tree configured with these options."""
        build = self.work / "build"
        done = run([*MESON, "setup", build, SOURCE, *NOTHING, *options])
        self.assertEqual(done.returncode, 0, done.stdout)
        return {file: pathlib.Path(place) for file, place in
                json.loads(subprocess.check_output([*MESON, "introspect", "--installed", build], env=CLEAN)).items()}

    def module(self, plan):
        found = [(file, place) for file, place in plan.items() if place.name == "libfa.py"]
        self.assertEqual(len(found), 1, plan)
        return found[0]

    def interpreter(self):
        """The one that runs Meson, which is the default."""
        program = "project('python', meson_version: '>= 1.0.0')\nmessage('is ' + " \
                  "import('python').find_installation().full_path())\n"
        (self.work / "asks").mkdir()
        (self.work / "asks" / "meson.build").write_text(program)
        text = run([*MESON, "setup", self.work / "asked", self.work / "asks"]).stdout
        return next(line.split("is ", 1)[1] for line in text.splitlines() if line.startswith("Message: is "))

    def looks_into(self, python):
        return json.loads(subprocess.check_output([python, "-c", "import json, sys; print(json.dumps(sys.path))"],
                                                  env=CLEAN))

    def test_usr_local(self):
        python = self.interpreter()
        place = self.module(self.plan("--prefix=/usr/local"))[1].parent
        base = subprocess.check_output([python, "-c", "import sys; print(sys.prefix)"], env=CLEAN, text=True).strip()
        if base in ("/usr", "/usr/local") and os.path.isdir(place):
            self.assertIn(str(place), self.looks_into(python))
        self.assertTrue(str(place).startswith("/usr/local/lib"), place)

    def test_virtual_environment(self):
        """Installed as Meson's plan says, module and library; imported by the environment's own interpreter."""
        prefix = self.work / "venv"
        done = run([sys.executable, "-m", "venv", "--without-pip", prefix])
        self.assertEqual(done.returncode, 0, done.stdout)
        plan = self.plan(f"--prefix={prefix}")
        file, place = self.module(plan)
        self.assertIn(str(place.parent), self.looks_into(prefix / "bin" / "python3"))
        libdir = next(where.parent for where in plan.values() if where.name.startswith("libfa.so"))
        libdir.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
        shutil.copy(LIBRARY, libdir / "libfa.so.0")
        done = run([prefix / "bin" / "python3", "-c", "import libfa; print(libfa.loaded_from())"], cwd=self.work)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(os.path.samefile(done.stdout.strip(), libdir / "libfa.so.0"), done.stdout)

    def test_a_directory_of_ones_own(self):
        place = self.module(self.plan("--prefix=/opt/libfa", "-Dpython.purelibdir=/opt/modules"))[1]
        self.assertEqual(place, pathlib.Path("/opt/modules/libfa.py"))

    def test_none(self):
        self.assertFalse([place for place in self.plan("-Dpython=disabled").values() if place.suffix == ".py"])


if __name__ == "__main__":
    del sys.argv[1:]
    tap.main()
