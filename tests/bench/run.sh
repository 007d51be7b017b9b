#!/usr/bin/env bash
# Measures portrait-server beside nginx (WebDAV PUT, static GET) in turn, checks the answers while it does, and prints a
# table of medians and ratios. Installs what it lacks from Debian's packages and builds Release. Takes under 15 minutes,
# wants a quiet machine, 12 GiB of disk (not tmpfs), and stays on loopback.
# usage: tests/bench/run.sh [--smoke] [--rounds N] [--seconds S] [--only TEXT] …      --help tells all
#   --smoke   about a minute: checks every answer byte by byte; its figures mean little, so the tests' build will do
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
[ "$(stat -f -c %T build)" != tmpfs ] || fail "$root/build is on tmpfs; the figures are about a real disk"
ulimit -n "$(ulimit -Hn)"
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/bench/bench.py --binaries "$root/build/$preset/bin" --scratch "$root/build" "$@"
