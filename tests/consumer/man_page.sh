#!/usr/bin/env bash
# The man page names every option and every variable of --help, and is clean.
# usage: tests/consumer/man_page.sh PORTRAIT_SERVER
set -euo pipefail
page=$(cd "$(dirname "$0")/../.." && pwd)/examples/server/portrait-server.1
text=$(sed 's/\\-/-/g' "$page")
"$1" --help | grep -oE -- '^  (--[a-z-]+|.*Env:[A-Z_]+)' | grep -oE -- '--[a-z-]+|PORTRAIT_[A-Z_]+' | sort -u |
    while read -r name; do
        grep -qE -- "(^|[^A-Za-z_-])$name([^A-Za-z_-]|$)" <<<"$text" || { echo "the man page doesn't name $name"; exit 1; }
    done
echo "every option and variable is in the man page"
