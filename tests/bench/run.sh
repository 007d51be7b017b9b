#!/usr/bin/env bash
# Measures portrait-server and nginx (WebDAV PUT, static GET) in turns, checks the answers meanwhile, and prints a table of
# medians and ratios: processor time per request, latency at fixed rates, throughput, and the disk's own limits. Installs missing
# Debian packages and builds Release. Takes under 25 minutes, needs an otherwise idle machine and 20 GiB of disk (not tmpfs), and
# uses loopback only.
# usage: tests/bench/run.sh [--smoke] [--rounds N] [--seconds S] [--only TEXT] …      --help lists all options
#   --smoke   about a minute: checks every answer byte by byte with the tests' build; its figures are not meaningful
set -euo pipefail
# shellcheck source=prepare.sh
source "$(dirname "$0")/prepare.sh"
options bench.py "$@"
need_disk
build portrait-server portrait_benches
measure --scratch "$root/build"
