#!/usr/bin/env bash
# clang-tidy over the sources of library, adapters and examples, as .clang-tidy says; prints what it finds and fails then.
# Wants build/dev configured, as tests/run.sh leaves it. About 15 minutes on 2 cores.
# usage: .ci/clang-tidy.sh [FILE…]
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/packages.sh
need_packages "${LINT_PACKAGES[@]}"
[[ -f build/dev/compile_commands.json ]] || fail "build/dev isn't configured; run tests/run.sh first"

files=("$@")
if ((${#files[@]} == 0)); then
    # What this configuration compiles: no_metrics.cpp, for one, isn't of it.
    mapfile -t files < <(git ls-files 'lib/*.cpp' 'adapters/*.cpp' 'examples/*.cpp' | while read -r file; do
        if grep -qF "\"$PWD/$file\"" build/dev/compile_commands.json; then printf '%s\n' "$file"; fi
    done)
fi
((${#files[@]})) || fail "there is nothing to look at"
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 1 clang-tidy --quiet -p build/dev
printf '%s files: nothing found\n' "${#files[@]}"
