"""The Markdown files as Doxygen reads them.

Doxygen 1.9 knows GitHub's anchors, links to headings of other files and links to sources not, sees commands in prose
and ends a code span at an apostrophe. So each page gets a name, each heading an anchor, each link the address of what
it leads to on the site.
"""
import os
import re

from headers import group
from links import AUTOLINK, FENCE, HEADING, IMAGES, INLINE, headings, is_external, whole

TAGS = "a|br|code|details|em|img|kbd|p|strong|sub|summary|sup"
COMMENT = re.compile(r"<!--.*?-->\n?", re.S)


def page_id(path):
    """`path` is relative to the root of the tree."""
    if path == "README.md":
        return "index"
    return re.sub(r"\W+", "_", re.sub(r"^docs/", "", path).removesuffix(".md").lower().replace("/readme", ""))


class Site:
    """What is on the site: pages by their path; other files that pages link to are collected in `sources`."""

    def __init__(self, root, paths):
        self.root, self.paths = root, set(paths)
        self.sources, self.images = set(), set()

    def address(self, page, target):
        """Where a link of `page` leads on the site; None if there is nothing of it."""
        if is_external(target):
            return target
        file, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page), file)) if file else page
        if os.path.isdir(self.root / path):
            path = f"{path}/README.md"
        if path in self.paths:
            return f"{page_id(path)}.html" + (f"#{page_id(path)}_{anchor}" if anchor else "")
        if path == "include/fa/fa.h":
            return "modules.html"
        if path.startswith("include/fa/"):
            return f"group__{group(self.root / path).replace('_', '__')}.html"
        if path.endswith(IMAGES):
            self.images.add(path)
            return os.path.basename(path)
        if os.path.isfile(self.root / path):
            self.sources.add(path)
            return f"{path.replace('/', '_')}.txt"
        return None

    def prose(self, page, line):
        """One line outside fences, in what Doxygen reads as the same."""
        done = []

        def keep(html):
            done.append(html)
            return f"\0{len(done) - 1}\0"

        def link(match):
            text, address = match.group("text"), self.address(page, match.group("target"))
            if match.group(1):
                return keep(f'<img src="{address}" alt="{text}"/>')
            text = escape(INLINE.sub(link, text))
            return keep(f'<a href="{address}">{text}</a>' if address else text)

        line = re.sub(r"(`+)(.+?)\1", lambda span: keep(code_span(span.group(2))), line)
        line = escape(INLINE.sub(link, line))
        line = AUTOLINK.sub(lambda match: keep(f'<a href="{match.group("target")}">{match.group("target")}</a>'), line)
        while "\0" in line:
            line = re.sub(r"\0(\d+)\0", lambda mark: done[int(mark.group(1))], line)
        return line

    def for_doxygen(self, page):
        """The text of the page at the path `page`."""
        text = COMMENT.sub("", (self.root / page).read_text(encoding="utf-8"))
        text = whole(text)
        names = {number: (level, anchor) for number, level, _, anchor in headings(text)}
        lines, marks = [], None
        for number, line in enumerate(text.splitlines(), 1):
            fence = FENCE.match(line)
            if fence:
                marks = None if marks and line.strip() == marks else marks or fence.group(1)
                lines.append(line)
            elif marks:
                lines.append(line)
            elif number in names:
                level, anchor = names[number]
                title = self.prose(page, HEADING.match(line).group(2))
                name = f"{page_id(page)}_{anchor}" if level > 1 else page_id(page).replace("index", "mainpage")
                # The sections of the main page would stand in the navigation before those of the site.
                if level > 1 and page == "README.md":
                    lines.append(f'<h{level} id="{name}">{title}</h{level}>\n')
                else:
                    lines.append(f"{'#' * level} {title} {{#{name}}}")
            else:
                lines.append(self.prose(page, line))
        return "\n".join(lines) + "\n"

    def made_for_doxygen(self, path):
        """The same of a page that the build has made: its headings have their anchors, and it has no fences."""
        return "".join((line if line.startswith("#") else self.prose(path.name, line)) + "\n"
                       for line in path.read_text(encoding="utf-8").splitlines())


def escape(text):
    """What means something to Doxygen alone, or would be a tag. Markdown's own escapes stay."""
    text = re.sub(r"\\(?=[A-Za-z0-9])|@(?=\w)", r"\\\g<0>", text)
    text = re.sub(r"#(?=\w)", r"\\#", text)
    text = re.sub(r"\"(?![^<>]*>)", "&quot;", text)
    return re.sub(rf"<(?!/?(?:{TAGS})\b|https?:)", "&lt;", text)


def code_span(text):
    """HTML: Doxygen's own code spans end at an apostrophe. Names of functions become links in it."""
    text = text.replace(r"\|", "|") # as it is in tables
    text = re.sub(r"[\\@#%*|`]|(?<!\w)_|_(?!\w)|---?", r"\\\g<0>", text)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, entity)
    return f"<code>{text}</code>"
