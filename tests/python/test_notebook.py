"""The notebook as a file: valid, without output, and of code that compiles; its update by hand is the library's. It is
run whole by test_notebook_run.py where nbclient is installed."""
import contextlib
import io
import json
import os
import re
import unittest

import tap

PATH = os.path.join(tap.ROOT, "examples", "python", "linear_function.ipynb")


class Notebook(unittest.TestCase):
    def setUp(self):
        with open(PATH, encoding="utf-8") as file:
            self.text = file.read()
        self.notebook = json.loads(self.text)
        self.cells = self.notebook["cells"]
        self.code = [cell for cell in self.cells if cell["cell_type"] == "code"]

    def test_written_in_one_way(self):
        """As Jupyter writes it, so that saving it again changes nothing but what was changed."""
        self.assertEqual(self.text, json.dumps(self.notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")

    def test_format(self):
        self.assertEqual((self.notebook["nbformat"], self.notebook["nbformat_minor"]), (4, 5))
        self.assertEqual(set(self.notebook), {"cells", "metadata", "nbformat", "nbformat_minor"})
        self.assertEqual(self.notebook["metadata"]["kernelspec"]["name"], "python3")
        ids = [cell["id"] for cell in self.cells]
        self.assertEqual(len(set(ids)), len(ids))
        for cell in self.cells:
            self.assertRegex(cell["id"], r"^[a-z][a-z-]{0,63}$")  # words: made once, not by a program at random
            self.assertIn(cell["cell_type"], ("code", "markdown"))
            self.assertTrue(cell["source"] and all(isinstance(line, str) for line in cell["source"]), cell["id"])
            self.assertTrue(all(line.endswith("\n") for line in cell["source"][:-1]), cell["id"])
            for line in cell["source"]:
                self.assertLessEqual(len(line.rstrip("\n")), 120, line)

    def test_stripped(self):
        self.assertEqual(set(self.notebook["metadata"]), {"kernelspec", "language_info"})
        self.assertEqual(self.notebook["metadata"]["language_info"], {"name": "python"})
        for cell in self.cells:
            self.assertEqual(cell["metadata"], {}, cell["id"])
        for cell in self.code:
            self.assertEqual((cell["outputs"], cell["execution_count"]), ([], None), cell["id"])

    def test_code_is_plain_python(self):
        for cell in self.code:
            compile("".join(cell["source"]), cell["id"], "exec")

    def test_figure_is_last(self):
        self.assertIn("plt.show()", "".join(self.cells[-1]["source"]))

    def test_update_by_hand(self):
        namespace, shown = {}, io.StringIO()
        with contextlib.redirect_stdout(shown):
            for cell in self.code:
                exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
                if cell["id"] == "by-hand":
                    break
        self.assertEqual(re.findall(r"^(\w+) +the same weights", shown.getvalue(), re.M), ["shallow", "bp", "fa"])


if __name__ == "__main__":
    tap.main()
