# shellcheck shell=bash
# shellcheck disable=SC2034 # the lists are for the scripts that source this
# Sourced by scripts that need Debian packages: `need_packages NAME…` installs those that are missing, and needs
# neither network nor root when none is.

# What building and running portrait-server takes.
BUILD_PACKAGES=(
    g++ cmake ninja-build ccache pkg-config
    libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
    libcli11-dev libcpp-httplib-dev libcrypt-dev libfmt-dev libhowardhinnant-date-dev libicu-dev libpugixml-dev libspdlog-dev
    libsqlite3-dev libssl-dev libstb-dev libvips-dev libxxhash-dev prometheus-cpp-dev tzdata
)
# What building and running the tests takes beside that; ImageMagick encodes the real pictures and
# exiftool turns them.
TEST_PACKAGES=(catch2 clang-14 curl doxygen git imagemagick libimage-exiftool-perl nginx-light openssl python3 sslscan systemd)
# What fuzzing takes beside what building takes.
FUZZ_PACKAGES=(clang-14 libclang-rt-14-dev)
# What tests/bench takes beside what building and testing takes; nginx is the peer to compare with.
BENCH_PACKAGES=(libbenchmark-dev nginx wrk)
# What checking the sources takes.
LINT_PACKAGES=(clang-format clang-tidy-22)

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

need_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        fail "this is no Debian; install what corresponds to these packages of Debian 12 and build with cmake: $*"
    fi
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local as_root=(env DEBIAN_FRONTEND=noninteractive)
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
        as_root=(sudo "${as_root[@]}")
    fi
    printf 'Installing %s\n' "${missing[*]}" >&2
    "${as_root[@]}" apt-get -qq update >&2 ||
        fail "apt-get update failed, is the network there? These packages are missing: ${missing[*]}"
    "${as_root[@]}" apt-get -qq install -y --no-install-recommends "${missing[@]}" >&2 ||
        fail "packages can't be installed, Debian 12 has them all: ${missing[*]}"
}

# Node.js and npm, for SuperOffice's own client. Only where there is none: a newer Node.js brings its own npm, beside
# which Debian's can't be installed.
need_node() {
    command -v npm >/dev/null || need_packages nodejs npm
}
