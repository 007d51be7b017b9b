#!/usr/bin/env bash
# Installs a build into an empty folder and builds a stranger's project against it.
# usage: tests/consumer/run.sh BUILD_FOLDER COMPONENT...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/installed" >"$work/log" || { cat "$work/log"; exit 1; }
# Relocatable: what was installed in one place has to work in another.
mv "$work/installed" "$work/moved"
components=$(IFS=';'; echo "$*")
cmake -S "$here" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/moved" \
    -DCMAKE_BUILD_TYPE=Release -DCONSUMER_COMPONENTS="$components" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cd "$work"
./build/consumer

# A component that doesn't exist is named.
if cmake -S "$here" -B "$work/wrong" -DCMAKE_PREFIX_PATH="$work/moved" -DCONSUMER_COMPONENTS="core;nonsense" \
    >"$work/log" 2>&1; then
    echo "a missing component was not noticed"
    exit 1
fi
grep -q "without its component 'nonsense'" "$work/log" || { cat "$work/log"; exit 1; }
