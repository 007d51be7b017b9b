#!/usr/bin/env bash
# Runs clang-tidy with .clang-tidy over every source of library, adapters and examples, each compiled separately. Prints its
# findings, and fails if there are any. About 5 minutes on 2 cores, under 2 when little has changed: see clang_tidy.py.
# usage: .ci/clang-tidy.sh [FILE…]
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/packages.sh
need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${LINT_PACKAGES[@]}"
need_postgres_programs
cmake --preset dev -B build/tidy -DPORTRAIT_UNITY=OFF >/dev/null
exec python3 .ci/clang_tidy.py build/tidy/compile_commands.json "$@"
