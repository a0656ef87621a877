#!/usr/bin/env bash
# A Debian of another processor below DIRECTORY: shared C library, Check, CBLAS, zlib, Jansson and Random123, for the
# cross files beside this script. apt reads and writes a state of its own, so this machine's packages and architectures
# stay as they are.
#
# usage: sysroot.sh arm64|i386|s390x [DIRECTORY]        build-sysroot-ARCHITECTURE unless given; no root needed
#        meson setup build-i386 --cross-file build-sysroot-i386/sysroot.ini --cross-file tests/cross/i386.ini
set -euo pipefail
arch=${1:?usage: sysroot.sh arm64|i386|s390x [DIRECTORY]}
case $arch in
arm64) triplet=aarch64-linux-gnu ;;
i386) triplet=i386-linux-gnu ;;
s390x) triplet=s390x-linux-gnu ;;
*) echo "sysroot.sh: no cross file for $arch" >&2; exit 2 ;;
esac
root=${2:-$(cd "$(dirname "$0")/../.." && pwd)/build-sysroot-$arch}
packages=(libc6 check zlib1g-dev libblas-dev libjansson-dev librandom123-dev)
if [ -e "$root/sysroot.ini" ]; then
    echo "sysroot of $arch: $root (made before)"
    exit 0
fi

mkdir -p "$root"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial
: >"$work/status" # nothing is installed: every dependency is fetched
cat >"$work/apt.conf" <<EOF
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
EOF
export APT_CONFIG=$work/apt.conf
# A mirror that is being renewed lacks one index or another for a while; what matters is whether the packages can be
# had.
apt-get -qq update || { sleep 5 && apt-get -qq update; } || echo "sysroot.sh: not every package index could be read" >&2
apt-get -qq -y --download-only install "${packages[@]}"
rm -f "$work"/cache/archives/{libc6-dev,linux-libc-dev}_*.deb # the cross compiler has its own, at the places it looks
for package in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$root"
done

# What the packages' scripts would do (alternatives), and links that lead out of the sysroot.
libraries=$root/usr/lib/$triplet
ln -sf blas/libblas.so "$libraries/libblas.so"
ln -sf blas/libblas.so.3 "$libraries/libblas.so.3"
ln -sf cblas-netlib.h "$root/usr/include/$triplet/cblas.h"
find "$root" -type l -lname '/*' | while read -r link; do
    ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$root$(readlink "$link")")" "$link"
done
printf "[constants]\nsysroot = '%s'\n" "$root" >"$root/sysroot.ini"
echo "sysroot of $arch: $root"
