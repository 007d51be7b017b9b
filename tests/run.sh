#!/usr/bin/env bash
# Installs what the tests need from Debian's packages, builds everything with warnings as errors, and runs every test. On
# 2 cores 10 minutes when nothing is compiled yet, beside what installing takes.
# usage: tests/run.sh [--preset dev|asan|tsan|core-only] [ctest's options, such as -R save or -L http]
#   tsan    only what has threads of ours: the core, the store, the Beast server, the real server under load
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
# shellcheck source=../.ci/packages.sh
source .ci/packages.sh

preset=dev
if [ "${1:-}" = --preset ]; then
    preset=${2:?--preset wants dev, asan, tsan or core-only}
    shift 2
fi
case $preset in
dev | asan | tsan | core-only) ;;
*)
    echo "tests/run.sh: there is no preset '$preset'; dev, asan, tsan and core-only are" >&2
    exit 2
    ;;
esac

need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
if [ "$preset" != core-only ]; then
    need_node
fi
cmake --preset "$preset"
if [ "$preset" = tsan ]; then
    # libvips' threads and locks are not instrumented, so nothing is rendered here. ctest asks every program for its
    # tests before it runs one, so it can't be had with some of them.
    programs=(portrait_{unit,audit_file,sqlite,housekeeping,http_pieces,http_embedding,beast,accounts,prometheus}_tests)
    cmake --build --preset tsan --target "${programs[@]}" portrait_e2e_tests
    for program in "${programs[@]}" "portrait_e2e_tests [load],[if-match]"; do
        printf '%s: ' "$program"
        # shellcheck disable=SC2086 # a program and its options
        build/tsan/bin/$program
    done
    exit
fi
cmake --build --preset "$preset"
# Many tests wait more than they compute.
exec ctest --preset "$preset" --parallel "$((2 * $(nproc)))" "$@"
