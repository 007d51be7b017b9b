#!/usr/bin/env bash
# Checks that the guide's tables of errors have every rule: the core's in order, with statuses and sentences, and the HTTP
# adapter's.
# usage: tests/guide/errors.sh ERROR_TABLE_BINARY
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/../.."
page=examples/guide/errors.md
diff <("$binary") <(sed -nE 's/^\| (`[a-z_.]+`) \| `[a-z_]+` \| ([^|]*) \| ([^|]*) \| .*/\1 | \2 | \3/p' "$page")

in_sources=$(grep -rhoE '"(agent|authentication|authorization|patch|request|service|session)\.[a-z_]+"' adapters/{http,beast,accounts,postgres} |
    tr -d '"' | grep -v '\.hpp$' | sort -u)
[ "$(wc -l <<<"$in_sources")" -gt 40 ] || { echo "The sources have fewer rules than expected; this check may be broken"; exit 1; }
missing=$(comm -23 <(echo "$in_sources") <(grep -oE '`[a-z]+\.[a-z_]+`' "$page" | tr -d '`' | sort -u))
[ -z "$missing" ] || { echo "These rules are missing in $page:"; echo "$missing"; exit 1; }
