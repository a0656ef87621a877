"""The public headers as Doxygen reads them: line for line, with a group for each.

A header opens with an ordinary comment; its text becomes that of the group. Its comments hold a few notations that are
plain in a text and mean something else to Doxygen.
"""
import re

REWRITES = [
    # A group of functions opens and closes in one line; @name would take the rest of it for its title.
    (r"^/\*\* @\} @name ", "/** @} */ /** @name "),
    (r"^(.*/\*\* @name .*) @\{ \*/$", r"\1 */ /** @{ */"),
    # Two dots, and the product element by element, do not end a sentence.
    (r" \.\. ", " … "),
    (r" \.\* ", " ∘ "),
    # Paragraphs of their own.
    (r"Threads: ", "@threads "),
    (r"Since ([0-9]+\.[0-9]+)\.(?= *(\*/)?$)", r"@since \1"),
    (r"Since ([0-9]+\.[0-9]+)\.", r"@since \1,"),
]
# Not <fa/x.h>, which Doxygen takes for a tag; not in code.
INCLUDE = re.compile(r"<(fa/\w+\.h)>")


def group(header):
    return f"fa_{header.stem}_h"


def opening_comment(text):
    """(first sentence without "libfa -- ", the rest) of the header's first comment."""
    comment = re.match(r"/\* libfa -- (.*?)\*/", text, re.S).group(1)
    lines = [re.sub(r"^ \* ?", "", line) for line in comment.splitlines()]
    lines = "\n".join(lines).partition("SPDX-License-Identifier")[0].strip()
    brief, _, rest = lines.partition("\n\n")
    return re.sub(r"\s+", " ", brief), rest


def rewritten(line):
    for pattern, replacement in REWRITES:
        line = re.sub(pattern, replacement, line)
    return line


def for_doxygen(header):
    text = header.read_text(encoding="utf-8")
    name = group(header)
    text = text.replace("\n\nFA_BEGIN_DECLS\n", f"\n/** @addtogroup {name}\n * @{{ */\n")
    text = re.sub(r"^FA_END_DECLS$", "/** @} */", text, flags=re.M)
    lines = []
    for line in text.splitlines():
        if re.match(r"^ *(/?\*|//)", line) or "/**" in line:
            line = INCLUDE.sub(r"\1", rewritten(line))
        lines.append(line)
    return "/** @file */ " + "\n".join(lines) + "\n"


def groups(headers):
    """A page of definitions, in the order of `headers`."""
    parts = []
    for header in headers:
        brief, rest = opening_comment(header.read_text(encoding="utf-8"))
        if " .* " in header.read_text(encoding="utf-8"):
            rest += "\n\nx ∘ y multiplies element by element."
        brief = brief[0].upper() + brief[1:]
        rest = INCLUDE.sub(r"\1", "\n".join(map(rewritten, rest.splitlines())))
        parts.append(f"/** @defgroup {group(header)} fa/{header.name}\n * @brief {brief}\n *\n"
                     f" * @code\n * #include <fa/{header.name}>\n * @endcode\n *\n" +
                     "".join(f" * {line}\n" for line in rest.splitlines()) + " */\n")
    return "\n".join(parts)


def names(headers):
    """A page with every function, by name; Doxygen makes the links."""
    found = sorted(name for header in headers
                   for name in re.findall(r"^FA_API [^;]*?\b(fa_\w+)\(", header.read_text(encoding="utf-8"), re.M))
    return f"# All functions {{#names}}\n\n{len(found)} functions.\n\n" + "".join(f"* {name}()\n" for name in found)
