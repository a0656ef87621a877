"""Links and headings of a Markdown page: for the test of the links, and for the Doxygen pages."""
import pathlib
import re

FENCE = re.compile(r"^ *(```+|~~~+)")
HEADING = re.compile(r"^(#{1,6}) +(.*?) *#*$")
INLINE = re.compile(r"(!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\](?:\([^)]*\))?)*)\]"
                    r"\(<?(?P<target>[^)\s>]+)>?(?: +\"[^\"]*\")?\)")
DEFINITION = re.compile(r"^ *\[[^\]]+\]: *<?(?P<target>\S+?)>?(?: .*)?$")
HTML = re.compile(r"<(?:img|a)\b[^>]*?\b(?:src|href)=\"(?P<target>[^\"]+)\"")
GOES_ON = re.compile(r"^[^\[\]]*\]\(")
AUTOLINK = re.compile(r"<(?P<target>https?://[^>\s]+)>")
ANCHOR = re.compile(r"<a\b[^>]*?\b(?:id|name)=\"([^\"]+)\"")
IMAGES = (".svg", ".png", ".gif", ".jpg")


def whole(text):
    """`text` with code spans and links that go on in the next line brought into one."""
    lines, marks = [], None
    for line in text.splitlines():
        fence = FENCE.match(line)
        if fence:
            marks = None if marks and line.strip() == marks else marks or fence.group(1)
        elif marks is None and lines and line and not FENCE.match(lines[-1]) and (
                lines[-1].count("`") % 2 == 1 or GOES_ON.match(line) and lines[-1].count("[") > lines[-1].count("]")):
            lines[-1] += " " + line.strip()
            continue
        lines.append(line)
    return "\n".join(lines)


def prose(text):
    """(line number, line) outside fences; code spans are kept in shape, but hold nothing that looks like a link."""
    marks = None
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence:
            marks = None if marks and line.strip() == marks else marks or fence.group(1)
        elif marks is None:
            yield number, re.sub(r"(`+)(.+?)\1", lambda span: "`" + "x" * len(span.group(2)) + "`", line)


def slug(heading):
    """The anchor that GitHub gives to a heading."""
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    plain = re.sub(r"[`*]|<[^>]+>|(?<!\w)_|_(?!\w)", "", plain)
    return re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")


def headings(text):
    """(line number, level, title, anchor) of every heading; a title that returns has its number in the anchor."""
    lines, seen = text.splitlines(), {}
    for number, _ in prose(text):
        match = HEADING.match(lines[number - 1])
        if match:
            anchor = slug(match.group(2))
            count = seen[anchor] = seen.get(anchor, -1) + 1
            yield number, len(match.group(1)), match.group(2), f"{anchor}-{count}" if count else anchor


def anchors(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    return {anchor for *_, anchor in headings(text)} | {a for _, line in prose(text) for a in ANCHOR.findall(line)}


def links(text):
    """(line number in whole(text), target) of every link and image, those in the text of a link too."""
    for number, line in prose(whole(text)):
        targets = [match.group("target") for match in DEFINITION.finditer(line)]
        while (match := INLINE.search(line)) is not None:
            targets.append(match.group("target"))
            line = line[:match.start()] + match.group("text") + line[match.end():]
        targets += [match.group("target") for pattern in (HTML, AUTOLINK) for match in pattern.finditer(line)]
        for target in targets:
            yield number, target


def is_external(target):
    return re.match(r"[a-z]+:", target) is not None
