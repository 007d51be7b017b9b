#!/usr/bin/env bash
# Measures the commands of portrait-server that read or write whole folders, beside `cp -r` of the same files, each with `sync`,
# in turns: persons import, import, export, backup, restore, check; and saves in process beside the bare loop. Prints a table.
# Installs missing Debian packages and builds Release. Takes about 10 minutes, needs an otherwise idle machine and 25 GiB of disk
# (not tmpfs).
# usage: tests/bench/folder.sh [--smoke] [--persons N] [--pictures N] [--rounds N]      --help lists all options
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
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/bench/folder.py --binaries "$root/build/$preset/bin" --scratch "$root/build" "$@"
