#!/usr/bin/env bash
# Compiles every public header and every source of the core and of portrait::testing by clang, with the warnings of a user's
# project and without RTTI. The other tests use GCC.
# usage: tests/consumer/clang.sh BUILD_FOLDER CLANG++...
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -DPORTRAIT_STATIC -I "$build/generated"
    -I "$root/include")
for folder in "$root"/adapters/*/include; do
    flags+=(-I "$folder")
    (cd "$folder" && find portrait -name '*.hpp' -printf '#include <%p>\n') >>"$work/headers.cpp"
done
(cd "$root/include" && find portrait -name '*.hpp' -printf '#include <%p>\n') >>"$work/headers.cpp"
find "$root/lib" "$root/adapters/testing" -name '*.cpp' -printf '#include "%p"\n' >"$work/sources.cpp"
stb=$(find /usr/include /usr/local/include -name stb_image.h -printf '%h\n' -quit)

for clang in "$@"; do
    "$clang" "${flags[@]}" "$work/headers.cpp"
    "$clang" "${flags[@]}" -fno-rtti -I "$root/lib" -isystem "$stb" "$work/sources.cpp"
    "$clang" --version | sed -n 1p
done
