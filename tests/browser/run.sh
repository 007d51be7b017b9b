#!/usr/bin/env bash
# Puts odd PNG, JPEG, GIF, WebP and AVIF files into portrait-server, which converts the last two and renders in processes of
# their own, and compares the PNG renditions with the pixels that headless Chromium shows of the originals. Prints a line per file and `N agree of M`. Fails when a file differs, or when only Chromium shows it,
# unless agreement.py lists the file with a reason. Installs missing Debian packages, builds Release, and uses loopback only.
# Takes some seconds after the build.
# usage: tests/browser/run.sh [--server PROGRAM] [--only TEXT] [--quiet] [--keep FOLDER]      --help lists all options
#   --server   compares this portrait-server, and builds none
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=../../.ci/packages.sh
source "$root/.ci/packages.sh"
need_packages "${BROWSER_PACKAGES[@]}"

compared=("$@")
if [[ " $* " != *" --server"[\ =]* && " $* " != *" --help "* && " $* " != *" -h "* ]]; then
    need_packages "${BUILD_PACKAGES[@]}"
    (cd "$root" && cmake --preset bench >/dev/null && cmake --build --preset bench --target portrait-server -- --quiet)
    compared+=(--server "$root/build/bench/bin/portrait-server")
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 "$root/tests/browser/agreement.py" "${compared[@]}"
