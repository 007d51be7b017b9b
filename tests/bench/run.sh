#!/usr/bin/env bash
# Measures portrait-server and nginx (WebDAV PUT, static GET) in turns, checks the answers meanwhile, and prints a table of
# medians and ratios: processor time per request, latency at fixed rates, throughput, and the disk's own limits. Installs missing
# Debian packages and builds Release. Takes under 25 minutes, needs an otherwise idle machine and 20 GiB of disk (not tmpfs), and
# uses loopback only.
# usage: tests/bench/run.sh [--smoke] [--rounds N] [--seconds S] [--only TEXT] …      --help lists all options
#   --smoke   about a minute: checks every answer byte by byte with the tests' build; its figures are not meaningful
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
# shellcheck source=../../.ci/packages.sh
source .ci/packages.sh
need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"

preset=bench
for argument in "$@"; do
    [ "$argument" != --smoke ] || preset=dev
done
cmake --preset "$preset" -DPORTRAIT_BENCHMARKS=ON >/dev/null
cmake --build --preset "$preset" --target portrait-server portrait_benches -- --quiet
[ "$(stat -f -c %T build)" != tmpfs ] || fail "$root/build is on tmpfs; the measurement needs a disk"
ulimit -n "$(ulimit -Hn)"
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/bench/bench.py --binaries "$root/build/$preset/bin" --scratch "$root/build" "$@"
