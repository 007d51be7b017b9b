#!/usr/bin/env bash
# Builds the reference and the guide as they are published, without a warning, and finds every page and class in them. Every
# class, enumeration and free function of the public headers has a sentence of its own.
# usage: tests/documentation.sh DOXYFILE OUTPUT_FOLDER
set -euo pipefail
doxyfile=$(realpath "$1")
output=$2
root=$(cd "$(dirname "$0")/.." && pwd)

rm -rf "$output"
doxygen "$doxyfile"
for page in "$root"/examples/guide/*.md; do
    title=$(sed -n '1s/^# //p' "$page")
    grep -rqlF --include='*.html' "<div class=\"title\">$title" "$output/html" ||
        { echo "the page '$title' isn't there"; exit 1; }
done
[ -s "$output/html/architecture.svg" ] || { echo "the picture isn't there"; exit 1; }
for class in PersonImageService ImageStore ForwardingImageStore http::Endpoint sqlite::SqliteImageStore imaging::RenderPool \
    testing::FailingImageStore; do
    [ -s "$output/html/classportrait_1_1$(sed 's/::/_1_1/g; s/\([A-Z]\)/_\L\1/g' <<<"$class").html" ] ||
        [ -s "$output/html/classportrait_1_1${class//::/_1_1}.html" ] || { echo "$class isn't there"; exit 1; }
done

nameless=$({
    cat "$doxyfile"
    printf '%s\n' 'WARN_IF_UNDOCUMENTED = YES' 'WARN_AS_ERROR = NO' 'GENERATE_HTML = NO' 'GENERATE_XML = NO'
} | doxygen - 2>&1 | grep -E 'warning: (Compound|Member .* of namespace) ' || true)
[ -z "$nameless" ] || { echo "these say nothing of themselves:"; echo "$nameless"; exit 1; }
echo "$(find "$output/html" -name '*.html' | wc -l) pages, no warning"
