"""Whether a program printed what a page says it prints.

Spaces count as one, numbers agree within 1e-6 of their size, and `...` stands for anything within its line, or for any
lines where it has a line of its own.
"""
import re

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
TOKEN = re.compile(rf"(?P<dots>\.\.\.)|(?P<number>{NUMBER})|(?P<space>\s+)|(?P<other>.)")
TOLERANCE = 1e-6


def line_matches(wanted, seen):
    pattern, numbers = "", []
    for token in TOKEN.finditer(wanted.strip()):
        if token.lastgroup == "number":
            pattern += f"({NUMBER})"
            numbers.append(float(token.group()))
        else:
            pattern += {"dots": ".*?", "space": r"\s+", "other": re.escape(token.group())}[token.lastgroup]
    match = re.fullmatch(pattern, seen.strip())
    return match is not None and all(abs(float(value) - number) <= TOLERANCE * abs(number)
                                     for value, number in zip(match.groups(), numbers))


def difference(wanted, seen):
    """[] or what is not as it should be."""
    wanted = [line for line in wanted.strip().splitlines()]
    seen = [line for line in seen.strip().splitlines()]

    def matches(i, j):
        """Whether the lines wanted[i:] describe seen[j:]."""
        while i < len(wanted):
            if wanted[i].strip() == "...":
                return any(matches(i + 1, k) for k in range(j, len(seen) + 1))
            if j == len(seen) or not line_matches(wanted[i], seen[j]):
                return False
            i, j = i + 1, j + 1
        return j == len(seen)

    if matches(0, 0):
        return []
    return ["the page says", *("    " + line for line in wanted), "printed was", *("    " + line for line in seen)]
