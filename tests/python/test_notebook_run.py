"""The notebook run by Jupyter's own means: every cell without an error or a warning, and the figure in the end."""
import base64
import os
import struct
import sys
import tempfile
import unittest

import nbformat
from nbclient import NotebookClient

import tap

PATH = os.path.join(tap.ROOT, "examples", "python", "linear_function.ipynb")


class Run(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A kernel of this interpreter, whatever kernels the user has, and no file of the user's."""
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        kernel = os.path.join(folder.name, "kernels", "python3")
        os.makedirs(kernel)
        with open(os.path.join(kernel, "kernel.json"), "w", encoding="utf-8") as file:
            file.write('{"argv": ["%s", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python", '
                       '"display_name": "Python 3"}' % sys.executable)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
            os.environ[name] = folder.name
        os.environ.pop("MPLBACKEND", None)                # the kernel's own shows figures in the notebook
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # a warning of its debugger, which is not used
        notebook = nbformat.read(PATH, as_version=4)
        nbformat.validate(notebook)
        NotebookClient(notebook, timeout=60, kernel_name="python3",
                       resources={"metadata": {"path": folder.name}}).execute()
        cls.cells = {cell["id"]: cell for cell in notebook.cells if cell.cell_type == "code"}

    def shown(self, cell):
        return "".join(output.text for output in self.cells[cell].outputs if output.output_type == "stream")

    def test_no_warning(self):
        for name, cell in self.cells.items():
            for output in cell.outputs:
                self.assertNotEqual(output.get("name"), "stderr", f"{name}: {output.get('text')}")

    def test_figure(self):
        shown = (output.get("data", {}) for output in self.cells["plot"].outputs)
        figures = [data["image/png"] for data in shown if "image/png" in data]
        self.assertEqual(len(figures), 1)
        width, height = struct.unpack(">II", base64.b64decode(figures[0])[16:24])
        self.assertGreater(min(width / 2, height), 250)

    def test_tables(self):
        lines = self.shown("twenty").splitlines()
        errors = {" ".join(line.split()[:-5]): list(map(float, line.split()[-5:])) for line in lines[1:5]}
        self.assertEqual(list(errors), ["shallow", "node perturbation", "back-propagation", "feedback alignment"])
        for name in ("node perturbation", "back-propagation", "feedback alignment"):
            self.assertEqual(errors[name], sorted(errors[name], reverse=True))
        self.assertLess(errors["feedback alignment"][-1], 1e-8)
        self.assertEqual(len(self.shown("check").splitlines()), 4)


if __name__ == "__main__":
    tap.main()
