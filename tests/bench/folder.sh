#!/usr/bin/env bash
# Measures the commands of portrait-server that read or write whole folders, beside `cp -r` of the same files, each with `sync`,
# in turns: persons import, import, export, backup, restore, check; and saves in process beside the bare loop. Prints a table.
# Installs missing Debian packages and builds Release. Takes about 10 minutes, needs an otherwise idle machine and 25 GiB of disk
# (not tmpfs).
# usage: tests/bench/folder.sh [--smoke] [--persons N] [--pictures N] [--rounds N]      --help lists all options
set -euo pipefail
# shellcheck source=prepare.sh
source "$(dirname "$0")/prepare.sh"
options folder.py "$@"
need_disk
build portrait-server portrait_benches
measure --scratch "$root/build"
