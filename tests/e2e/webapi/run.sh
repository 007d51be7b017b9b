#!/usr/bin/env bash
# Tests portrait-server with SuperOffice's own unmodified client: npm's @superoffice/webapi at the version of the lockfile.
# Needs Node.js 18 or later, npm, and ImageMagick; needs npm's registry for the first run and after a change of the lockfile.
# usage: tests/e2e/webapi/run.sh SERVER_BINARY CLIENT_FOLDER [node's options, such as --test-name-pattern=language]
# CLIENT_FOLDER keeps the installed client between runs; the script writes nothing into the source tree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PORTRAIT_SERVER=$(realpath "${1:?needs the path of portrait-server}")
mkdir -p "${2:?needs a folder for the client}"
PORTRAIT_CLIENT=$(realpath "$2")
shift 2

# shellcheck source=../support/npm.sh
source "$here/../support/npm.sh"
install_npm_packages "$here" "$PORTRAIT_CLIENT"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PORTRAIT_PICTURES=$work/pictures
PORTRAIT_WORK=$work
export PORTRAIT_SERVER PORTRAIT_CLIENT PORTRAIT_PICTURES PORTRAIT_WORK
"$here/../../support/make_pictures.sh" "$PORTRAIT_PICTURES"
# Pictures of several MiB, of noise.
convert -seed 5 -size 1500x1200 xc:tomato +noise Random -depth 8 -quality 0 PNG24:"$PORTRAIT_PICTURES/png-5mb.png"
convert -seed 5 -size 1850x1500 xc:tomato +noise Random -depth 8 -quality 100 -sampling-factor 1x1 \
    "$PORTRAIT_PICTURES/jpeg-8mb.jpg"

# Without a proxy, since the servers are on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
# Not UTC, so that the client misreads dates without a zone.
export TZ=Asia/Kolkata
cd "$work"
node --test "$@" "$here"/*_test.mjs
