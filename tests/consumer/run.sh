#!/usr/bin/env bash
# Installs static libraries into an empty folder, moves the folder, and builds another project with it by find_package and by
# pkg-config. Then builds portrait as a part of that project by FetchContent and by add_subdirectory. Prints the time that a
# file takes to compile that includes the whole core.
# usage: tests/consumer/run.sh BUILD_FOLDER COMPONENT...    BUILD_FOLDER has static libraries; it is built if it is missing
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=checks.sh
source "$here/checks.sh"

build_libraries "$build" OFF "$@"
quietly cmake --install "$build" --prefix "$work/installed"
# The package has to work in another folder than the one it was installed to.
mv "$work/installed" "$work/moved"
if grep -rlF -e "$work/installed" -e "$root" "$work/moved/lib" --include='*.cmake' --include='*.pc'; then
    echo "These files of the package contain the path of the sources or of the first installation"
    exit 1
fi

echo "find_package"
build_with_find_package "$work/moved" "$@"
cd "$work"
./found/consumer
run_conformance_suite
[[ " $* " != *" testing "* ]] || build_as_documented "$work/moved" "$root/examples/guide/first_ten_minutes.md"
[[ " $* " != *" sqlite "* ]] || build_as_documented "$work/moved" "$root/README.md"
expect_missing "$work/moved" "core;nonsense" "without its component 'nonsense', and has none of that name"
cp -r "$work/moved" "$work/partial"
find "$work/partial" -name 'portrait-testing*.cmake' -delete
expect_missing "$work/partial" "core;testing" "without its component 'testing': build it with -DPORTRAIT_TESTING=ON"

echo "pkg-config --static"
build_with_pkg_config "$work/moved" --static "$@"
./by-pkg-config
link_each_module "$work/moved" --static "$@"

check_macros "$work/moved"
check_requirements "$work/moved"
# Programs that use the core compile without RTTI.
PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name portrait-core.pc)")
export PKG_CONFIG_PATH
read -ra flags <<<"$(pkg-config --cflags portrait-core)"
read -ra libraries <<<"$(pkg-config --static --libs portrait-core)"
quietly g++ "${warnings[@]}" -fno-rtti "${flags[@]}" "$here/main.cpp" -o without-rtti "${libraries[@]}"
./without-rtti

launcher=$(command -v ccache || true)
configure() { # NAME DEFINITION
    echo "$1"
    quietly cmake -S "$here/embedding" -B "$work/$1" -G Ninja -DCMAKE_BUILD_TYPE=Release -DPORTRAIT_UNITY=ON \
        -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" "$2"
}
embed() { # NAME DEFINITION
    configure "$1" "$2"
    quietly cmake --build "$work/$1"
    "$work/$1/consumer"
    quietly cmake --install "$work/$1" --prefix "$work/$1/nothing"
    [ ! -e "$work/$1/nothing" ] || { echo "$1 adds install rules to the embedding project"; exit 1; }
}
tar -C "$root" -czf portrait.tar.gz --transform 's,^,portrait/,' CMakeLists.txt LICENSE include lib adapters
tar -xzf portrait.tar.gz
quietly git -C portrait init -b main
quietly git -C portrait add .
quietly git -C portrait -c user.name=consumer -c user.email=consumer@localhost commit -m "Sources"
configure "FetchContent of an archive" -DCONSUMER_ARCHIVE="file://$work/portrait.tar.gz" # not built: the next project builds these sources
embed FetchContent -DCONSUMER_REPOSITORY="file://$work/portrait"
# ccache has the objects of these sources already.
embed add_subdirectory -DCONSUMER_FOLDER="$work/FetchContent/_deps/portrait-src"

echo '#include <portrait/portrait.hpp>' >include.cpp
TIMEFORMAT='compiling a file that includes portrait/portrait.hpp: %R s, %U s of processor time'
time g++ -std=c++20 "${flags[@]}" -c include.cpp -o include.o
