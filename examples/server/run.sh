#!/usr/bin/env bash
# Builds portrait-server and starts it with demo persons and a demo user on http://localhost:8080, with its data in
# portrait-data/ of the current folder. On Debian 12 it installs missing packages. Arguments are passed to the server:
#   ./examples/server/run.sh --listen 127.0.0.1:9000
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../../.ci/packages.sh
source "$root/.ci/packages.sh"
need_packages "${BUILD_PACKAGES[@]}" curl # for the banner's lines

server=$root/build/release/bin/portrait-server
quiet=(-- --quiet)
if [[ ! -x $server ]]; then
    printf 'Building a Release server; the first time takes some minutes\n' >&2
    quiet=()
fi
(
    cd "$root"
    if [[ ! -f build/release/build.ninja ]]; then
        cmake --preset release
    fi
    cmake --build --preset release --target portrait-server "${quiet[@]}"
) >&2 || fail 'the build failed; see the messages above'

# Later options override earlier ones.
exec "$server" --demo --data "$PWD/portrait-data" "$@"
