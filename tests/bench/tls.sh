#!/usr/bin/env bash
# Measures portrait-server and nginx over TLS, with the same certificate (P-256) and cipher, and prints a table: GET and PUT of
# 64 KiB, new and resumed connections, and the memory of an idle connection. Installs missing Debian packages and builds
# Release. Takes under 3 minutes, needs an otherwise idle machine, and uses loopback only. Fails when a ratio misses its target.
# usage: tests/bench/tls.sh [--smoke] [--rounds N] [--seconds S] [--only requests|connections|idle]    --help lists all options
#   --smoke   seconds: checks every answer with the tests' build; its figures are not meaningful
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
cmake --build --preset "$preset" --target portrait-server portrait_bench_picture -- --quiet
ulimit -n "$(ulimit -Hn)"
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/bench/tls.py --binaries "$root/build/$preset/bin" --scratch "$root/build" "$@"
