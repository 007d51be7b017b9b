#!/usr/bin/env bash
# run.sh [SECONDS [TARGET…]]: builds the fuzz targets with clang, AddressSanitizer and UBSan and fuzzes each for so many
# seconds (10), one after another. New inputs go to build/fuzz/corpus; one that crashes is kept in build/fuzz/crashes and
# belongs into tests/fuzz/corpus/TARGET once the bug is fixed.
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
