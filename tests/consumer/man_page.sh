#!/usr/bin/env bash
# The man page names every option, variable and subcommand of --help.
# usage: tests/consumer/man_page.sh PORTRAIT_SERVER
set -euo pipefail
page=$(cd "$(dirname "$0")/../.." && pwd)/examples/server/portrait-server.1
text=$(sed 's/\\-/-/g' "$page")
names() { # OUTPUT_OF_HELP
    grep -oE -- '^  (--[a-z-]+|.*Env:[A-Z_]+)' <<<"$1" | grep -oE -- '--[a-z-]+|PORTRAIT_[A-Z_]+'
    sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' <<<"$1"
}
names "$("$1" --help)" | sort -u |
    while read -r name; do
        grep -qE -- "(^|[^A-Za-z_-])$name([^A-Za-z_-]|$)" <<<"$text" || { echo "the man page doesn't name $name"; exit 1; }
    done
echo "every option, variable and subcommand is in the man page"
