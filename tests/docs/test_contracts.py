"""Every function, constant and field of the public headers says what it is: functions which errors they return and
since when. Doxygen warns about a comment that is missing, and is not everywhere.

usage: test_contracts.py INCLUDE_DIRECTORY
"""
import pathlib
import re
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "abi"))
from tap import Tap  # noqa: E402

FUNCTION = re.compile(r"(?:/\*\*(?P<comment>(?:(?!\*/).)*)\*/\n)?^FA_API (?P<type>[\w *]+?)(?P<name>fa_\w+)\(",
                      re.M | re.S)
BODY = re.compile(r"^typedef (?:struct|enum) \w+ \{\n(.*?)^\} \w+;", re.M | re.S)


def of_function(match):
    comment, name = match.group("comment"), match.group("name")
    if comment is None:
        return [f"{name}: no comment"]
    problems = [] if re.search(r"Since\s(\* )?0\.\d", comment) else [f"{name}: since when?"]
    if match.group("type").strip() == "fa_status" and not re.search(r"FA_ERR_\w+|\b[Ee]rrors\b", comment):
        problems.append(f"{name}: which errors?")
    return problems


def of_members(text):
    """Fields and constants: a comment before, or behind."""
    problems = []
    for body in BODY.findall(text):
        before = False
        for line in re.sub(r"/\*\*(?!<).*?\*/", "/** */", body, flags=re.S).splitlines():
            if line.strip().startswith("/** */"):
                before = True
            elif re.match(r"^    (?! )[\w(].*[;,=]|^    FA_\w+$", line):
                if not before and "/**<" not in line:
                    problems.append(line.strip())
                before = False
    return problems


def main():
    tap = Tap()
    text = ("/** A. */\nFA_API fa_status fa_a(void);\nFA_API int fa_b(void);\n"
            "/** B. Errors as above. Since 0.1. */\nFA_API fa_status fa_c(int);\n"
            "typedef enum e {\n    FA_A = 1, /**< a */\n    /** b */\n    FA_B = 2,\n    FA_C = 3\n} e;\n")
    found = sum(map(of_function, FUNCTION.finditer(text)), []) + of_members(text)
    tap.check("what is missing is found",
              [] if found == ["fa_a: since when?", "fa_a: which errors?", "fa_b: no comment", "FA_C = 3"] else found)
    for header in sorted(pathlib.Path(sys.argv[1]).glob("*.h")):
        text = header.read_text(encoding="utf-8")
        tap.check(header.name, sum(map(of_function, FUNCTION.finditer(text)), []) + of_members(text))
    tap.done()


main()
