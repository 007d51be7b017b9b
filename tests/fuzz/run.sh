#!/usr/bin/env bash
# run.sh [SECONDS [TARGET…]]: builds the fuzz targets with clang, AddressSanitizer and UBSan, and fuzzes each of them for
# SECONDS (default 10). New inputs go to build/fuzz/corpus. An input that crashes goes to build/fuzz/crashes; add it to
# tests/fuzz/corpus/TARGET, under a name that describes it, when the bug is fixed. Keep tests/fuzz/corpus under 300 files
# and 500 KB: of the files named by a hash, only those that cover the most. `-set_cover_merge=1` finds them.
set -euo pipefail
cd "$(dirname "$0")/../.."
source .ci/packages.sh
need_packages "${BUILD_PACKAGES[@]}" "${FUZZ_PACKAGES[@]}"

seconds=${1:-10}
targets=("${@:2}")
((${#targets[@]})) || targets=(probe scrub render request connection bodies fields)

cmake --preset fuzz
cmake --build --preset fuzz --target "${targets[@]/#/portrait_fuzz_}"
mkdir -p build/fuzz/crashes
for target in "${targets[@]}"; do
    printf '\n=== %s, %s s\n' "$target" "$seconds"
    mkdir -p "build/fuzz/corpus/$target"
    dictionary=requests
    [[ $target == @(probe|scrub|render) ]] && dictionary=pictures
    "build/fuzz/bin/portrait_fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -max_len=65536 \
        -dict="tests/fuzz/dictionaries/$dictionary.dict" -artifact_prefix="build/fuzz/crashes/$target-" \
        -print_final_stats=1 "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
done
