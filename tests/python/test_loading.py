"""Which library is loaded, and what is said where it is none or a wrong one."""
import os
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
