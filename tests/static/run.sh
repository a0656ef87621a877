#!/usr/bin/env bash
# Static analysis of lib/: cppcheck, clang-tidy (.clang-tidy) and gcc -fanalyzer.
# What is suppressed says why: .clang-tidy, cppcheck.suppressions beside this script, comments in the code, and below.
#
# usage: run.sh [--only cppcheck|clang-tidy|gcc-fanalyzer] [--build DIRECTORY] [lib/FILE.c ...]
#        all three over every source, and build-static, made here, unless given
# Status 0: nothing found; 1: findings; 2: a tool is missing, broke down, could not compile a source, or overlooked the
# mistake in canary.c beside this script.
# CLANG_TIDY, CPPCHECK, GCC name other programs, JOBS how many run at once.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
export tidy=${CLANG_TIDY:-clang-tidy-19} cppcheck=${CPPCHECK:-cppcheck} gcc=${GCC:-gcc} build=build-static
jobs=${JOBS:-$(nproc)}
parts=()
while [ $# -gt 0 ]; do
    case $1 in
    --only) parts+=("${2:?--only needs a part}"); shift 2 ;;
    --build) build=${2:?--build needs a directory}; shift 2 ;;
    -*) sed -n '5,9s/^# //p' "$0" >&2; exit 2 ;;
    *) break ;;
    esac
done
[ "${#parts[@]}" -gt 0 ] || parts=(cppcheck clang-tidy gcc-fanalyzer)
[ -e "$build/compile_commands.json" ] ||
    meson setup "$build" -Dtests=disabled -Dexamples=disabled -Dbench=disabled -Ddefault_library=static >/dev/null ||
    exit 2
work=$(mktemp -d)
export work
trap 'rm -rf "$work"' EXIT
findings=0

# One line a source: its path and what of its first command in the database the analyzers need. One CPU level and
# element type is enough, as the others are the same sources.
python3 - "$build" "$@" >"$work/commands" <<'EOF' || exit 2
import json, os, shlex, sys
build, wanted = sys.argv[1], sys.argv[2:]
commands = {}
for entry in json.load(open(os.path.join(build, "compile_commands.json"))):
    directory = entry["directory"]
    path = os.path.relpath(os.path.join(directory, entry["file"]))
    if path.startswith("lib/"):
        kept = [a for a in shlex.split(entry["command"]) if a.startswith(("-I", "-D", "-std", "-m", "-f"))]
        commands.setdefault(path, " ".join("-I" + os.path.relpath(os.path.join(directory, a[2:]))
                                           if a.startswith("-I") else a for a in kept))
missing = set(wanted) - set(commands)
if missing or len(commands) < 100:
    sys.exit("static: the build directory does not know " + (" ".join(sorted(missing)) or "enough sources"))
for path in sorted(wanted or commands):
    print(path, commands[path])
print("tests/static/canary.c")
EOF

# broke WHAT [LOG]: a tool that did not do its work is no clean result
broke() {
    echo "static: $1" >&2
    [ $# -lt 2 ] || tail -n 30 "$2" >&2
    exit 2
}

# report NAME: the distinct findings in $work/log, after the tools' breakdowns in $work/broken
report() {
    local count
    [ ! -s "$work/broken" ] || broke "$1 did not do its work" "$work/broken"
    grep -E '(^|: )(error|warning|style|performance|portability): ' "$work/log" | sort -u >"$work/all"
    grep -q '^tests/static/canary.c' "$work/all" ||
        broke "$1 does not find the mistake in tests/static/canary.c" "$work/log"
    grep -v '^tests/static/canary.c' "$work/all" >"$work/found"
    count=$(wc -l <"$work/found")
    cat "$work/found"
    echo "static: $1: $count findings in $(($(wc -l <"$work/commands") - 1)) sources, $SECONDS s"
    findings=$((findings + count))
}

# each FUNCTION: FUNCTION PATH ARGUMENT... for every source
each() {
    xargs -P"$jobs" -d'\n' -n1 bash -c "$1"' $0' <"$work/commands" >"$work/log" ||
        echo "$1: a process ended badly" >>"$work/broken"
}

run_tidy() {
    local out status
    out=$("$tidy" -p "$build" --quiet "$1" 2>&1)
    status=$?
    out=${out//$PWD\//}
    printf "%s\n" "${out//..\//}"
    # 1 with a named check is a finding (WarningsAsErrors); any other failure, and a source that does not compile, is
    # not.
    if [ "$status" -ne 0 ] && { [ "$status" -ne 1 ] || ! grep -q '\[[a-z].*,-warnings-as-errors\]' <<<"$out"; } ||
        grep -q 'clang-diagnostic-error' <<<"$out"; then
        printf '%s: status %s\n%s\n' "$1" "$status" "$out" >>"$work/broken"
    fi
}

# gcc 12 does not follow the lanes of vectors: a vector written lane by lane counts as not initialized. In the
# optimizers' tails an array that a kind does not have is NULL, as it is in that kind's first call, and each asks before
# it reads one; gcc does not know which kind it follows.
run_gcc() {
    local path=$1 status
    shift
    case $path in
    lib/kernels_loss.c | lib/kernels_random.c | lib/kernels_sparse.c)
        set -- "$@" -Wno-analyzer-use-of-uninitialized-value ;;
    lib/kernels_optimize.c) set -- "$@" -Wno-analyzer-null-dereference ;;
    esac
    "$gcc" "$@" -fdiagnostics-color=never -O1 -g -fanalyzer -c "$path" -o /dev/null 2>&1
    status=$?
    [ "$status" -eq 0 ] || echo "$path: status $status" >>"$work/broken"
}
export -f run_tidy run_gcc

for part in "${parts[@]}"; do
    : >"$work/broken"
    SECONDS=0
    case $part in
    cppcheck)
        cut -d' ' -f1 "$work/commands" >"$work/paths"
        "$cppcheck" -q -j"$jobs" --std=c11 --language=c --enable=warning,performance,portability,style --inline-suppr \
            --library=posix --suppressions-list=tests/static/cppcheck.suppressions -Iinclude -Ilib -I"$build/lib" \
            -DFA_KERNELS_LEVEL=baseline -DFA_KERNELS_FLOAT32=1 -D__LP64__ -D__SIZEOF_INT128__=16 \
            --template='{file}:{line}: {severity}: {message} [{id}]' --template-location='' \
            --file-list="$work/paths" >"$work/log" 2>&1 || broke "cppcheck failed" "$work/log"
        ;;
    clang-tidy)
        "$tidy" --version >/dev/null || broke "there is no $tidy"
        each run_tidy
        ;;
    gcc-fanalyzer)
        "$gcc" --version >/dev/null || broke "there is no $gcc"
        each run_gcc
        ;;
    *) broke "there is no part $part" ;;
    esac
    report "$part"
done
echo "static: $findings findings"
[ "$findings" -eq 0 ]
