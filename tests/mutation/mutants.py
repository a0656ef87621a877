"""Small faults in C source text: an operator, a constant or a return at a time.

A tokenizer is enough: clang-format keeps the tree in one layout, where a binary operator has blanks on both sides and a
unary one has none behind it. What does not compile, or compiles to the same code, is found by compiling it.
"""
import hashlib
import re
from dataclasses import dataclass

TOKEN = re.compile(r"""
    (?P<comment>   /\*.*?\*/ | //[^\n]* )
  | (?P<string>    "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
  | (?P<directive> ^[ \t]*\#(?:\\\n|[^\n])* )
  | (?P<number>    (?:0[xX][0-9a-fA-F.]+(?:[pP][+-]?\d+)? | \d[\d.]*(?:[eE][+-]?\d+)?) [a-zA-Z]* )
  | (?P<word>      [A-Za-z_]\w* )
  | (?P<operator>  <<=|>>=|->|\+\+|--|&&|\|\||[-+*/%&|^=!<>]=|<<|>>|[-+*/%&|^!~<>=?:;,.(){}\[\]] )
  | (?P<space>     \s+ )
""", re.X | re.S | re.M)

BINARY = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",), "&": ("|",), "|": ("&",), "^": ("&",),
    "<<": (">>",), ">>": ("<<",), "&&": ("||",), "||": ("&&",), "+=": ("-=",), "-=": ("+=",), "*=": ("/=",),
    "/=": ("*=",), "%=": ("/=",), "&=": ("|=",), "|=": ("&=",), "^=": ("|=",), "<<=": (">>=",), ">>=": ("<<=",),
}
STEP = {"++": ("--",), "--": ("++",)}
WORDS = {"true": ("false",), "false": ("true",)}
COMMENT = re.compile(r"\s*/\*.*?(?:\*/|$)")
FUNCTION = re.compile(r"(?:kernels_name\s*\(\s*(\w+)\s*\)|(\w+))\s*\(")
ARRAY = re.compile(r"^\s*(?:static |const |_Thread_local )*\w+ +\*?\w+\[$")


@dataclass(frozen=True)
class Mutant:
    file: str      # below the root, with /
    line: int      # from 1
    start: int     # what text[start:end] becomes
    end: int
    new: str
    change: str    # "< -> <=", and " #2" for the second such token of its line
    text: str      # the line without the blanks around it and without comments
    function: str  # or "" at file scope
    number: int    # among the file's lines of the same function and text

    def digest(self, salt):
        """A number that depends on nothing but what and where it is: line numbers may move."""
        name = "\0".join((str(salt), self.file, self.function, self.text, str(self.number), self.change))
        return hashlib.sha256(name.encode()).hexdigest()

    def apply(self, source):
        return source[:self.start] + self.new + source[self.end:]

    def __str__(self):
        return f"{self.file}:{self.line}: {self.text}    [{self.change}]"


def constant(token):
    """Another value for a number: 1 for 0, 0 for 1, else one more."""
    whole = re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)", token)
    if not whole:
        return () if re.search(r"[g-wyzG-WYZ]{2}", token) else (f"({token} + 1)",)
    digits = whole[1].lower()
    base, form = (16, "0x%x") if digits.startswith("0x") else (8, "0%o") if re.match(r"0\d", digits) else (10, "%d")
    value = int(digits, base)
    return (form % {0: 1, 1: 0}.get(value, value + 1) + whole[2],)


def returns(source, end):
    """What a return at `end` may return instead, and the text that stands for the expression."""
    depth = 0
    for found in TOKEN.finditer(source, end):
        token, stop = found.group(), found.start()
        if token == ";" and depth == 0:
            break
        depth += (token in "({[") - (token in ")}]")
    value = source[end:stop].strip()
    if value == "FA_OK":
        return stop, ((" (fa_status)-1", "return FA_OK -> return -1"),)
    if value in ("", "NULL", "true", "false") or re.fullmatch(r"-?[\d.]+", value) or re.match(r"\(\w+\)\{", value):
        return stop, ()
    return stop, ((f" ({value}, 0)", "return -> return 0"),)


class Scope:
    """Where a token stands: in which function, in an initializer or enumeration, or nowhere that counts."""

    def __init__(self):
        self.depth, self.head, self.kind, self.function = 0, "", "", ""

    def feed(self, token):
        if self.depth == 0:
            if token == "{":
                self.open()
            elif token == ";":
                self.head, self.kind, self.function = "", "", ""
            elif token == "=":
                self.kind = "values"
            self.head += " " + token
        self.depth += (token == "{") - (token == "}")
        if token == "}" and self.depth == 0 and self.kind == "function":
            self.head, self.kind, self.function = "", "", ""

    def open(self):
        name = FUNCTION.search(self.head)
        if self.kind == "values" or re.search(r"\benum\b", self.head):
            self.kind = "values"
        elif name:
            self.kind, self.function = "function", name[1] or name[2]
        else:
            self.kind = "type"

    def mutable(self):
        return self.kind == "function" and self.depth > 0 or self.kind == "values"


def changes(source, found, previous):
    """(end, text, description) of what may stand for a token."""
    kind, token = found.lastgroup, found.group()
    end = found.end()
    before, after = source[found.start() - 1], source[end:end + 1]
    if kind == "number":
        line = source[source.rfind("\n", 0, found.start()) + 1:found.start()]
        if ARRAY.match(line) and after == "]" or line.endswith("aligned("):
            return []  # a longer array or another alignment is no fault
        return [(end, new, f"{token} -> {new}") for new in constant(token)]
    if kind == "word" and token in WORDS:
        return [(end, new, f"{token} -> {new}") for new in WORDS[token]]
    if kind == "word" and token == "return":
        stop, found_returns = returns(source, end)
        return [(stop, "return" + new, description) for new, description in found_returns]
    if kind != "operator":
        return []
    if token in STEP:
        return [(end, new, f"{token} -> {new}") for new in STEP[token]]
    if token in BINARY and before.isspace() and after.isspace():
        return [(end, new, f"{token} -> {new}") for new in BINARY[token]]
    if token in "!~" or token == "-" and (previous in "(,=?:[{<>" or before.isspace()) and not after.isspace():
        return [(end, " ", f"{token} -> nothing")]
    return []


def mutants_of(file, source):
    """All mutants of a file, in order."""
    lines = source.split("\n")
    scope, previous, result = Scope(), "", []
    seen, at_line, numbers, taken = {}, 0, {}, {}
    for found in TOKEN.finditer(source):
        if found.lastgroup in ("comment", "space", "directive"):
            continue
        token = found.group()
        scope.feed(token)
        line = source.count("\n", 0, found.start()) + 1
        text = COMMENT.sub("", lines[line - 1]).strip()
        if line != at_line:
            at_line, taken = line, {}
            numbers[scope.function, text] = numbers.get((scope.function, text), -1) + 1
        if scope.mutable() and "_Static_assert" not in text:
            for end, new, change in changes(source, found, previous):
                count = taken[change] = taken.get(change, 0) + 1
                change += f" #{count}" if count > 1 else ""
                result.append(Mutant(file, line, found.start(), end, new, change, text, scope.function,
                                     numbers[scope.function, text]))
        previous = token
    return result
