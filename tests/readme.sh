#!/usr/bin/env bash
# Checks that the program in the README is examples/embed/first_picture.cpp, and that it stores a picture.
# usage: tests/readme.sh FIRST_PICTURE_BINARY
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
binary=$(realpath "$1")
diff <(awk '/^```cpp$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$root/README.md") \
    "$root/examples/embed/first_picture.cpp"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
convert -size 97x61 plasma: photo.jpg
[ "$("$binary" photo.jpg)" = "blob 1, 97 x 61" ]
[ "$("$binary" photo.jpg)" = "blob 1, 97 x 61" ] # the second time the blob keeps its id
echo text >text.txt
if refusal=$("$binary" text.txt); then exit 1; fi
[ "$refusal" = "refused: The bytes are not a PNG, JPEG, GIF or TIFF picture" ] || { echo "$refusal"; exit 1; }
