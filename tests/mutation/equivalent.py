"""The mutants that no test can or need see: equivalent.txt.

Blocks between empty lines; a line that starts with # is a comment. Each block names

    file: lib/blas.c                                  may be a pattern, such as lib/*
    line: for (size_t i = 0; i < n; i += STRIP) {     the source line, any number of these
    in: mirror                                        optional: only in this function
    change: < -> <=                                   the mutation, any number; or: any
    reason: ...

A line may begin or end with ... for a part of it. A line or change of a block that fits no mutant is stale.
"""
import fnmatch
from dataclasses import dataclass, field


@dataclass
class Entry:
    number: int  # of its first line
    file: str = ""
    function: str = ""
    reason: str = ""
    lines: list = field(default_factory=list)
    changes: list = field(default_factory=list)

    def fits_line(self, wanted, mutant):
        if not fnmatch.fnmatchcase(mutant.file, self.file) or self.function not in ("", mutant.function):
            return False
        if wanted.startswith("..."):
            return mutant.text.endswith(wanted[3:]) if not wanted.endswith("...") else wanted[3:-3] in mutant.text
        return mutant.text.startswith(wanted[:-3]) if wanted.endswith("...") else mutant.text == wanted

    def fits(self, mutant):
        return any(self.fits_line(wanted, mutant) for wanted in self.lines) and \
            any(change in ("any", mutant.change) for change in self.changes)


def read(path):
    entries, entry = [], None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            entry = None
            continue
        if entry is None:
            entry = Entry(number)
            entries.append(entry)
        name, _, value = line.partition(": ")
        value = value.strip()
        if name in ("line", "change"):
            getattr(entry, name + "s").append(value)
        elif name in ("file", "in", "reason"):
            setattr(entry, {"in": "function"}.get(name, name), value)
        else:
            raise SystemExit(f"{path}:{number}: what is '{name}'?")
    for entry in entries:
        if not (entry.file and entry.reason and entry.lines and entry.changes):
            raise SystemExit(f"{path}:{entry.number}: a block needs file, line, change and reason")
    return entries


def mark(entries, mutants):
    """Complaints about what fits no mutant."""
    complaints = []
    for entry in entries:
        here = [mutant for mutant in mutants if fnmatch.fnmatchcase(mutant.file, entry.file)]
        for wanted in entry.lines:
            if not any(entry.fits_line(wanted, mutant) and entry.fits(mutant) for mutant in here):
                complaints.append(f"stale, fits nothing: {entry.file}: {wanted}")
        for change in entry.changes:
            if not any(change in ("any", mutant.change) and entry.fits(mutant) for mutant in here):
                complaints.append(f"stale, fits nothing: {entry.file}: {entry.lines[0]}: {change}")
    return complaints


def find(entries, mutant):
    return next((entry for entry in entries if entry.fits(mutant)), None)
