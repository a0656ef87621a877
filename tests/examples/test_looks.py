"""Pictures that color-blind people and gray prints can tell apart: a rule's color and mark, lines, legends."""
import itertools
import math
import os
import re

import program
import samples
import tap

# Machado, Oliveira, Fernandes (2009), full severity, for linear RGB; and normal eyes.
EYES = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": ((.367322, .860646, -.227968), (.280085, .672501, .047413), (-.011820, .042940, .968881)),
    "protanopia": ((.152286, 1.052583, -.204868), (.114503, .786281, .099216), (-.003882, -.048116, 1.051998)),
}


def lab(color, eyes="normal"):
    """CIELAB under D65 of '#rrggbb' as such eyes see it."""
    part = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in part]
    red, green, blue = [min(1, max(0, sum(a * b for a, b in zip(row, linear)))) for row in EYES[eyes]]
    scaled = ((.4124 * red + .3576 * green + .1805 * blue) / .95047, .2126 * red + .7152 * green + .0722 * blue,
              (.0193 * red + .1192 * green + .9505 * blue) / 1.08883)
    x, y, z = [value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in scaled]
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


class Looks(samples.TestCase):
    def setUp(self):
        super().setUp()
        self.rules = re.findall(r"^\w+", program.run(program.CLASSIFY, "--list-rules").stdout, re.MULTILINE)
        with open(self.path("gnuplot"), "w") as file:
            file.write("#!/bin/sh\nexec /bin/cat\n")
        os.chmod(self.path("gnuplot"), 0o755)

    def script(self, run, *arguments):
        """What gnuplot is told; some of the rules may diverge."""
        run("--plot", self.path("script.svg"), *arguments, env={**os.environ, "PATH": self.folder})
        with open(self.path("script.svg")) as file:
            return file.read()

    def scripts(self, rules):
        yield self.script(program.linear_function, "--epochs", "40", "--rules", ",".join(rules))
        yield self.script(self.program, "--epochs", "40", "--rules", ",".join(rules))
        self.program("--record", self.path("r.csv"), "--record-plot", self.path("script.svg"), "--record-every", "1",
                     "--rules", ",".join(rules), env={**os.environ, "PATH": self.folder})
        with open(self.path("script.svg")) as file:
            yield file.read()

    def legend(self, script):
        """Rule: (color, mark)."""
        return {name: (color, int(mark)) for mark, color, name in
                re.findall(r" NaN with linespoints lw \S+ pt (\d+) ps \S+ lc '(#\w+)' title '(\w+)'", script)}

    def test_every_rule(self):
        """The same look in every picture, whatever stands beside; two rules differ in color and mark enough."""
        legends = [self.legend(script) for script in self.scripts(self.rules)]
        self.assertEqual([list(legend) for legend in legends], 3 * [self.rules])
        self.assertEqual(legends[0], legends[1])
        self.assertEqual(legends[0], legends[2])
        self.assertEqual([self.legend(script) for script in self.scripts(["usf", "fa"])],
                         3 * [{name: legends[0][name] for name in ("usf", "fa")}])
        for (one, (color, mark)), (other, (color2, mark2)) in itertools.combinations(legends[0].items(), 2):
            for eyes in EYES:
                self.assertGreater(math.dist(lab(color, eyes), lab(color2, eyes)), 16, (one, other, eyes))
            if mark == mark2:
                self.assertGreater(abs(lab(color)[0] - lab(color2)[0]), 20, (one, other))
        for color, _ in legends[0].values():
            self.assertLess(lab(color)[0], 80)  # seen on white paper

    def test_every_curve(self):
        """Each curve is a line and marks of the rule's color; each rule's marks begin at a place of their own."""
        for script in self.scripts(["bp", "fa", "dfa", "shallow"]):
            legend = self.legend(script)
            places = {}
            for panel in re.findall("^plot.*", script, re.MULTILINE):
                lines = re.findall(r" \$r\w+?(\d+) using 1:(\d+) with lines .*?lc '(#\w+)' notitle,", panel)
                marks = re.findall(r" \$r\w+?(\d+) using 1:(\d+) every (\d+::\d+) with points pt (\d+) ps \S+ lc "
                                   r"'(#\w+)' notitle,", panel)
                self.assertEqual([(rule, column, color) for rule, column, _, _, color in marks], lines)
                for rule, _, every, mark, color in marks:
                    self.assertEqual((color, int(mark)), list(legend.values())[int(rule)])
                    places.setdefault(rule, set()).add(every)
            self.assertEqual(len(places), 4)
            self.assertEqual({len(found) for found in places.values()}, {1})
            self.assertEqual(len(set.union(*places.values())), 4)

    def test_legend_beside_the_panels(self):
        """Inside them it would hide curves."""
        for script in self.scripts(self.rules):
            right = max(map(float, re.findall(r"^set rmargin at screen (\S+)", script, re.MULTILINE)))
            keys = re.findall(r"^set key on at screen (\S+),\S+ top left", script, re.MULTILINE)
            self.assertGreater(len(keys), 0)
            for left in map(float, keys):
                self.assertGreater(left, right)

    def test_what_diverges(self):
        """It leaves the picture through its top, and the others are seen."""
        script = self.script(program.linear_function, "--eta", "1", "--rules", "bp,shallow")
        first = [float(block.split()[1]) for block in re.findall(r"<< END\n(.*?)END\n", script, re.DOTALL)]
        low, high = re.search(r"^set yrange \[(\S+):(\S+)\]", script, re.MULTILINE).groups()
        self.assertEqual(low, "*")
        self.assertTrue(max(first) < float(high) < 100 * max(first))


if __name__ == "__main__":
    tap.main()
