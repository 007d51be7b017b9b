#!/usr/bin/env bash
# Measures renditions and prints a table of medians and ratios: the processor time of one beside libvips' own
# thumbnail, warm ones beside a stored original of the same bytes and beside nginx, and a page of 50 avatars of 12
# megapixels each, cold: its time and the server's memory. Installs what it lacks from Debian's packages and builds
# Release. Takes under 4 minutes, wants a quiet machine, and stays on loopback. Fails when a ratio is missed.
# usage: tests/bench/rendering.sh [--smoke] [--rounds N] [--seconds S]      --help tells all
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
# shellcheck source=../../.ci/packages.sh
source .ci/packages.sh
need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"

cmake --preset bench >/dev/null
cmake --build --preset bench --target portrait-server portrait_rendering_bench -- --quiet
ulimit -n "$(ulimit -Hn)"
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/bench/rendering.py --binaries "$root/build/bench/bin" --scratch "$root/build" "$@"
