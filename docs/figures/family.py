"""Draws the family of learning rules: what brings the output error to the hidden layers.

usage: family.py > family.svg
"""
import html

WIDTH, HEIGHT, COLUMNS, TOP = 224, 268, 4, 8
X, BAR = 88, 76                                       # middle and width of the layers
LEVELS = {"x": 212, "h1": 162, "h2": 112, "y": 62}    # y grows downward
# Colors that stay apart for color-blind readers and in gray: Okabe and Ito.
FORWARD, SHARED, FIXED, LEARNED = "#777777", "#0072B2", "#D55E00", "#009E73"

PANELS = [
    ("bp", "back-propagation", "the transpose of the weights",
     [("y", "h2", "W₃ᵀ", SHARED, 0), ("h2", "h1", "W₂ᵀ", SHARED, 0)]),
    ("fa", "feedback alignment", "random and fixed",
     [("y", "h2", "B₂", FIXED, 0), ("h2", "h1", "B₁", FIXED, 0)]),
    ("kolen_pollack, weight_mirror, pfa", "learned feedback", "B comes to resemble Wᵀ",
     [("y", "h2", "B₂", LEARNED, 0), ("h2", "h1", "B₁", LEARNED, 0)]),
    ("usf, frsf, brsf", "sign-symmetry", "the signs of the weights",
     [("y", "h2", "sgn W₃ᵀ", SHARED, 0), ("h2", "h1", "sgn W₂ᵀ", SHARED, 0)]),
    ("dfa, sdfa; dkp learns B", "direct feedback alignment", "straight from the output",
     [("y", "h2", "B₂", FIXED, 0), ("y", "h1", "B₁", FIXED, 1)]),
    ("ifa", "indirect feedback alignment", "in at the bottom, then forward",
     [("y", "h1", "B₁", FIXED, 1), ("h1", "h2", "W₂", SHARED, 0)]),
    ("drtp", "random target projection", "the target, not the error",
     [("t", "h2", "B₂", FIXED, 0), ("t", "h1", "B₁", FIXED, 1)]),
    ("pepita", "error into the input", "a second forward pass",
     [("y", "x", "F", FIXED, 0)]),
]


def text(x, y, words, size=11, color="#000000", anchor="start", weight="normal"):
    return (f'<text x="{x}" y="{y}" font-size="{size}" fill="{color}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{html.escape(words)}</text>')


def arrow(points, color, wide):
    """A line through the points with a head at its end."""
    (x0, y0), (x1, y1) = points[-2:]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    back = (x1 - 7 * ux, y1 - 7 * uy)
    line = " ".join(f"{x:g},{y:g}" for x, y in [*points[:-1], back])
    head = [(x1, y1), (back[0] - 3.5 * uy, back[1] + 3.5 * ux), (back[0] + 3.5 * uy, back[1] - 3.5 * ux)]
    dash = "" if wide else ' stroke-dasharray="3 2"'
    return (f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="{2 if wide else 1.2}"{dash}/>'
            f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in head)}" fill="{color}"/>')


def layer(name, label, x=X):
    y = LEVELS[name] if name in LEVELS else LEVELS["y"]
    return (f'<rect x="{x - BAR / 2}" y="{y - 9}" width="{BAR}" height="18" rx="4" fill="#f4f4f4" stroke="#333333"/>'
            + text(x, y + 4, label, anchor="middle"))


def feedback(source, to, label, color, lane):
    """An arrow on the right side of the layers; lane 1 goes around lane 0."""
    right = X + BAR / 2
    if source == "t":
        start = (right + 58 + 18 * lane, LEVELS["y"] + 9)
        bend = [start, (start[0], LEVELS[to]), (right + 2, LEVELS[to])]
    else:
        shift = 3 if source == "h2" or source == "h1" else 3 * lane - 3
        out = right + 24 + 26 * lane
        bend = [(right, LEVELS[source] + shift), (out, LEVELS[source] + shift), (out, LEVELS[to] - 3),
                (right + 2, LEVELS[to] - 3)]
    inner = source == "t" and lane == 0   # its label stands on the left, clear of the other arrow
    place = bend[-2][0] + (-4 if inner else 4), (bend[-2][1] + bend[-3][1]) / 2 + 4
    anchor = "end" if inner else "start"
    return arrow(bend, color, True) + text(*place, label, color=color, anchor=anchor, weight="bold")


def panel(number, rules, title, says, arrows):
    left, top = WIDTH * (number % COLUMNS), TOP + HEIGHT * (number // COLUMNS)
    parts = [text(8, 14, title, 12.5, weight="bold"), text(8, 30, says, 11, "#333333")]
    for name, label in (("x", "x"), ("h1", "h₁"), ("h2", "h₂"), ("y", "y,  e")):
        parts.append(layer(name, label))
    for below, above, label in (("x", "h1", "W₁"), ("h1", "h2", "W₂"), ("h2", "y", "W₃")):
        parts.append(arrow([(X - 14, LEVELS[below] - 9), (X - 14, LEVELS[above] + 10)], FORWARD, False))
        parts.append(text(X - 34, (LEVELS[below] + LEVELS[above]) / 2 + 4, label, color=FORWARD))
    if arrows[0][0] == "t":
        parts.append(f'<g transform="translate({X + BAR / 2 + 67 - 24},0)">'
                     f'<rect x="0" y="{LEVELS["y"] - 9}" width="48" height="18" rx="4" fill="#f4f4f4" '
                     'stroke="#333333"/>'
                     + text(24, LEVELS["y"] + 4, "target", anchor="middle") + "</g>")
    for source, to, label, color, lane in arrows:
        parts.append(feedback(source, to, label, color, lane))
    parts.append(text(8, 246, rules, 11, "#333333"))
    return f'<g transform="translate({left},{top})">' + "\n".join(parts) + "</g>"


def main():
    rows = -(-len(PANELS) // COLUMNS)
    width, height = WIDTH * COLUMNS, TOP + HEIGHT * rows + 22
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
          'font-family="Helvetica, Arial, sans-serif">')
    print("<title>What brings the output error to the hidden layers</title>")
    print(f'<rect width="{width}" height="{height}" fill="#ffffff"/>')
    for number, entry in enumerate(PANELS):
        print(panel(number, *entry))
    x = 8
    for color, words in ((FORWARD, "forward pass"), (SHARED, "feedback made of the weights"),
                         (FIXED, "random and fixed"), (LEARNED, "random at first, learned")):
        print(arrow([(x, height - 14), (x + 28, height - 14)], color, color != FORWARD))
        print(text(x + 34, height - 10, words))
        x += 60 + 6.2 * len(words)
    print("</svg>")


main()
