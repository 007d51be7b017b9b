#!/usr/bin/env bash
# Measures portrait-server and nginx over TLS, with the same certificate (P-256) and cipher, and prints a table: GET and PUT of
# 64 KiB, new and resumed connections, and the memory of an idle connection. Installs missing Debian packages and builds
# Release. Takes under 3 minutes, needs an otherwise idle machine, and uses loopback only. Fails when a ratio misses its target.
# usage: tests/bench/tls.sh [--smoke] [--rounds N] [--seconds S] [--only requests|connections|idle]    --help lists all options
#   --smoke   seconds: checks every answer with the tests' build; its figures are not meaningful
set -euo pipefail
# shellcheck source=prepare.sh
source "$(dirname "$0")/prepare.sh"
options tls.py "$@"
build portrait-server portrait_bench_picture
measure --scratch "$root/build"
