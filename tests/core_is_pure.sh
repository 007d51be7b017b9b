#!/usr/bin/env bash
# Looks at every header that the core's objects were really compiled with: none may belong to HTTP, SQL, a codec or an
# adapter, so the core builds where no adapter's package is installed.
# usage: tests/core_is_pure.sh BUILD_FOLDER NINJA
set -euo pipefail
cd "$1"
headers=$("$2" -t deps | awk '/^[^ ]/ { core = ($1 ~ /portrait_core\.dir\//) } core && /^ / { print $1 }' | sort -u)
count=$(grep -c '/include/portrait/' <<<"$headers" || true)
if [ "$count" -lt 10 ]; then
    echo "only $count of the core's own headers are known: was the core built with Ninja?"
    exit 1
fi
forbidden='boost/(asio|beast|json|url)/|/sqlite3|/openssl/|/spdlog/|/CLI/|/vips/|pugixml|/unicode/|/crypt\.h|/adapters/'
if grep -E "$forbidden" <<<"$headers"; then
    echo "the core was compiled with the headers above, which belong to adapters"
    exit 1
fi
echo "the core's objects saw $(wc -l <<<"$headers") headers, none of an adapter's package"
