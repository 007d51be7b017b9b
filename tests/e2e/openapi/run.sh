#!/usr/bin/env bash
# Starts portrait-server and validates its OpenAPI document by npm's @apidevtools/swagger-parser at the version of the
# lockfile. Needs Node.js 18 or later and npm; needs npm's registry for the first run and after a change of the lockfile.
# usage: tests/e2e/openapi/run.sh SERVER_BINARY PARSER_FOLDER
# PARSER_FOLDER keeps the installed parser between runs; the script writes nothing into the source tree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
server=$(realpath "${1:?needs the path of portrait-server}")
mkdir -p "${2:?needs a folder for the parser}"
parser=$(realpath "$2")

# Install again if the lockfile has changed.
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
    kill -0 "$pid" 2>/dev/null || { echo "The server didn't start" >&2; exit 1; }
    sleep 0.1
done

# Without a proxy, since the server is on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
node "$here/validate.mjs" "$parser" "$url"
