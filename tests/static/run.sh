#!/usr/bin/env bash
# Static analysis of lib/ and include/: cppcheck, clang-tidy (.clang-tidy) and gcc -fanalyzer. Any finding is a failure.
# What is suppressed says why: .clang-tidy, cppcheck.suppressions beside this script, NOLINT comments in the code, and below.
#
# usage: run.sh [BUILD_DIRECTORY]      configured by Meson; build-static, made here, unless given
# CLANG_TIDY, CPPCHECK, GCC name other programs.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build-static}
tidy=${CLANG_TIDY:-clang-tidy-19}
cppcheck=${CPPCHECK:-cppcheck}
gcc=${GCC:-gcc}
jobs=$(nproc)
for program in "$tidy" "$cppcheck" "$gcc" python3 meson; do
    command -v "$program" >/dev/null || { echo "static: there is no $program" >&2; exit 2; }
done
[ -e "$build/compile_commands.json" ] ||
    meson setup "$build" -Dtests=disabled -Dexamples=disabled -Dbench=disabled -Ddefault_library=static >/dev/null || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
findings=0

# report NAME: the distinct findings in $work/NAME
report() {
    local count
    sort -u "$work/$1" >"$work/$1.sorted"
    count=$(wc -l <"$work/$1.sorted")
    cat "$work/$1.sorted"
    echo "static: $1: $count findings in $SECONDS s"
    findings=$((findings + count))
}

# must STATUS NAME: a tool that did not do its work is no clean result
must() {
    [ "$1" -eq 0 ] || { echo "static: $2 failed with status $1" >&2; tail -n 20 "$work/log" >&2; exit 2; }
}

# One CPU level and element type is enough: the others are the same sources.
"$cppcheck" -q -j"$jobs" --std=c11 --language=c --enable=warning,performance,portability,style --inline-suppr --library=posix \
    --suppressions-list=tests/static/cppcheck.suppressions -Iinclude -Ilib -I"$build/lib" -DFA_KERNELS_LEVEL=baseline \
    -DFA_KERNELS_FLOAT32=1 -D__LP64__ -D__SIZEOF_INT128__=16 --template='{file}:{line}: {severity}: {message} [{id}]' \
    --template-location='' lib >"$work/log" 2>&1
must $? cppcheck
grep -E ': (error|warning|style|performance|portability): ' "$work/log" >"$work/cppcheck"
report cppcheck

# One command a source file, the first in the database.
python3 - "$build" >"$work/commands" <<'EOF'
import json, os, shlex, sys
build = sys.argv[1]
seen = set()
for entry in json.load(open(os.path.join(build, "compile_commands.json"))):
    path = os.path.relpath(os.path.join(entry["directory"], entry["file"]))
    if path.startswith("lib/") and path not in seen:
        seen.add(path)
        arguments = shlex.split(entry["command"])
        while "ccache" in arguments[0]:
            del arguments[0]
        kept = [a for a in arguments[1:] if a.startswith(("-I", "-D", "-std", "-m", "-f"))]
        print(path, " ".join(a if not a.startswith("-I") else
                             "-I" + os.path.relpath(os.path.join(entry["directory"], a[2:])) for a in kept))
EOF
[ "$(wc -l <"$work/commands")" -ge 100 ] || { echo "static: the build directory knows too few sources" >&2; exit 2; }

cut -d' ' -f1 "$work/commands" | xargs -P"$jobs" -n4 "$tidy" -p "$build" --quiet >"$work/log" 2>"$work/err"
grep -E '(warning|error): ' "$work/log" >"$work/clang-tidy"
report clang-tidy

# gcc 12 does not follow the lanes of vectors: each written lane by lane counts as not initialized, shifts by the width of a
# lane as too far.
lanes="-Wno-analyzer-use-of-uninitialized-value -Wno-analyzer-shift-count-overflow -Wno-analyzer-null-dereference"
analyze() {
    local path=$1
    shift
    case $path in lib/kernels*) set -- "$@" $lanes ;; esac
    "$gcc" "$@" -O1 -g -fanalyzer -c "$path" -o /dev/null 2>&1 || echo "$path: error: not compiled"
}
export -f analyze
export gcc lanes
xargs -P"$jobs" -d'\n' -n1 bash -c 'analyze $0' <"$work/commands" >"$work/log"
grep -E '(warning|error): ' "$work/log" >"$work/gcc-fanalyzer"
report gcc-fanalyzer

echo "static: $findings findings"
[ "$findings" -eq 0 ]
