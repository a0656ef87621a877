#!/usr/bin/env bash
# Run every fuzz target for so many seconds, from the seeds of seeds.py and what CORPUS holds, under ASan and UBSan.
#
# usage: run.sh SECONDS [TARGET...]
#   BUILD   build directory, made if it is not there (build-fuzz)
#   CORPUS  directory that keeps what was found; a temporary one if empty
#   JOBS    targets at once (2)
#
# Fails on a crash, a leak, undefined behavior, an input of more than 10 s, or a target that has not come
# further than its seeds.
# What made a target fail is left in $BUILD/fuzz-failures.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -ge 1 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
seconds=$1
shift
build=${BUILD:-$root/build-fuzz}
kept=${CORPUS:-}
logs=$(mktemp -d)
corpus=${kept:-$logs/corpus}
failures=$build/fuzz-failures
trap 'rm -rf "$logs"' EXIT

if [ ! -f "$build/build.ninja" ]; then
    CC=${CC:-clang} meson setup "$build" "$root" -Dfuzz=enabled -Dblas=naive -Dtests=disabled -Dexamples=disabled \
        -Dbench=disabled -Dcpu_levels=false -Db_sanitize=address,undefined -Db_lundef=false \
        -Dbuildtype=debugoptimized || exit 1
fi
ninja -C "$build" || exit 1
mkdir -p "$failures" "$corpus" || exit 1
python3 "$root/tests/fuzz/seeds.py" "$logs/seeds" || exit 1
if [ $# -gt 0 ]; then
    targets=("$@")
else
    targets=()
    for program in "$build"/tests/fuzz/fuzz_*; do
        [ -x "$program" ] && [ -f "$program" ] && targets+=("$(basename "$program" | sed 's/^fuzz_//')")
    done
fi

fuzz() { # fuzz TARGET
    local target=$1 options=()
    [ -f "$root/tests/fuzz/$target.dict" ] && options+=("-dict=$root/tests/fuzz/$target.dict")
    mkdir -p "$corpus/$target"
    ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        "$build/tests/fuzz/fuzz_$target" "${options[@]}" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -malloc_limit_mb=256 -max_len=4096 -print_final_stats=1 -verbosity=0 -artifact_prefix="$failures/$target-" \
        "$corpus/$target" "$logs/seeds/$target" >"$logs/$target.log" 2>&1
    echo $? >"$logs/$target.status"
}

running=0
for target in "${targets[@]}"; do
    [ "$running" -lt "${JOBS:-2}" ] || { wait -n; running=$((running - 1)); }
    fuzz "$target" &
    running=$((running + 1))
done
wait

failed=0
all=0
for target in "${targets[@]}"; do
    status=$(cat "$logs/$target.status")
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$target.log")
    found=$(find "$corpus/$target" -type f | wc -l)
    seeds=$(find "$logs/seeds/$target" -type f | wc -l)
    if [ "$status" -eq 0 ] && [ "${runs:-0}" -gt "$seeds" ]; then
        printf '%-12s passed  %10d inputs in %d s, %d kept\n' "$target" "$runs" "$seconds" "$found"
    else
        failed=$((failed + 1))
        tail -n 60 "$logs/$target.log"
        printf '%-12s FAILED  %10d inputs, status %d\n' "$target" "${runs:-0}" "$status"
    fi
    all=$((all + ${runs:-0}))
done
printf 'fuzzing: %d targets, %d inputs, %d failed\n' "${#targets[@]}" "$all" "$failed"
[ "$failed" -eq 0 ] && [ "${#targets[@]}" -gt 0 ]
