#!/usr/bin/env bash
# Builds the core, the embedded store and the fakes as shared libraries: they show portrait's names alone and none of their
# inside, they have their version in their names, and a stranger's project runs with them.
# usage: tests/consumer/shared.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }

launcher=$(command -v ccache || true)
quietly cmake -S "$here/../.." -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON \
    -DPORTRAIT_HTTP=OFF -DPORTRAIT_IMAGING=OFF -DPORTRAIT_TESTS=OFF -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher"
quietly cmake --build "$work/build"
quietly cmake --install "$work/build" --prefix "$work/installed"

for name in core sqlite testing; do
    library=$(find "$work/installed" -name "libportrait_$name.so")
    [ -n "$library" ] || { echo "libportrait_$name.so wasn't installed"; exit 1; }
    readelf -d "$library" | grep -q "SONAME.*libportrait_$name\.so\.[0-9]" || { echo "$library has no versioned soname"; exit 1; }
    nm -D --defined-only -C "$library" | cut -d' ' -f3- | sed 's/@@PORTRAIT_[0-9]*$//' | sort -u >"$work/symbols"
    [ "$(wc -l <"$work/symbols")" -gt 20 ] || { echo "$library shows hardly anything"; cat "$work/symbols"; exit 1; }

    # A symbol is intended when its class or function is marked in a public header.
    while read -r symbol; do
        bare=$(sed -E 's/^(typeinfo name for|typeinfo for|vtable for|non-virtual thunk to) //; s/\(.*//; s/\[abi:[^]]*\]//; s/<.*//' <<<"$symbol")
        [[ $bare == PORTRAIT_* ]] && continue
        first=$(sed -E 's/^portrait::(detail::|sqlite::|testing::)?//; s/::.*//' <<<"$bare")
        if [[ $bare != portrait::* ]] || ! grep -rqE "PORTRAIT_EXPORT .*\b${first%%[!a-zA-Z_]*}" \
            "$work/installed/include" || [[ $symbol == *::State::* || $symbol == *::Cache::* ]]; then
            echo "$library shows what no public header marks: $symbol"
            exit 1
        fi
    done <"$work/symbols"
done

mv "$work/installed" "$work/moved"
quietly cmake -S "$here" -B "$work/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$work/moved" \
    -DCMAKE_BUILD_TYPE=Release -DCONSUMER_COMPONENTS="core;sqlite"
quietly cmake --build "$work/consumer"
cd "$work"
./consumer/consumer
ldd ./consumer/consumer | grep -q "libportrait_sqlite.so.[0-9] => $work/moved/"

# A component that this build left out is named, with what to do.
if cmake -S "$here" -B "$work/wrong" -DCMAKE_PREFIX_PATH="$work/moved" -DCONSUMER_COMPONENTS="core;http" \
    >"$work/log" 2>&1; then
    echo "the missing component http was not noticed"
    exit 1
fi
grep -q "without its component 'http'" "$work/log" || { cat "$work/log"; exit 1; }
