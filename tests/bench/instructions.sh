#!/usr/bin/env bash
# Counts the instructions that portrait-server takes for one request outside the kernel, by valgrind: figures that neither the
# machine nor its load change. Takes under a minute after the build, and installs missing Debian packages.
# usage: tests/bench/instructions.sh [--smoke]
#   --smoke   with the tests' build; fails when a request takes more than its bound
set -euo pipefail
# shellcheck source=prepare.sh
source "$(dirname "$0")/prepare.sh"
options instructions.py "$@"
build portrait-server portrait_bench_picture
measure --scratch "$root/build"
