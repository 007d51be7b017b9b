# shellcheck shell=bash
# Sourced by the scripts of this folder. Changes to the root of the sources, and defines these functions, to be called in this
# order:
#   options PROGRAM "$@"   answers --help without a build; sets `preset` to `bench`, or with --smoke to `dev`, the tests' build
#   need_disk              fails when build/ is on tmpfs; for scripts that measure writes
#   build TARGET…          installs missing Debian packages and builds the targets
#   measure [OPTION…]      runs PROGRAM of this folder with --binaries, these options and those of the command line
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit
# shellcheck source=../../.ci/packages.sh
source .ci/packages.sh
export PYTHONDONTWRITEBYTECODE=1

options() {
    program=tests/bench/$1
    arguments=("${@:2}")
    preset=bench
    local argument
    for argument in "${arguments[@]}"; do
        case $argument in
        -h | --help) exec python3 "$program" --help ;;
        --smoke) preset=dev ;;
        esac
    done
}

need_disk() {
    mkdir -p build
    [ "$(stat -f -c %T build)" != tmpfs ] || fail "$root/build is on tmpfs; the measurement needs a disk"
}

build() {
    need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"
    cmake --preset "$preset" -DPORTRAIT_BENCHMARKS=ON >/dev/null
    cmake --build --preset "$preset" --target "$@" -- --quiet
}

measure() {
    ulimit -n "$(ulimit -Hn)" # servers and clients have thousands of connections
    exec python3 "$program" --binaries "$root/build/$preset/bin" "$@" "${arguments[@]}"
}
