#!/usr/bin/env bash
# Compiles every C++ block of the guide as the program it is, with a consumer's warnings, and compares the
# guide's table of errors with the sources.
# usage: tests/guide.sh COMPILER BUILD_FOLDER
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
compiler=$1
build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for page in "$root"/examples/guide/*.md; do
    awk -v stem="$work/$(basename "$page" .md)" '
        /^```cpp$/ { inside = 1; ++number; next }
        /^```$/ { inside = 0 }
        inside { print > (stem "_" number ".cpp") }' "$page"
done
count=0
for source in "$work"/*.cpp; do
    "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -DPORTRAIT_STATIC \
        -I "$root/include" -I "$build/generated" -I "$root/adapters/http/include" -I "$root/adapters/testing/include" \
        "$source" || { echo "$(basename "$source") doesn't compile"; exit 1; }
    count=$((count + 1))
done
[ "$count" -ge 4 ] || { echo "only $count blocks were found"; exit 1; }

diff <(grep -oE '"[a-z_]+(\.[a-z_]+)*", failure::' "$root/lib/error.cpp" | cut -d'"' -f2) \
    <(grep -oE '^\| `[a-z_.]+`' "$root/examples/guide/errors.md" | cut -d'`' -f2)
