#!/usr/bin/env bash
# Installs missing Debian packages, builds everything with warnings as errors, and runs every test. Takes 10 minutes on 2 cores
# when nothing is compiled yet, without the installation.
# usage: tests/run.sh [--preset dev|asan|tsan|core-only] [ctest's options, such as -R save or -L http]
#   tsan    only tests of portrait's threads: the core, the stores, the Beast server, portrait-server under load
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
# shellcheck source=../.ci/packages.sh
source .ci/packages.sh

preset=dev
if [ "${1:-}" = --preset ]; then
    preset=${2:?--preset needs a value: dev, asan, tsan or core-only}
    shift 2
fi
case $preset in
dev | asan | tsan | core-only) ;;
*)
    echo "tests/run.sh: Unknown preset '$preset'; dev, asan, tsan and core-only are accepted" >&2
    exit 2
    ;;
esac

need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
if [ "$preset" != core-only ]; then
    need_node
    need_postgres_programs
fi
cmake --preset "$preset"
if [ "$preset" = tsan ]; then
    # Without renditions: libvips' threads and locks are not instrumented. Without ctest, which needs all test programs, since
    # it lists the tests of each.
    programs=(portrait_{unit,audit_file,sqlite,housekeeping,postgres,interleaving,http_pieces,http_embedding,beast,accounts}_tests)
    programs+=(portrait_prometheus_tests)
    cmake --build --preset tsan --target "${programs[@]}" portrait_e2e_tests
    for program in "${programs[@]}" "portrait_e2e_tests [load],[if-match]"; do
        printf '%s: ' "$program"
        # shellcheck disable=SC2086 # a program and its options
        build/tsan/bin/$program
    done
    exit
fi
cmake --build --preset "$preset"
# More tests at a time than cores: many of them wait most of the time.
exec ctest --preset "$preset" --parallel "$((2 * $(nproc)))" "$@"
