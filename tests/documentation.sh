#!/usr/bin/env bash
# Builds the HTML of the reference and the guide. Fails on a warning, on a missing page or class, and on a class, enumeration or
# free function of the public headers without a comment.
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
        { echo "The page '$title' is missing"; exit 1; }
done
[ -s "$output/html/architecture.svg" ] || { echo "html/architecture.svg is missing"; exit 1; }
for class in PersonImageService ImageStore ForwardingImageStore http::Endpoint sqlite::SqliteImageStore postgres::PostgresImageStore imaging::RenderPool \
    testing::FailingImageStore; do
    [ -s "$output/html/classportrait_1_1$(sed 's/::/_1_1/g; s/\([A-Z]\)/_\L\1/g' <<<"$class").html" ] ||
        [ -s "$output/html/classportrait_1_1${class//::/_1_1}.html" ] || { echo "The page of $class is missing"; exit 1; }
done

undocumented=$({
    cat "$doxyfile"
    printf '%s\n' 'WARN_IF_UNDOCUMENTED = YES' 'WARN_AS_ERROR = NO' 'GENERATE_HTML = NO' 'GENERATE_XML = NO'
} | doxygen - 2>&1 | grep -E 'warning: (Compound|Member .* of namespace) ' || true)
[ -z "$undocumented" ] || { echo "These have no comment:"; echo "$undocumented"; exit 1; }
echo "$(find "$output/html" -name '*.html' | wc -l) pages, no warning"
