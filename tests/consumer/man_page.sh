#!/usr/bin/env bash
# The man page names every option, variable and subcommand of --help-all.
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
    grep -qE -- "(^|[^A-Za-z_-])$name([^A-Za-z_-]|$)" <<<"$text" || { echo "The man page doesn't name $name"; exit 1; }
done
echo "every option, variable and subcommand is in the man page"
