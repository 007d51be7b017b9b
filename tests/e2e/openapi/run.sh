#!/usr/bin/env bash
# Starts the real server and validates its OpenAPI document by npm's @apidevtools/swagger-parser at the version of the
# lockfile. Needs node 18 or later and npm; npm's registry the first time, and after the lockfile changed.
# usage: tests/e2e/openapi/run.sh SERVER_BINARY PARSER_FOLDER
# PARSER_FOLDER keeps the installed parser between runs; nothing is written into the source tree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
server=$(realpath "${1:?the binary of the server}")
mkdir -p "${2:?a folder for the parser}"
parser=$(realpath "$2")

# What is installed is what the lockfile says, or is installed again.
installed=$parser/installed-lock.json
if ! cmp -s "$here/package-lock.json" "$installed"; then
    rm -f "$installed"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$parser/"
    (cd "$parser" && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline) >&2
    cp "$here/package-lock.json" "$installed"
fi

work=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap finish EXIT

"$server" --demo --listen 127.0.0.1:0 --data "$work/data" --log-level warning >"$work/banner" &
pid=$!
url=
until url=$(grep -o 'http://[0-9.:]*' "$work/banner" | head -n 1) && [ -n "$url" ]; do
    kill -0 "$pid" 2>/dev/null || { echo "the server did not start" >&2; exit 1; }
    sleep 0.1
done

# The server is on this machine: no proxy is to be asked.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
node "$here/validate.mjs" "$parser" "$url"
