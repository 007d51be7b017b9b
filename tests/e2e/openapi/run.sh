#!/usr/bin/env bash
# Starts portrait-server, validates its OpenAPI document by other projects' tools, and drives the server by a TypeScript client
# that other projects' tools make of the document. The tools are npm's at the versions of the lockfile. Needs Node.js 18 or
# later and npm; needs npm's registry for the first run and after a change of the lockfile.
# usage: tests/e2e/openapi/run.sh SERVER_BINARY TOOLS_FOLDER
# TOOLS_FOLDER keeps the installed tools between runs; the script writes nothing into the source tree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
server=$(realpath "${1:?needs the path of portrait-server}")
mkdir -p "${2:?needs a folder for the tools}"
tools=$(realpath "$2")

# shellcheck source=../support/npm.sh
source "$here/../support/npm.sh"
install_npm_packages "$here" "$tools"

work=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap finish EXIT

base_path=/Cust12345
"$server" --demo --listen 127.0.0.1:0 --base-path "$base_path" --data "$work/data" --log-level warning >"$work/banner" &
pid=$!
url=
until url=$(grep -o 'http://[0-9.:]*' "$work/banner" | head -n 1) && [ -n "$url" ]; do
    kill -0 "$pid" 2>/dev/null || { echo "The server didn't start" >&2; exit 1; }
    sleep 0.1
done

# Without a proxy, since the server is on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
document=$url$base_path/api/v1/openapi.json
node "$here/validate.mjs" "$tools" "$document"

mkdir "$work/client"
cd "$work/client"
ln -s "$tools/node_modules" node_modules
cp "$here/client.ts" .
echo '{"type": "module"}' >package.json
node node_modules/openapi-typescript/bin/cli.js "$document" --output schema.d.ts >openapi-typescript.log ||
    { cat openapi-typescript.log >&2; exit 1; }
node node_modules/typescript/bin/tsc --strict --noUncheckedIndexedAccess --target es2022 --module node16 \
    --lib es2022,dom,dom.iterable client.ts
node --input-type module --eval "import { run } from './client.js'; await run(process.argv[1]);" "$url$base_path"
echo "the client made of the document works"
