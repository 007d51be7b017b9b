#!/usr/bin/env bash
# Measures the store in PostgreSQL and a bare loop of libpq in turns, on a PostgreSQL of its own, and prints a table of medians
# and ratios. Installs missing Debian packages and builds Release. Needs an otherwise idle machine and a disk (not tmpfs).
# usage: tests/bench/postgres.sh [--smoke] [--rounds N] [--seconds S] [--persons N]      --help lists all options
#   --smoke      a minute: runs every program; its figures are not meaningful
#   --persons N  compares a store of N persons, rows only, with one of 10,000; 10 million take five minutes more and 13 GB
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
# shellcheck source=../../.ci/packages.sh
source .ci/packages.sh
need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"
need_postgres_programs

cmake --preset bench >/dev/null
cmake --build --preset bench --target portrait_postgres_benches portrait-server portrait_bench_picture -- --quiet
[ "$(stat -f -c %T build)" != tmpfs ] || fail "$root/build is on tmpfs; the measurement needs a disk"
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/bench/postgres.py --binaries "$root/build/bench/bin" --scratch "$root/build" "$@"
