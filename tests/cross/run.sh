#!/usr/bin/env bash
# The tests of files, state and random numbers on a 32-bit, on a big-endian and on an ARM processor, under qemu's user
# emulation; no skip counts.
# Only what they need is built.
#
# usage: run.sh [arm64|i386|s390x ...]       all unless given; TESTS="name ..." runs others, TESTS=all the whole suite
set -euo pipefail
cd "$(dirname "$0")/../.."
architectures=("$@")
[ $# -gt 0 ] || architectures=(arm64 i386 s390x)
files="npy npy_samples npy_write idx idx_damage idx_gzip dataset_read"
state="json_read checkpoint file_kinds network_damage safetensors_damage safetensors_bounds io_checkpoints"
others="recorder recorder_files rows output input null_arguments network dataset linalg rng rng_numbers matrix sizes"
others="$others layout"
read -r -a tests <<<"${TESTS:-$files $state $others}"
wanted=${#tests[@]}
[ "${tests[*]}" != all ] || tests=(--no-suite abi --no-suite install --no-suite slow --no-suite long)
failed=0
for arch in "${architectures[@]}"; do
    SECONDS=0
    tests/cross/sysroot.sh "$arch"
    rm -rf "build-$arch"
    meson setup "build-$arch" --cross-file "build-sysroot-$arch/sysroot.ini" --cross-file "tests/cross/$arch.ini" \
        -Dwerror=true -Dtests=enabled -Dexamples=disabled -Dbench=disabled >"build-sysroot-$arch/setup.log" ||
        { cat "build-sysroot-$arch/setup.log"; exit 1; }
    # Check's own limit of a test is 4 s, which emulation needs more of.
    status=0
    CK_DEFAULT_TIMEOUT=300 meson test -C "build-$arch" -t 20 --print-errorlogs "${tests[@]}" || status=$?
    ran=$(grep -c . "build-$arch/meson-logs/testlog.json" || true)
    if [ "$status" -eq 0 ] && { [[ ${tests[*]} = --* ]] || [ "$ran" -eq "$wanted" ]; }; then
        echo "cross: $arch passed: $ran programs, $SECONDS s"
    else
        echo "cross: $arch FAILED: $ran programs ran, $SECONDS s"
        failed=1
    fi
done
exit $failed
