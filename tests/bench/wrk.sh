#!/usr/bin/env bash
# A first look at the server's speed: durable PUTs and hot GETs of 64 KiB JPEGs by wrk, server and wrk on one machine.
# usage: tests/bench/wrk.sh [SECONDS] [CONNECTIONS]     (defaults: 10 seconds, 64 connections)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
source "$root/.ci/packages.sh"
seconds=${1:-10}
connections=${2:-64}
need_packages "${BUILD_PACKAGES[@]}" wrk imagemagick
cmake --preset release -S "$root" >/dev/null
cmake --build "$root/build/release" --target portrait-server >/dev/null

work=$(mktemp -d "$root/build/bench.XXXXXX")
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# A noisy picture whose JPEG is 64 KiB, give or take a few.
convert -seed 1 -size 300x300 xc:tomato +noise Random -quality 75 "$work/picture.jpg"
export PICTURE=$work/picture.jpg

"$root/build/release/bin/portrait-server" --demo --listen 127.0.0.1:0 --data "$work/data" --log-level warning \
    >"$work/banner" &
server=$!
url=
for _ in $(seq 100); do
    url=$(grep -o 'http://[0-9.:]*' "$work/banner" | head -n 1) && break
    sleep 0.1
done
[ -n "$url" ] || { echo "the server did not start" >&2; exit 1; }

echo "picture: $(stat -c %s "$PICTURE") bytes, $connections connections, $seconds s each"
for script in put get; do
    echo "--- $script"
    wrk -t4 -c"$connections" -d"${seconds}s" --latency -s "$root/tests/bench/$script.lua" "$url" |
        grep -E 'Requests/sec|99%|50%|Non-2xx|unexpected|Socket errors' || true
done
echo "resident: $(awk '/VmHWM/ { print $2 " " $3 " at most" }' "/proc/$server/status")"
