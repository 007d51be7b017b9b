#!/usr/bin/env bash
# Tests portrait-server's page in Debian's Chromium, by Playwright at the version of the lockfile. Needs Node.js 18 or later, npm,
# Chromium and ImageMagick, and installs missing Debian packages; needs npm's registry for the first run and after a change of
# the lockfile.
# usage: tests/e2e/page/run.sh SERVER_BINARY PACKAGES_FOLDER [--screenshots FOLDER] [node's options, such as
#        --test-name-pattern=crop]
# PACKAGES_FOLDER keeps the installed packages between runs; the script writes nothing into the source tree.
#   --screenshots   writes the pictures of the guide to this folder
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PORTRAIT_SERVER=$(realpath "${1:?needs the path of portrait-server}")
mkdir -p "${2:?needs a folder for the packages}"
PORTRAIT_CLIENT=$(realpath "$2")
shift 2
if [ "${1:-}" = --screenshots ]; then
    mkdir -p "${2:?--screenshots needs a folder}"
    PORTRAIT_SCREENSHOTS=$(realpath "$2")
    export PORTRAIT_SCREENSHOTS
    shift 2
fi

# shellcheck source=../../../.ci/packages.sh
source "$here/../../../.ci/packages.sh"
need_packages "${BROWSER_PACKAGES[@]}"
need_node
# shellcheck source=../support/npm.sh
source "$here/../support/npm.sh"
install_npm_packages "$here" "$PORTRAIT_CLIENT"

PORTRAIT_WORK=$(mktemp -d)
trap 'rm -rf "$PORTRAIT_WORK"' EXIT
export PORTRAIT_SERVER PORTRAIT_CLIENT PORTRAIT_WORK
# Without a proxy, since the servers are on this machine.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
cd "$PORTRAIT_WORK"
node --test "$@" "$here"/*_test.mjs
