"""The manual that was built: the site's links lead somewhere, nothing comes from elsewhere, every public symbol is
there, and the pages say what their sources say.

usage: test_site.py SOURCE_ROOT HTML MAN3 COMMAND...
COMMAND with an output directory in the place of @OUTDIR@ builds it again: the bytes have to be the same.
"""
import filecmp
import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent.parent / "docs" / "site"), str(here.parent / "abi")]
from links import INLINE, whole  # noqa: E402
from pages import page_id  # noqa: E402
from tap import Tap  # noqa: E402

FETCHES = {"img": "src", "script": "src", "iframe": "src", "object": "data"}


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.fetched = set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        if tag in ("a", "area") and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag in FETCHES and attributes.get(FETCHES[tag]):
            self.fetched.append(attributes[FETCHES[tag]])
        if tag == "link" and attributes.get("href"):
            self.fetched.append(attributes["href"])


def broken(directory, pages):
    """Links of pages and of the navigation that lead nowhere."""
    problems = []
    wanted = [(name, link) for name, page in pages.items() for link in page.links + page.fetched]
    # The others of its scripts look up pages that may not be there.
    for script in (path for path in directory.glob("*.js") if "navtreeindex" not in path.name):
        text = script.read_text(encoding="utf-8")
        wanted += [(script.name, link) for link in re.findall(r'"([\w-]+\.html(?:#[^"]*)?|@[^"]*)"', text)]
    for name, link in wanted:
        if re.match(r"(https?|mailto|javascript):", link):
            continue
        file, _, anchor = urllib.parse.unquote(link).partition("#")
        goal = file or name
        if not (directory / goal).is_file():
            problems.append(f"{name}: {link} does not exist")
        elif anchor and (goal not in pages or anchor not in pages[goal].anchors):
            problems.append(f"{name}: {link}: there is no such place")
    return sorted(set(problems))


def from_elsewhere(directory, pages):
    problems = [f"{name}: {link}" for name, page in pages.items() for link in page.fetched if "//" in link]
    return problems + [f"{path.name} fetches" for path in directory.glob("*.css")
                       if re.search(r"url\(['\"]?https?:|@import", path.read_text(encoding="utf-8"))]


def seen(path):
    """The text that a browser shows of a page, spaces as one."""
    text = re.sub(r"</?(?:td|th|tr|p|li|div|h\d)\b[^>]*>", " ", path.read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text)))


def words(text):
    """Letters and digits alone: what marks of Markdown stand between does not count."""
    return " " + " ".join(re.findall(r"[^\W_]+", text)) + " "


def lost(source, directory):
    """What a page has and the site has not: code spans to the letter, lines word for word."""
    problems = []
    for path in [*source.glob("*.md"), *(source / "docs").rglob("*.md")]:
        name = str(path.relative_to(source))
        shown = seen(directory / f"{page_id(name)}.html")
        text = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.S)
        unfenced = whole(re.sub(r"^ *```.*?^ *```$", "", text, flags=re.S | re.M))
        for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", unfenced):
            if re.sub(r"\s+", " ", span).replace("\\|", "|").strip() not in shown:
                problems.append(f"{name}: {span}")
        shown = words(shown)
        for line in whole(text).splitlines():
            while (link := INLINE.search(line)) is not None:
                line = line[:link.start()] + ("" if link.group(1) else link.group("text")) + line[link.end():]
            line = re.sub(r"^ *\d+\. |^ *```.*", "", line)
            for part in line.split("|") if line.startswith("|") else [line]:
                if "<" not in part and words(part).strip() and words(part) not in shown:
                    problems.append(f"{name}: {part}")
    return problems


def markup(directory):
    """What Doxygen has not understood stands in a page as it writes it: commands and tags."""
    return [f"{path.name}: {found[0]}" for path in sorted(directory.glob("*.html"))
            if (found := re.search(r"\\ilinebr|class=.?markdownTable|</(td|tr|code)>", seen(path)))]


def public_names(include):
    """Functions, types, constants of the headers."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(include.glob("*.h")))
    functions = re.findall(r"^FA_API [^;]*?\b(fa_\w+)\(", text, re.M)
    types = re.findall(r"^typedef (?:struct|enum) (fa_\w+)", text, re.M)
    callbacks = re.findall(r"^typedef [^;{]*\(\*(fa_\w+)\)\(", text, re.M)
    constants = re.findall(r"^    (FA_[A-Z0-9_]+)(?: = [^,\n]*)?,? *(?:/\*\*<.*)?$", text, re.M)
    macros = [name for name in re.findall(r"^#define (FA_\w+)", text, re.M)
              if name not in ("FA_API", "FA_BEGIN_DECLS", "FA_END_DECLS")]
    return functions, sorted({*types, *callbacks, *constants, *macros})


def not_in_reference(directory, names):
    text = "\n".join(path.read_text(encoding="utf-8") for pattern in ("group__*.html", "struct*.html")
                     for path in directory.glob(pattern))
    return [f"{name}: the reference does not have it" for name in names if not re.search(rf"\b{name}\b", text)]


def without_page(man3, names):
    problems = []
    for name in names:
        path = man3 / f"{name}.3"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.startswith(".so man3/"):
            path = man3 / text.split("/")[-1].strip()
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if name not in text:
            problems.append(f"{name}: no page has it")
    return problems


def lint(man3):
    pages = [path for path in sorted(man3.iterdir()) if not path.read_text(encoding="utf-8").startswith(".so ")]
    result = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *pages], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, check=False)
    return result.stdout.splitlines() + ([f"status {result.returncode}"] if result.returncode else [])


def differences(first, second):
    compared = filecmp.dircmp(first, second)
    found = compared.left_only + compared.right_only
    found += filecmp.cmpfiles(first, second, compared.common_files, shallow=False)[1]
    return found + [name for inner in compared.common_dirs
                    for name in differences(f"{first}/{inner}", f"{second}/{inner}")]


def again(directory, man3, command):
    with tempfile.TemporaryDirectory(prefix="libfa-site-") as work:
        result = subprocess.run([word.replace("@OUTDIR@", work) for word in command], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode != 0:
            return result.stdout.splitlines()
        return [f"{name}: other bytes" for pair in ((directory, f"{work}/html"), (man3, f"{work}/man3"))
                for name in differences(*pair)]


def main():
    source, directory, man3 = map(pathlib.Path, sys.argv[1:4])
    tap = Tap()
    pages = {path.name: Page(path) for path in directory.glob("*.html")}
    functions, others = public_names(source / "include" / "fa")
    tap.check(f"{len(pages)} pages of the site: every link leads somewhere", broken(directory, pages))
    tap.check("the site has what the pages have", lost(source, directory))
    tap.check("and no page shows markup", markup(directory))
    tap.check("nothing is fetched from elsewhere", from_elsewhere(directory, pages))
    tap.check(f"{len(functions)} functions and {len(others)} other names are in the reference",
              not_in_reference(directory, [*functions, *others]))
    tap.check("those are all", [] if len(functions) > 200 and len(others) > 100 else [str(functions), str(others)])
    tap.check("each has a manual page", without_page(man3, [*functions, *others]))
    tap.check("mandoc finds no fault in the manual pages", lint(man3))
    tap.check("built elsewhere it has the same bytes", again(directory, man3, sys.argv[4:]))
    tap.done()


main()
