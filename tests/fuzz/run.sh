#!/usr/bin/env bash
# Builds the fuzz targets with clang, AddressSanitizer and UBSan, and fuzzes each of them for SECONDS (default 10). New inputs
# are written to build/fuzz/corpus, inputs that crash to build/fuzz/crashes. When a bug is fixed, add its input to
# tests/fuzz/corpus/TARGET under a descriptive name. Keep tests/fuzz/corpus under 300 files and 500 KB: of the files named by a
# hash, keep those with the most coverage (`-set_cover_merge=1` selects them).
# usage: tests/fuzz/run.sh [SECONDS [TARGET…]]
set -euo pipefail
cd "$(dirname "$0")/../.."
source .ci/packages.sh
need_packages "${BUILD_PACKAGES[@]}" "${FUZZ_PACKAGES[@]}"

seconds=${1:-10}
targets=("${@:2}")
((${#targets[@]})) || targets=(probe scrub render convert request connection bodies fields)

cmake --preset fuzz
cmake --build --preset fuzz --target "${targets[@]/#/portrait_fuzz_}"
mkdir -p build/fuzz/crashes
# GLib's own allocator hides faults from AddressSanitizer.
export G_SLICE=always-malloc
for target in "${targets[@]}"; do
    printf '\n=== %s, %s s\n' "$target" "$seconds"
    mkdir -p "build/fuzz/corpus/$target"
    dictionary=requests
    leaks=1
    # libdav1d 1.0 forgets 40 bytes of some damaged pictures, and what GLib keeps for a thread looks forgotten while it ends.
    [[ $target == convert ]] && leaks=0
    [[ $target == @(probe|scrub|render|convert) ]] && dictionary=pictures
    ASAN_OPTIONS="detect_leaks=$leaks" "build/fuzz/bin/portrait_fuzz_$target" \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -max_len=65536 \
        -dict="tests/fuzz/dictionaries/$dictionary.dict" -artifact_prefix="build/fuzz/crashes/$target-" \
        -print_final_stats=1 "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
done
