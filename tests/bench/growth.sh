#!/usr/bin/env bash
# Measures how much slower PUT and GET are in a store of 10 million persons (3 million if the disk is too small) than in a store
# of 10,000. Fills both through the store's own interface, thousands of saves per commit, which takes minutes and up to 60 GiB
# in build/growth.
# usage: tests/bench/growth.sh [--persons N] [--size BYTES] [--rounds N] [--seconds S] [--only-cold] [--keep]
# Needs root: it drops the files that are in memory.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
# shellcheck source=../../.ci/packages.sh
source .ci/packages.sh
need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"

cmake --preset bench >/dev/null
cmake --build --preset bench --target portrait-server portrait_benches -- --quiet
ulimit -n "$(ulimit -Hn)"
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/bench/growth.py --binaries "$root/build/bench/bin" \
    --folder "$root/build/growth" "$@"
