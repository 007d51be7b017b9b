#!/usr/bin/env bash
# Measures renditions and prints a table of medians and ratios: the processor time of a rendition compared with libvips' own
# thumbnail; uncached renditions compared with nginx's image_filter; cached ones compared with a stored original of the same
# bytes and with nginx; time and memory of an uncached page of 50 avatars of 12 megapixels each. Installs missing Debian packages
# and builds Release. Takes under 4 minutes, needs an otherwise idle machine, and uses loopback only. Fails when a ratio misses
# its target.
# usage: tests/bench/rendering.sh [--smoke] [--rounds N] [--seconds S]      --help lists all options
set -euo pipefail
# shellcheck source=prepare.sh
source "$(dirname "$0")/prepare.sh"
options rendering.py "$@"
build portrait-server portrait_rendering_bench
measure --scratch "$root/build"
