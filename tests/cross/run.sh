#!/usr/bin/env bash
# The tests of files and random numbers on a 32-bit and on a big-endian processor, under qemu's user emulation; no skip counts.
#
# usage: run.sh [i386|s390x ...]       both unless given; TESTS="name ..." runs others, TESTS=all the whole suite
set -euo pipefail
cd "$(dirname "$0")/../.."
architectures=("$@")
[ $# -gt 0 ] || architectures=(i386 s390x)
read -r -a tests <<<"${TESTS:-npy npy_samples npy_write idx idx_damage idx_gzip dataset_read dataset rng matrix layout}"
[ "${tests[*]}" != all ] || tests=(--no-suite abi --no-suite install --no-suite slow)
failed=0
for arch in "${architectures[@]}"; do
    tests/cross/sysroot.sh "$arch"
    rm -rf "build-$arch"
    meson setup "build-$arch" --cross-file "build-sysroot-$arch/sysroot.ini" --cross-file "tests/cross/$arch.ini" \
        -Dwerror=true -Dtests=enabled -Dexamples=disabled -Dbench=disabled >"build-sysroot-$arch/setup.log" ||
        { cat "build-sysroot-$arch/setup.log"; exit 1; }
    ninja -C "build-$arch" --quiet
    # Check's own limit of a test is 4 s, which emulation needs more of.
    if CK_DEFAULT_TIMEOUT=300 meson test -C "build-$arch" --no-rebuild -t 20 --print-errorlogs "${tests[@]}"; then
        echo "cross: $arch passed"
    else
        echo "cross: $arch FAILED"
        failed=1
    fi
done
exit $failed
