#!/usr/bin/env bash
# Counts the instructions that portrait-server takes for one request outside the kernel, by valgrind: figures that neither the
# machine nor its load change. Takes under a minute after the build, and installs missing Debian packages.
# usage: tests/bench/instructions.sh [--smoke]
#   --smoke   with the tests' build; fails when a request takes more than its bound
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
# shellcheck source=../../.ci/packages.sh
source .ci/packages.sh
need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"

preset=bench
judge=()
for argument in "$@"; do
    [ "$argument" = --smoke ] || fail "unknown argument $argument; --smoke is accepted"
    preset=dev
    judge=(--judge)
done
cmake --preset "$preset" -DPORTRAIT_BENCHMARKS=ON >/dev/null
cmake --build --preset "$preset" --target portrait-server portrait_bench_picture -- --quiet
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/bench/instructions.py --binaries "$root/build/$preset/bin" --scratch "$root/build" \
    "${judge[@]}"
