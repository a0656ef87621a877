#!/usr/bin/env bash
# The warnings meson.build asks for, as errors, over lib/, tests/, examples/ and bench/ by the compilers named, without
# building: every command of the database with -fsyntax-only.
#
# usage: warnings.sh COMPILER ...      build-warnings-COMPILER is configured anew for each
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
[ $# -gt 0 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
status=0
for compiler in "$@"; do
    build=build-warnings-$(basename "$compiler")
    rm -rf "$build"
    CC=$compiler meson setup "$build" -Dwerror=true -Dtests=enabled -Dexamples=enabled -Dbench=enabled >/dev/null ||
        exit 2
    python3 - "$build" >"$build/warnings.commands" <<'PYTHON'
import json, shlex, sys
seen = set()
for entry in json.load(open(sys.argv[1] + "/compile_commands.json")):
    words = shlex.split(entry["command"])
    # Not where the object and its list of headers go; what is left tells whether the same command came before.
    for option in ("-o", "-MF", "-MQ"):
        while option in words:
            at = words.index(option)
            del words[at:at + 2]
    words = [word for word in words if word not in ("-MD", "-c")] + ["-fsyntax-only"]
    if tuple(words) not in seen:
        seen.add(tuple(words))
        print(shlex.join(["cd", entry["directory"]]), "&&", shlex.join(words))
PYTHON
    count=$(wc -l <"$build/warnings.commands")
    [ "$count" -ge 300 ] || { echo "warnings: only $count commands for $compiler" >&2; exit 2; }
    if xargs -P"${JOBS:-$(nproc)}" -d'\n' -n1 sh -c <"$build/warnings.commands"; then
        echo "warnings: $compiler: none in $count commands, $SECONDS s"
    else
        echo "warnings: $compiler: warnings in $count commands, $SECONDS s"
        status=1
    fi
done
exit $status
