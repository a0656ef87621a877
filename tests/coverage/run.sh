#!/usr/bin/env bash
# Coverage of lib/: lines and branches by gcc and gcovr, MC/DC of lib/io/ by clang 19 and llvm-cov 19.
#
#   tests/coverage/run.sh [lines|mcdc]     both without an argument
#
# Builds into build-coverage and build-mcdc, runs the suite there, prints the totals, and fails below the thresholds:
# LINES_LEAST (98), BRANCHES_LEAST (90), MCDC_LEAST (90), in per cent. What was missed is in
# build-coverage/uncovered.txt and, decision by decision, in build-mcdc/mcdc.txt.
# Needs gcovr, or clang-19 and llvm-19. JOBS is the number of tests at a time (2).
#
# The kernels are six objects of each source, two element types at three CPU levels: a line or branch counts when any
# of them ran it, in the optimized form in which it is used. The suite runs once with what the processor has, and the
# kernels' own tests once more at each lower level. The shared library is linked from the static one's objects, so that
# tests of either count for both. CK_FORK=no: the counters are written when a program ends, and thousands of forked
# tests would write them thousands of times.
set -u
cd "$(dirname "$0")/../.." || exit 2
export CK_FORK=no LC_ALL=C.UTF-8 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 BLIS_NUM_THREADS=1
jobs=${JOBS:-2}
failed=0

setup() { # setup DIRECTORY [meson options]: made anew, without optimization
    local directory=$1
    shift
    rm -rf "$directory"
    meson setup "$directory" -Dtests=enabled -Dexamples=disabled -Dbench=disabled -Dbuildtype=debug "$@" >"$log" 2>&1
}

suite() { # suite DIRECTORY [meson test options]
    local directory=$1
    shift
    meson test -C "$directory" --no-rebuild --num-processes "$jobs" --timeout-multiplier 5 --print-errorlogs "$@" \
        >"$log" 2>&1
}

give_up() {
    tail -n 60 "$log"
    printf 'coverage: %s FAILED\n' "$1"
    exit 1
}

# A figure, of what, and the threshold, in per cent.
hold() {
    local verdict=passed
    if ! awk -v figure="$1" -v least="$3" 'BEGIN { exit !(figure + 0 >= least + 0) }'; then
        verdict=FAILED
        failed=1
    fi
    printf 'coverage: %.1f %% of %s (at least %s %%): %s\n' "$1" "$2" "$3" "$verdict"
}

lines() {
    local level
    { setup build-coverage -Db_coverage=true -Dc_args=-fprofile-update=atomic &&
        ninja -C build-coverage >"$log" 2>&1; } || give_up "build with gcc"
    suite build-coverage --no-suite install --no-suite abi --no-suite slow --no-suite long --no-suite extra ||
        give_up "suite"
    for level in baseline avx2; do
        FA_CPU=$level suite build-coverage kernels kernels_loss kernels_online kernels_optimize product ||
            give_up "kernels at CPU level $level"
    done
    gcovr --config tests/coverage/gcovr.cfg --root . --object-directory build-coverage build-coverage \
        --json build-coverage/coverage.json --json-summary build-coverage/summary.json \
        --txt build-coverage/lines.txt >"$log" 2>&1 || give_up "gcovr"
    gcovr --root . --add-tracefile build-coverage/coverage.json --branches --txt build-coverage/branches.txt \
        >"$log" 2>&1 || give_up "gcovr"
    cat build-coverage/lines.txt build-coverage/branches.txt >build-coverage/uncovered.txt
    hold "$(total line_percent)" "the lines of lib/" "${LINES_LEAST:-98}"
    hold "$(total branch_percent)" "the branches of lib/" "${BRANCHES_LEAST:-90}"
}

total() {
    python3 -c 'import json, sys; print(json.load(open("build-coverage/summary.json"))[sys.argv[1]])' "$1"
}

# What reads and writes files. Each program has the static library's objects in it, or calls the shared one.
file_tests=(checkpoint checkpoint_damage dataset_read errors every_function fields_write file_kinds golden idx
            idx_damage idx_gzip input io_checkpoints io_faults json_read network_damage npy npy_samples npy_write output
            rare_calls recorder_files resume rows safetensors_bounds safetensors_damage)

mcdc() {
    local flags='-fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc'
    local programs=("${file_tests[@]/#/tests/test_}") objects=() program
    export LLVM_PROFILE_FILE=$PWD/build-mcdc/profile-%m.profraw
    { CC=${CLANG:-clang-19} setup build-mcdc -Db_lundef=false -Dcpu_levels=false "-Dc_args=$flags" \
        "-Dc_link_args=$flags" && ninja -C build-mcdc "${programs[@]}" >"$log" 2>&1; } || give_up "build with clang"
    suite build-mcdc "${file_tests[@]}" python_checkpoint ||
        give_up "suite under clang"
    for program in "${programs[@]}"; do
        objects+=(--object "build-mcdc/$program")
    done
    objects=(--instr-profile build-mcdc/all.profdata build-mcdc/lib/libfa.so "${objects[@]}" --sources lib/io)
    { llvm-profdata-19 merge -o build-mcdc/all.profdata build-mcdc/profile-*.profraw &&
        llvm-cov-19 show --show-mcdc "${objects[@]}" >build-mcdc/mcdc.txt &&
        llvm-cov-19 report --show-mcdc-summary "${objects[@]}" >build-mcdc/report.txt &&
        llvm-cov-19 export --summary-only "${objects[@]}" >build-mcdc/summary.json; } 2>"$log" || give_up "llvm-cov"
    hold "$(python3 -c 'import json
print(json.load(open("build-mcdc/summary.json"))["data"][0]["totals"]["mcdc"]["percent"])')" \
        "the conditions of lib/io/ (MC/DC)" "${MCDC_LEAST:-90}"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
case ${1:-both} in
lines) lines ;;
mcdc) mcdc ;;
both)
    lines
    mcdc
    ;;
*)
    sed -n '2,10s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
exit "$failed"
