#!/usr/bin/env bash
# The archive of `meson dist`: made from the last commit, unpacked where there is no repository, built, and a part of
# its tests run. `meson dist -C build` without this script runs all of them.
#
# usage: dist.sh [BUILD_DIRECTORY]        build unless given; TESTS="name ..." runs others
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
build=${1:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$build/meson-dist"
meson dist -C "$build" --no-tests --allow-dirty --formats xztar
archive=$(ls "$build"/meson-dist/libfa-*.tar.xz)
(cd "$build/meson-dist" && sha256sum --check --quiet ./*.sha256sum)
tar -xJf "$archive" -C "$work"
cd "$work"/libfa-*

# Everything that is in the repository but what .gitattributes leaves out.
git -C "$root" ls-tree -r --name-only HEAD | grep -vE '^(\.ci/|\.gitattributes$|\.gitignore$)' | sort >"$work/wanted"
find . -type f -o -type l | sed 's,^\./,,' | sort >"$work/found"
diff "$work/wanted" "$work/found"

meson setup build -Dtests=enabled -Dexamples=enabled -Dbench=disabled -Dcpu_levels=false -Doptimization=1
read -r -a tests <<<"${TESTS:-network rules checkpoint npy symbols headers sources layout}"
meson test -C build --print-errorlogs "${tests[@]}"
printf 'dist: %s, %d bytes, %d files\n' "$(basename "$archive")" "$(stat -c %s "$root/$archive")" \
    "$(wc -l <"$work/found")"
