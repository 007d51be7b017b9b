#!/usr/bin/env bash
# Every test that tests/http/README.md names exists, and each section of the contract has at least three.
# usage: tests/http/readme.sh
set -euo pipefail
tests=$(cd "$(dirname "$0")/.." && pwd)
readme=$tests/http/README.md
failures=0

complain() {
    printf 'tests/http/README.md: %s\n' "$1" >&2
    failures=$((failures + 1))
}

while IFS= read -r line; do
    file=$(sed -n 's/^- `\([^`]*\)`: .*/\1/p' <<<"$line")
    name=$(sed -n 's/^- `[^`]*`: //p' <<<"$line")
    if [ ! -f "$tests/$file" ]; then
        complain "there is no file '$file'"
    # A name may stand on the line behind its macro.
    elif ! tr '\n' ' ' <"$tests/$file" | sed 's/TEST_CASE( */TEST_CASE(/g' | grep -F "TEST_CASE(\"$name\"," >/dev/null; then
        complain "$file has no test '$name'"
    fi
done < <(grep '^- ' "$readme")

for section in "Routes" "Image bodies and image answers" "BlobEntity" "Who is calling" \
    "Language, culture, time zone" "Conditional requests and errors" "Agents"; do
    count=$(awk -v section="## $section" '/^## / { inside = $0 == section } inside && /^- /' "$readme" | wc -l)
    ((count >= 3)) || complain "the section '$section' has $count tests"
done
((failures == 0))
