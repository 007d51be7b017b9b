#!/usr/bin/env bash
# Checks that the man page has every option, variable and subcommand of --help-all.
# usage: tests/consumer/man_page.sh PORTRAIT_SERVER
set -euo pipefail
page=$(cd "$(dirname "$0")/../.." && pwd)/examples/server/portrait-server.1
text=$(sed 's/\\-/-/g' "$page")
help=$("$1" --help-all)
names=$({
    grep -oE -- '^  (-h,)?--[a-z-]+' <<<"$help" | grep -oE -- '--[a-z-]+'
    grep -oE 'PORTRAIT_[A-Z_]+' <<<"$help"
    sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\) .*/\1/p' <<<"$help"
} | sort -u)
for name in $names; do
    grep -qE -- "(^|[^A-Za-z_-])$name([^A-Za-z_-]|$)" <<<"$text" || { echo "$name is missing in the man page"; exit 1; }
done
echo "every option, variable and subcommand is in the man page"
