#!/usr/bin/env bash
# Measures the store in PostgreSQL and a bare loop of libpq in turns, on a PostgreSQL of its own, and prints a table of medians
# and ratios. Installs missing Debian packages and builds Release. Needs an otherwise idle machine and a disk (not tmpfs).
# usage: tests/bench/postgres.sh [--smoke] [--rounds N] [--seconds S] [--persons N]      --help lists all options
#   --smoke      a minute: runs every program; its figures are not meaningful
#   --persons N  compares a store of N persons, rows only, with one of 10,000; 10 million take five minutes more and 13 GB
set -euo pipefail
# shellcheck source=prepare.sh
source "$(dirname "$0")/prepare.sh"
options postgres.py "$@"
preset=bench # also with --smoke
need_disk
need_postgres_programs
build portrait_postgres_benches portrait-server portrait_bench_picture
measure --scratch "$root/build"
