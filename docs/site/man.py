"""Doxygen's man pages, made fit for readers and for mandoc.

A page is that of a header or a structure; the names of its functions and constants lead to it. The names of the fields
of structures do not: `data.3` is nobody's.
"""
import re

SPACING = (".PP", ".br", ".sp")


def date(libfa_3):
    """That of the page libfa(3), so that a build gives the same bytes whenever it is made: (year, month, day)."""
    month, day, year = re.search(r"^\.Dd (\w+) (\d+), (\d+)$", libfa_3.read_text(encoding="utf-8"), re.M).groups()
    months = "January February March April May June July August September October November December".split()
    return f"{year}-{months.index(month) + 1:02}-{int(day):02}"


def without_empty_paragraphs(lines):
    """No paragraph before or after a heading, nor after another one: mandoc warns about each."""
    kept = []
    for line in lines:
        previous = kept[-1] if kept else ".SH"
        if line in SPACING and (previous in SPACING or previous.startswith((".SH", ".SS", ".nh"))):
            continue
        while line.startswith((".SH", ".SS")) and kept and kept[-1] in SPACING:
            kept.pop()
        kept.append(line)
    return [line for i, line in enumerate(kept) if line != ".PP" or not kept[i + 1].startswith((".in", ".TP", ".IP"))]


def page(text, name, version, day):
    text = re.sub(r"^\.TH .*$", f'.TH "{name.upper()}" 3 "{day}" "libfa {version}" "libfa"', text, count=1, flags=re.M)
    # The page of a header stands for all its functions: `apropos` finds them.
    header = re.search(r"\\- (fa/\w+)\\&\.h\n\.PP\n \\- ", text)
    if header:
        names = sorted(set(re.findall(r"^\.RI \".*?\\fB(fa_\w+)\\fP \(", text, re.M)))
        opening = ", ".join([name, *names]).replace("\\", "") + " \\\\- "
        text = re.sub(r"^.* \\- fa/\w+\\&\.h\n\.PP\n \\- ", opening, text, count=1, flags=re.M)
    text = text.partition('.SH "Author"')[0] + '.SH "SEE ALSO"\n\\fBlibfa\\fR(3)\n'
    # \fP means the font before the last change, so nested changes would leave it wrong.
    text = text.replace(r"\fC", r"\fR").replace(r"\fP", r"\fR")
    lines = [re.sub(r"^'", r"\\&'", line.rstrip()) for line in text.splitlines()]
    lines = [re.sub(r"^\.RI \"(.*?) ?\"$", r'.RI "\1"', line) for line in lines if line]
    return "\n".join(without_empty_paragraphs(lines)) + "\n"


def tidy(directory, version, day):
    for path in sorted(directory.iterdir()):
        text = path.read_text(encoding="utf-8")
        if not path.stem.lower().startswith("fa_"):
            path.unlink()
        elif text.startswith(".so "): # Doxygen believes that types are on the page of the file
            path.write_text(re.sub(r"/(\w+)\.h\.3", r"/fa_\1_h.3", text), encoding="utf-8")
        else:
            path.write_text(page(text, path.stem, version, day), encoding="utf-8")
