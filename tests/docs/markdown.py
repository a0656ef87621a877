"""The code blocks of a Markdown page, with what the comment before each says about its test.

    <!-- test: WORDS -->      on the line before a fence; most blocks need none
        file=NAME             write the block to NAME; blocks of one page with the same name are joined in order
        compile               a C file: only compiled
        context=NAME          a C fragment: put into contexts/NAME.c in the place of its line /* FRAGMENT */
        output                text: what the block before has to print
        same                  it has to print what the block before it printed
        status=N              the exit status wanted, if it is not 0
        needs=NAME,NAME       programs or Python modules without which it is left out, but not in the suite `extra`
        none REASON           not run
"""
import dataclasses
import pathlib
import re

RUN_LANGUAGES = ("c", "python", "sh")
FENCE = re.compile(r"^( *)(```+|~~~+) *([\w+.-]*)(.*)$")
DIRECTIVE = re.compile(r"^ *<!-- *test: *(.*?) *-->$")


class PageError(Exception):
    """A page that says something the tests do not understand."""


@dataclasses.dataclass
class Block:
    language: str
    text: str
    line: int                    # of its first line of code
    file: str = ""
    context: str = ""
    compile_only: bool = False
    output: bool = False
    same: bool = False
    status: int = 0
    needs: tuple = ()
    none: str = ""               # the reason why it is not run

    @property
    def runs(self):
        return not self.none and (self.output or bool(self.file) or self.language in RUN_LANGUAGES)


def read_directive(block, words, where):
    """Put the words of a comment into `block`."""
    words = words.split()
    if words[:1] == ["none"]:
        block.none = " ".join(words[1:])
        if len(block.none) < 4:
            raise PageError(f"{where}: `none` wants a reason")
        return
    for word in words:
        key, _, value = word.partition("=")
        if word == "compile":
            block.compile_only = True
        elif word in ("output", "same"):
            setattr(block, word, True)
        elif key in ("file", "context") and re.fullmatch(r"[\w.-]+", value):
            setattr(block, key, value)
        elif key == "status" and value.isdigit():
            block.status = int(value)
        elif key == "needs" and value:
            block.needs = tuple(value.split(","))
        else:
            raise PageError(f"{where}: what is `{word}`?")
    if not words:
        raise PageError(f"{where}: an empty comment")


def check(block, where):
    """Refuse what would silently not be tested."""
    if block.none:
        return
    known = block.language in RUN_LANGUAGES or block.language == "text" or block.file
    if not known:
        language = block.language or "no language"
        raise PageError(f"{where}: a block in `{language}` wants a file, a reason, or the name text")
    if block.output and block.language != "text":
        raise PageError(f"{where}: output is a text block")
    if block.context and block.language != "c" or block.context and block.file:
        raise PageError(f"{where}: a context is for C, and without a file")
    if block.language == "c" and not (block.file or block.context) and "int main(" not in block.text:
        raise PageError(f"{where}: a C fragment wants a file or a context")


def is_code_by_indent(lines, number):
    """Whether the line is code for Markdown: after an empty line, and not in a list."""
    if number and lines[number - 1].strip():
        return False
    before = next((line for line in reversed(lines[:number]) if line.strip() and not line.startswith("    ")), "")
    return re.match(r" *([*+-]|\d+\.) |  ", before) is None


def blocks(page):
    """All fenced blocks of the file `page`, in order."""
    found = []
    lines = pathlib.Path(page).read_text(encoding="utf-8").splitlines()
    directive, number = None, 0
    while number < len(lines):
        line, where = lines[number], f"line {number + 1}"
        number += 1
        fence = FENCE.match(line)
        if fence is None:
            if line.startswith("    ") and line.strip() and is_code_by_indent(lines, number - 1):
                raise PageError(f"{where}: code by indentation; use a fence")
            if directive is not None:
                raise PageError(f"{where}: the comment before it is not followed by a block")
            comment = DIRECTIVE.match(line)
            if comment is None and line.lstrip().startswith("<!-- test"):
                raise PageError(f"{where}: a comment that is not of the form <!-- test: WORDS -->")
            directive = comment.group(1) if comment else None
            continue
        indent, marks, language = len(fence.group(1)), fence.group(2), fence.group(3)
        first = number
        while number < len(lines) and lines[number].strip() != marks:
            number += 1
        if number == len(lines):
            raise PageError(f"{where}: this block has no end")
        text = "".join(code[min(indent, len(code) - len(code.lstrip())):] + "\n" for code in lines[first:number])
        number += 1
        block = Block(language, text, first + 1)
        if directive is not None:
            read_directive(block, directive, where)
            directive = None
        check(block, where)
        found.append(block)
    if directive is not None:
        raise PageError("the last line: a comment without a block")
    return found
