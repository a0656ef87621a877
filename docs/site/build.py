"""Builds the manual with Doxygen: the site below OUTPUT/html, the man pages below OUTPUT/man3.

usage: build.py SOURCE_ROOT OUTPUT VERSION DOXYGEN [PAGE.md...] [--depfile FILE]
Further pages, which the build generates, go to the end of the guide.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
from xml.sax.saxutils import quoteattr

import headers
import man
import pages
from links import links

here = pathlib.Path(__file__).resolve().parent
# Sections of the site: title, directory whose README.md lists its pages in order.
SECTIONS = [("Guide", "docs/guide"), ("Reproduction", "docs/reproduction"), ("Decisions", "docs/adr")]
PROJECT = ["docs/limits.md", "docs/reliability.md", "docs/figures/README.md", "CONTRIBUTING.md", "RELEASING.md",
           "NEWS.md"]


def listed(root, directory):
    """The pages of a directory in the order of its README.md; those that it does not name come last."""
    index = root / directory / "README.md"
    order = [target for _, target in links(index.read_text(encoding="utf-8"))
             if "/" not in target and target.endswith(".md")]
    rest = sorted(p.name for p in (root / directory).glob("*.md") if p.name not in order and p != index)
    return [f"{directory}/{name}" for name in ["README.md", *order, *rest]]


def title(path):
    line = next(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# "))
    return re.sub(r" *\{#\w+\}", "", line[2:]).replace("`", "")


def tab(kind, url, name, inside=""):
    return f'<tab type="{kind}" url={quoteattr(url)} title={quoteattr(name)}>{inside}</tab>\n'


def layout(root, sections, generated):
    """What the navigation shows, and in which order."""
    def entries(paths):
        return "".join(tab("user", f"@ref {pages.page_id(path)}", title(root / path)) for path in paths)

    made = "".join(tab("user", f"@ref {path.stem}", title(path)) for path in generated)
    reference = '<tab type="modules" visible="yes" title="Headers" intro=""/>\n' \
                '<tab type="classlist" visible="yes" title="Structures" intro=""/>\n' \
                '<tab type="user" url="@ref names" title="All functions"/>\n'
    bars = ['<tab type="mainpage" visible="yes" title="Start"/>\n']
    for name, directory in SECTIONS:
        paths = sections[directory]
        inside = entries(paths[1:]) + (made if name == "Guide" else "")
        bars.append(tab("usergroup", f"@ref {pages.page_id(paths[0])}", name, inside))
    bars.insert(2, f'<tab type="usergroup" url="modules.html" title="Reference">{reference}</tab>\n')
    bars.append(tab("usergroup", "[none]", "Project", entries(PROJECT)))
    return f'<doxygenlayout version="1.0"><navindex>\n{"".join(bars)}</navindex></doxygenlayout>\n'


def run(doxygen, work, name, template, settings):
    """Doxygen with the Doxyfile and `settings`; its warnings are errors."""
    text = template + "".join(f"{key} = {value}\n" for key, value in settings.items())
    (work / name).write_text(text, encoding="utf-8")
    result = subprocess.run([doxygen, name], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False)
    if result.returncode != 0:
        sys.exit(f"doxygen: status {result.returncode}\n{result.stdout}")


def prepare(root, work, generated):
    """Headers and pages as Doxygen reads them; the site, and the pages of its sections."""
    sections = {directory: listed(root, directory) for _, directory in SECTIONS}
    paths = ["README.md", *sum(sections.values(), []), *PROJECT]
    site = pages.Site(root, paths)
    (work / "pages").mkdir(parents=True)
    for path in paths:
        (work / "pages" / f"{pages.page_id(path)}.md").write_text(site.for_doxygen(path), encoding="utf-8")
    for path in generated:
        (work / "pages" / path.name).write_text(site.made_for_doxygen(path), encoding="utf-8")
    (work / "headers" / "fa").mkdir(parents=True)
    order = [root / "include" / line.split("<")[1].split(">")[0]
             for line in (root / "include" / "fa" / "fa.h").read_text().splitlines() if line.startswith("#include")]
    for header in order:
        (work / "headers" / "fa" / header.name).write_text(headers.for_doxygen(header), encoding="utf-8")
    (work / "pages" / "names.md").write_text(headers.names(order), encoding="utf-8")
    (work / "headers" / "groups.dox").write_text(headers.groups(order), encoding="utf-8")
    (work / "layout.xml").write_text(layout(root, sections, generated), encoding="utf-8")
    return site


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("version")
    parser.add_argument("doxygen")
    parser.add_argument("pages", nargs="*", type=pathlib.Path)
    parser.add_argument("--depfile", type=pathlib.Path)
    return parser.parse_args()


def read(root, site):
    """What the manual is made from; directories stand for files that may come."""
    yield from sorted(root / path for path in site.paths | site.sources | site.images)
    for directory in (root / "include" / "fa", here, root / "docs" / "man"):
        yield from sorted(path for path in directory.iterdir() if path.is_file())
    yield from (root / directory for _, directory in SECTIONS)


def main():
    asked = arguments()
    root, output = asked.root.resolve(), asked.output.resolve()
    version, doxygen = asked.version, asked.doxygen
    work = output / "doxygen"
    for directory in (work, output / "html", output / "man3"):
        shutil.rmtree(directory, ignore_errors=True)
    site = prepare(root, work, asked.pages)
    template = (here / "Doxyfile.in").read_text().replace("@VERSION@", version).replace("@WORK@", str(work / "headers"))
    run(doxygen, work, "Doxyfile.html", template, {
        "INPUT": "headers pages", "GENERATE_HTML": "YES", "HTML_OUTPUT": output / "html", "HTML_TIMESTAMP": "NO",
        "GENERATE_TREEVIEW": "YES", "LAYOUT_FILE": "layout.xml", "HTML_EXTRA_STYLESHEET": here / "style.css",
        "HTML_DYNAMIC_SECTIONS": "NO", "SEARCHENGINE": "YES", "HTML_COLORSTYLE_SAT": 40})
    for path in (output / "html").glob("dir_*.html"): # of the directory that Doxygen read
        path.unlink()
    for path in (output / "html").glob("*.html"): # anchors with the name of the directory
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r'<a class="anchor" id="md_[^"]*"></a> ?', "", text), encoding="utf-8")
    for path in site.images:
        shutil.copy(root / path, output / "html")
    for path in site.sources:
        shutil.copy(root / path, output / "html" / f"{path.replace('/', '_')}.txt")
    run(doxygen, work, "Doxyfile.man", template, {
        "INPUT": "headers", "GENERATE_MAN": "YES", "MAN_OUTPUT": output, "MAN_EXTENSION": ".3", "MAN_LINKS": "YES"})
    man.tidy(output / "man3", version, man.date(root / "docs" / "man" / "libfa.3"))
    if asked.depfile:
        paths = " ".join(str(path).replace(" ", "\\ ") for path in read(root, site))
        asked.depfile.write_text(f"docs/html: {paths}\n", encoding="utf-8")


main()
