#!/usr/bin/env bash
# Measures how much slower PUT and GET are in a store of 10 million persons (3 million if the disk is too small) than in a store
# of 10,000. Fills both through the store's own interface, thousands of saves per commit, which takes minutes and up to 60 GiB
# in build/growth.
# usage: tests/bench/growth.sh [--persons N] [--size BYTES] [--rounds N] [--seconds S] [--only-cold] [--keep]
# Needs root: it drops the files that are in memory.
set -euo pipefail
# shellcheck source=prepare.sh
source "$(dirname "$0")/prepare.sh"
options growth.py "$@"
build portrait-server portrait_benches
measure --folder "$root/build/growth"
