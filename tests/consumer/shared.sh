#!/usr/bin/env bash
# Checks that shared libraries export only public names of portrait and have a versioned soname, and that another project builds
# and runs with them from any folder, by find_package and by pkg-config, without the packages that the libraries use privately.
# usage: tests/consumer/shared.sh BUILD_FOLDER    BUILD_FOLDER has shared libraries; it is built if it is missing
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=checks.sh
source "$here/checks.sh"

build_libraries "$1" ON audit_file sqlite http beast accounts prometheus postgres imaging testing
quietly cmake --install "$1" --prefix "$work/installed"

components=()
for name in core audit_file sqlite http beast accounts prometheus postgres imaging testing; do
    library=$(find "$work/installed" -name "libportrait_$name.so")
    [ -n "$library" ] || { echo "libportrait_$name.so wasn't installed"; exit 1; }
    components+=("$name")
    readelf -d "$library" | grep "SONAME.*libportrait_$name\.so\.[0-9]" >/dev/null || { echo "$library has no versioned soname"; exit 1; }
    nm -D --defined-only -C "$library" | cut -d' ' -f3- | sed 's/@@PORTRAIT_[0-9]*$//' | sort -u >"$work/symbols"
    [ "$(wc -l <"$work/symbols")" -gt 1 ] || { echo "$library exports at most one name:"; cat "$work/symbols"; exit 1; }

    # A symbol is public when its class or function is marked in a public header.
    while read -r symbol; do
        bare=$(sed -E 's/^(typeinfo name for|typeinfo for|vtable for|non-virtual thunk to) //; s/\(.*//; s/\[abi:[^]]*\]//; s/<.*//' <<<"$symbol")
        [[ $bare == PORTRAIT_* ]] && continue
        first=$(sed -E 's/^portrait::(detail::|audit_file::|sqlite::|postgres::|http::|imaging::|testing::|conformance::)*//; s/::.*//' <<<"$bare")
        # -z, since a declaration may have several lines.
        if [[ $bare != portrait::* ]] || ! grep -rqzE "PORTRAIT_EXPORT [^;{]*\b${first%%[!a-zA-Z0-9_]*}\b" \
            "$work/installed/include" || [[ $symbol == *::State::* || $symbol == *::Cache::* ]]; then
            echo "$library exports a name that no public header marks: $symbol"
            exit 1
        fi
    done <"$work/symbols"
    echo "libportrait_$name.so exports $(wc -l <"$work/symbols") names, each marked in a public header"
done

mv "$work/installed" "$work/moved"
build_with_find_package "$work/moved" "${components[@]}"
cd "$work"
./found/consumer
ldd ./found/consumer | grep "libportrait_sqlite.so.[0-9.]* => $work/moved/" >/dev/null
# They find one another, and need only Boost's headers.
if grep -E '_FOUND|_DIR' found/CMakeCache.txt | grep -iE 'fmt|pugixml|ICU|OpenSSL|xxhash|sqlite3|libpq'; then
    echo "find_package looked for the packages above, which the shared libraries use privately"
    exit 1
fi

build_with_pkg_config "$work/moved" --shared "${components[@]}"
LD_LIBRARY_PATH=$(dirname "$(find "$work/moved" -name libportrait_core.so)") ./by-pkg-config
link_each_module "$work/moved" --shared "${components[@]}"
find "$work/moved" -name 'portrait-http*.cmake' -delete
expect_missing "$work/moved" "core;http" "without its component 'http': build it with -DPORTRAIT_HTTP=ON"
