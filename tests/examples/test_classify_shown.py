"""What fa-classify shows: progress on terminals and elsewhere, plots."""
import fcntl
import os
import pty
import re
import shutil
import struct
import termios
import unittest

import program
import samples
import tap


class Progress(samples.TestCase):
    arguments = "--hidden", "8", "--epochs", "3", "--rules", "fa"

    def test_lines(self):
        done = program.run(program.CLASSIFY, "--data", self.data, *self.arguments)
        self.assertRegex(done.stderr, r"\A(fa: epoch \d of 3, loss \S+, error \S+ %, test \S+ %, \S+ s, angle \S+ deg"
                                      r"\n){3}\Z")

    def shown(self, columns, *arguments):
        """What a terminal of so many columns is sent, by carriage returns."""
        main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        process = program.subprocess.Popen([program.CLASSIFY, "--data", self.data, "--rules", "fa", *arguments],
                                           stdout=program.subprocess.DEVNULL, stderr=other)
        os.close(other)
        text = program.terminal(main)
        self.assertEqual(process.wait(), 0)
        self.assertNotIn(b"\n", text)
        return text.decode().split("\r")

    def test_terminal(self):
        """One line, written over and over, cut to the terminal's width between its parts, and gone at the end."""
        parts = [r"fa \d+/99", r"\d+/240", r"loss \S+", r"acc \S+%", r"\d+/s", r"ETA \d+:\d\d",
                 r"\d+ \d+ \d+ \d+ deg"]
        for columns, held in (80, 7), (66, 6), (36, 3):
            lines = self.shown(columns, "--hidden", "64,64,64,64", "--epochs", "99", "--batch", "1", "--lr", "0",
                               "--angle-every", "1")
            self.assertGreater(len(lines), 3)
            for line in lines[1:-2]:
                self.assertRegex(line, rf"\A{'  '.join(parts[:held])} *\Z")
            self.assertLess(max(map(len, lines)), columns)
            self.assertEqual(lines[-1].strip() + lines[-2].strip(), "")


class Plot(samples.TestCase):
    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_plots(self):
        for arguments in ([], ["--seeds", "1-3"], ["--epochs", "1", "--hidden", "5,4", "--rules", "shallow"],
                          ["--hidden", "none", "--rules", "bp"], ["--grid", "lr=0.1,0.2", "--validation", "40"],
                          ["--rules", "bp,fa,shallow"], ["--angle-every", "0"],
                          ["--rules", "bp,brsf,dfa,dkp,drtp,fa,frsf,ifa,kolen_pollack,sdfa", "--hidden", "7,6",
                           "--seeds", "1-2"],
                          ["--grid", "lr=0.1", "--grid", "feedback_scale=1,2", "--validation", "40"],
                          ["--epochs", "31"], ["--epochs", "31", "--seeds", "1-2", "--jobs", "2"]):
            self.succeed("--plot", self.path("it's.svg"), *arguments)
            with open(self.path("it's.svg")) as file:
                picture = file.read()
            self.assertTrue(picture.startswith("<?xml") and picture.rstrip().endswith("</svg>"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["data", "it's.svg"])

    def script(self, *arguments):
        """What gnuplot is told."""
        with open(self.path("gnuplot"), "w") as file:
            file.write("#!/bin/sh\nexec /bin/cat\n")
        os.chmod(self.path("gnuplot"), 0o755)
        self.succeed("--plot", self.path("script.svg"), *arguments, env={**os.environ, "PATH": self.folder})
        with open(self.path("script.svg")) as file:
            return file.read()

    def test_curves(self):
        """A rule keeps its color whatever stands beside it, and no panel is without a curve."""
        colors, panels = {}, {}
        for arguments in (["--rules", "bp,fa,shallow"], ["--rules", "shallow,fa"], ["--rules", "shallow"],
                          ["--angle-every", "0"], ["--hidden", "none", "--rules", "bp"]):
            script = self.script(*arguments)
            panels[" ".join(arguments)] = len(re.findall("^plot", script, re.MULTILINE))
            for color, rule in re.findall(r"lc '(#\w+)' title '(bp|fa|shallow)'", script):
                colors.setdefault(rule, set()).add(color)
        self.assertEqual(sorted(colors), ["bp", "fa", "shallow"])
        self.assertEqual({len(found) for found in colors.values()}, {1})
        self.assertEqual(len(set.union(*colors.values())), 3)
        self.assertEqual(list(panels.values()), [3, 3, 2, 2, 2])

    def test_many_rules(self):
        """Every rule has a color of its own and is in the legend; layers have panels of their own; no bands."""
        rules = re.findall(r"^\w+", program.run(program.CLASSIFY, "--list-rules").stdout, re.MULTILINE)
        self.assertGreater(len(rules), 15)
        script = self.script("--rules", ",".join(rules), "--hidden", "9,7", "--batch", "16", "--seeds", "1-2", "--jobs",
                             "2")
        *panels, legend = re.findall("^plot.*", script, re.MULTILINE)
        self.assertEqual(len(panels), 4)
        for line in panels[:2]:
            self.assertEqual(len(re.findall(r" \$rule\d+ using \S+ with lines", line)), len(rules))
        found = re.findall(r"(pt \d+) ps \S+ lc '(#\w+)' title '(\w+)'", legend)
        self.assertEqual([name for _, _, name in found], rules)
        self.assertEqual(len({color for _, color, _ in found}), len(rules))
        self.assertNotIn("filledcurves", script)
        for grid, width in ([], 910), (["--grid", "lr=0.1", "--grid", "feedback_scale=0.125", "--validation", "40"],
                                       1100):
            script = self.script("--rules", ",".join(rules), "--hidden", "9", "--batch", "16", *grid)
            self.assertGreaterEqual(int(re.search(r"size (\d+),", script)[1]), width)

    def test_wide_bands(self):
        """Two seeds make bands wider than their panels, which gnuplot cannot be trusted to cut: its PNG goes astray."""
        script = self.script("--seeds", "1-2", "--lr", "1")
        panels = [tuple(map(float, limits)) for limits in re.findall(r"yrange \[(.*):(.*)\]", script)]
        self.assertEqual(len(panels), 3)
        lines = [line.split()[1:] for block in re.findall(r"<< END\n(.*?)END\n", script, re.DOTALL)
                 for line in block.splitlines()]
        self.assertEqual({len(line) for line in lines}, {3 * 5})
        cut = 0
        for line in lines:
            for (low, high), column in zip((panels[0], panels[0], panels[1], panels[1], panels[2]), range(1, 15, 3)):
                for text in line[column:column + 2]:
                    self.assertTrue(0.9999 * low <= float(text) <= 1.0001 * high, (line, panels))  # written in 5 digits
                    cut += abs(float(text) - low) <= 1e-4 * low or abs(float(text) - high) <= 1e-4 * high
        self.assertGreater(cut, 0)

    def test_without_gnuplot(self):
        """Found out before anything is trained."""
        self.assertEqual(self.fail_with(1, "apt install gnuplot-nox", "--plot", self.path("a.svg"),
                                        env={**os.environ, "PATH": self.folder}), "")
        self.assertEqual(os.listdir(self.folder), ["data"])


if __name__ == "__main__":
    tap.main()
