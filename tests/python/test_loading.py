"""Which library is loaded, and what is said where it is none or a wrong one."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import libfa
import tap


def run(program, **environment):
    """(exit status, stderr) of a program in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, **environment}, capture_output=True,
                          text=True)
    return done.returncode, done.stderr


class Loading(unittest.TestCase):
    def test_version_and_build_info(self):
        self.assertRegex(libfa.version(), r"^\d+\.\d+\.\d+$")
        self.assertIn(libfa.version(), libfa.build_info())

    def test_missing_library(self):
        status, text = run("import libfa", LIBFA_LIBRARY="/nowhere/libfa.so.0")
        self.assertEqual(status, 1)
        self.assertIn("ImportError: cannot load the libfa library", text)
        self.assertIn("LIBFA_LIBRARY", text)

    @unittest.skipUnless(sys.platform.startswith("linux"), "needs a library that is surely there")
    def test_another_library_of_that_name(self):
        with tempfile.TemporaryDirectory() as folder:
            # As Debian's Augeas has one: it loads, but it is no libfa.
            path = os.path.join(folder, "libfa.so.1")
            import _ctypes
            os.symlink(_ctypes.__file__, path)
            status, text = run("import libfa", LIBFA_LIBRARY=path)
        self.assertEqual(status, 1)
        self.assertIn("is another library of that name: it has no function fa_", text)

    def test_version_of_the_module(self):
        self.assertEqual(libfa.__version__, libfa.version())
        self.assertEqual(libfa.__version__, os.environ.get("LIBFA_TEST_VERSION", libfa.__version__))

    def test_which_versions_go_together(self):
        for module, library, well in (("0.5.0", "0.5.1", True), ("0.5.1", "0.5.0", True), ("0.5.0", "0.4.9", False),
                                      ("0.5.0", "0.6.0", False), ("1.2.0", "1.3.0", True), ("1.3.0", "1.2.9", False),
                                      ("0.5.0", "1.5.0", False), ("1.10.0", "1.9.0", False)):
            with self.subTest(module=module, library=library):
                self.assertEqual(libfa._compatible(module, library), well)

    def copy(self, folder, **replaced):
        """A copy of the module in a folder, with other text in it."""
        with open(libfa.__file__, encoding="utf-8") as file:
            text = file.read()
        for old, new in replaced.items():
            self.assertEqual(text.count(f'{old} = "'), 1)
            text = re.sub(rf'^{old} = "[^"]*"', f'{old} = "{new}"', text, flags=re.M)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "libfa.py"), "w", encoding="utf-8") as file:
            file.write(text)

    def test_another_version(self):
        with tempfile.TemporaryDirectory() as folder:
            self.copy(folder, __version__="0.1.7")
            status, text = run("import libfa", PYTHONPATH=folder)
        self.assertEqual(status, 1)
        self.assertIn("is of libfa 0.1.7", text)
        self.assertIn(f"of libfa {libfa.version()}", text)
        self.assertIn(os.path.join(folder, "libfa.py"), text)
        self.assertIn(libfa.loaded_from(), text)

    def test_order(self):
        """LIBFA_LIBRARY, beside the module, the configured directory, the soname."""
        library = os.path.realpath(libfa.loaded_from())
        program = "import libfa; print(libfa.loaded_from(), file=__import__('sys').stderr)"
        with tempfile.TemporaryDirectory() as folder:
            named, beside, configured, searched = (os.path.join(folder, *names, libfa._SONAME) for names in
                                                   (["named"], ["lib", "python3"], ["lib", "triplet"], ["searched"]))
            for file in (named, beside, configured, searched):
                os.makedirs(os.path.dirname(file), exist_ok=True)
                shutil.copy(library, file)
            self.copy(os.path.dirname(beside), _LIBDIR="../triplet")
            where = {"PYTHONPATH": os.path.dirname(beside), "LD_LIBRARY_PATH": os.path.dirname(searched),
                     "DYLD_LIBRARY_PATH": os.path.dirname(searched)}
            self.assertEqual(run(program, LIBFA_LIBRARY=named, **where), (0, named + "\n"))
            for file in (beside, configured, searched):
                self.assertEqual(run(program, LIBFA_LIBRARY="", **where), (0, file + "\n"))
                os.remove(file)
            status, text = run(program, LIBFA_LIBRARY="", **where)
            if status:  # none is installed on this machine
                self.assertIn("cannot load the libfa library", text)

    def test_broken_library_beside_the_module(self):
        """It is not passed over in silence."""
        with tempfile.TemporaryDirectory() as folder:
            self.copy(folder)
            with open(os.path.join(folder, libfa._SONAME), "w", encoding="utf-8") as file:
                file.write("no library")
            status, text = run("import libfa", PYTHONPATH=folder, LIBFA_LIBRARY="")
        self.assertEqual(status, 1)
        self.assertIn("cannot load the libfa library", text)
        self.assertIn(folder, text)

    def test_never_by_a_guess(self):
        with open(libfa.__file__, encoding="utf-8") as file:
            self.assertNotIn("find_library", file.read())

    def test_loads_by_soname_without_the_variable(self):
        folder = os.path.dirname(os.environ.get("LIBFA_LIBRARY", ""))
        if not folder:
            self.skipTest("the library under test is not named by a path")
        status, text = run("import libfa; libfa.version()", LIBFA_LIBRARY="", LD_LIBRARY_PATH=folder,
                           DYLD_LIBRARY_PATH=folder)
        self.assertEqual((status, text), (0, ""))

    def test_imports_without_numpy(self):
        program = ("import sys; sys.modules['numpy'] = None\n"
                   "import libfa\n"
                   "net = libfa.Network(3, 'float32'); net.add_dense(2); assert net.width(1) == 2\n"
                   "assert libfa.Optimizer(net, learning_rate=0.5).get('learning_rate') == 0.5\n"
                   "for call in (lambda: net.weights(1), lambda: libfa.matrix_view([1.0]),\n"
                   "             lambda: libfa.random_words(libfa.stream(1), 0, 4), lambda: libfa.one_hot([0, 1]),\n"
                   "             lambda: libfa.read_idx('missing'), lambda: libfa.read_idx_labels('missing')):\n"
                   "    try: call()\n"
                   "    except ImportError as error: assert 'needs NumPy' in str(error)\n"
                   "    else: raise SystemExit('no error')\n")
        self.assertEqual(run(program), (0, ""))


if __name__ == "__main__":
    tap.main()
