#!/usr/bin/env bash
# rendering.sh [ARGUMENT…]: builds portrait_rendering_bench and runs it, by default to fail over the ratio of 1.15 that
# portrait promises beside libvips' own thumbnails.
set -euo pipefail
cd "$(dirname "$0")/../.."
source .ci/packages.sh
need_packages "${BUILD_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"

(($#)) || set -- --at-most 1.15
cmake --preset bench > /dev/null
cmake --build --preset bench --target portrait_rendering_bench > /dev/null
exec "$(find build/bench -name portrait_rendering_bench -type f)" "$@"
