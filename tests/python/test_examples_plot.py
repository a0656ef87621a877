"""angles.py --plot, which needs Matplotlib."""
import os
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from test_examples_images import EXAMPLES, OnImages

import tap


class Plot(OnImages):
    def plot(self, name, status=0):
        done = subprocess.run([sys.executable, os.path.join(EXAMPLES, "angles.py"), "--data", self.folder, "--hidden",
                               "20,10", "--batch", "10", "--every", "5", "--plot", self.path(name)],
                              capture_output=True, text=True, env={**os.environ, "MPLCONFIGDIR": self.folder})
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def test_svg(self):
        self.assertEqual(self.plot("one.svg"), "")
        self.plot("other.svg")
        self.assertEqual(self.read("one.svg"), self.read("other.svg"))
        drawing = xml.etree.ElementTree.parse(self.path("one.svg")).getroot()
        self.assertEqual(drawing.tag, "{http://www.w3.org/2000/svg}svg")
        styles = [path.get("style", "") for path in drawing.iter("{http://www.w3.org/2000/svg}path")]
        for color in ("#0072b2", "#d55e00"):  # a line for each hidden layer, and its sample in the legend
            self.assertEqual(sum(color in style for style in styles), 2, color)
        dashed = [style for style in styles if "#d55e00" in style]
        self.assertTrue(all(re.search(r"stroke-dasharray: *\d", style) for style in dashed), dashed)

    def test_png(self):
        self.plot("one.png")
        self.assertEqual(self.read("one.png")[:8], b"\x89PNG\r\n\x1a\n")

    def test_a_file_that_cannot_be_written(self):
        os.mkdir(self.path("folder.svg"))
        sentence = self.plot("folder.svg", status=1)
        self.assertRegex(sentence, r"\Aangles\.py: .*folder\.svg'\n\Z")


if __name__ == "__main__":
    del OnImages  # has no tests of its own
    tap.main()
