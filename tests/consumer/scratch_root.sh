#!/usr/bin/env bash
# Builds the Debian packages and tests them in a fresh Debian 12 that has only them and g++: installs them, compiles and runs a
# program of 15 lines that saves and reads a picture, adds a user, starts the server as the user portrait, saves and reads a
# picture over HTTP, stops the server, and removes the packages. Prints the time of each step.
#
# Not a part of .ci/run: it downloads a Debian system, and takes minutes. Needs root, and network access for apt.
# usage: tests/consumer/scratch_root.sh [FOLDER]    FOLDER has the packages; without it they are built
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
# shellcheck source=../../.ci/packages.sh
source .ci/packages.sh
((EUID == 0)) || fail "Only root can create a root folder and chroot into it"
need_packages "${BUILD_PACKAGES[@]}" "${POSTGRES_PACKAGES[@]}" curl dpkg-dev mmdebstrap
work=$(mktemp -d)
server=
clean_up() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    ! mountpoint -q "$work/root/proc" || umount "$work/root/proc"
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT
# shellcheck source=checks.sh
source "$here/checks.sh"

SECONDS=0
step() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

mkdir "$work/packages"
if [ $# -gt 0 ]; then
    cp "$1"/*.deb "$work/packages"
else
    step "building"
    quietly cmake --preset package
    quietly cmake --build --preset package
    step "packing"
    (cd build/package && quietly cpack -B "$work/packed")
    cp "$work"/packed/*.deb "$work/packages"
fi
for package in "$work"/packages/*.deb; do
    dpkg-deb -f "$package" Package Version Architecture Depends
done

step "making a fresh root"
root=$work/root
quietly mmdebstrap --variant=minbase --include=g++ bookworm "$root"
mount -t proc proc "$root/proc" # the embedded store opens its files by /proc/self/fd
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

step "installing the packages"
cp "$work"/packages/*.deb "$root/tmp/"
quietly inside sh -c 'apt-get -q update && apt-get -qy install --no-install-recommends /tmp/*.deb'

step "compiling fifteen lines"
cp "$here/fifteen_lines.cpp" "$root/tmp/"
quietly inside g++ -std=c++20 -Wall -Wextra -Wconversion -Werror /tmp/fifteen_lines.cpp -o /tmp/fifteen_lines \
    -lportrait_testing -lportrait_sqlite -lportrait_core
step "running them"
[ "$(inside sh -c 'cd /tmp && ./fifteen_lines')" = "blob 1, 97 x 61" ]

step "starting the server"
as_portrait() { inside runuser -u portrait -- "$@"; }
echo secret | quietly as_portrait portrait-server users add anna --data /var/lib/portrait
quietly as_portrait portrait-server persons add 7 Anna --data /var/lib/portrait
# Without runuser, which would get the signal instead of the server.
chroot --userspec=portrait:portrait "$root" portrait-server --data /var/lib/portrait --listen 127.0.0.1:0 >"$work/banner" 2>&1 &
server=$!
address=
for _ in {1..100}; do
    address=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$work/banner" | head -1) && break
    sleep 0.1
done
[ -n "$address" ] || { cat "$work/banner"; fail "The server didn't start"; }
printf 'GIF89a\1\0\1\0\200\0\0\377\377\377\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;' >"$work/pixel.gif"
call() { curl -sSf -u anna:secret "$@" "$address/api/v1/Person/7/Image"; }
quietly call -T "$work/pixel.gif"
call -o "$work/read.gif"
cmp "$work/pixel.gif" "$work/read.gif"
step "stopping the server"
kill -TERM "$server"
wait "$server" || fail "The server's exit code is $?; 0 is expected"
server=

grep -q '^ExecStart=/usr/bin/portrait-server' "$root/lib/systemd/system/portrait-server.service"
for document in doc/libportrait0/copyright doc/libportrait-postgres0/copyright doc/libportrait-dev/changelog.gz man/man1/portrait-server.1.gz; do
    [ -e "$root/usr/share/$document" ] || inside grep -rqs path-exclude /etc/dpkg || fail "$document isn't installed"
done
inside ldconfig -p >"$work/libraries"
grep -q 'libportrait_core\.so\.0\.1 ' "$work/libraries"

quietly inside apt-get -qy purge portrait-server libportrait-dev libportrait-postgres0 libportrait0
[ -e "$root/var/lib/portrait/portrait.db" ] || fail "Removing the packages has removed the pictures"
[ ! -e "$root/usr/bin/portrait-server" ]
step "the packages are removed, and the pictures are not"
