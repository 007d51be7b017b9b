# shellcheck shell=bash
# shellcheck disable=SC2034 # the lists are for the scripts that source this
# Sourced by scripts that need Debian packages: `need_packages NAME…` installs the missing ones. If none is missing, it needs
# neither network nor root.

# For building and running portrait-server.
BUILD_PACKAGES=(
    g++ cmake ninja-build ccache pkg-config
    libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
    libcli11-dev libcpp-httplib-dev libcrypt-dev libfmt-dev libhowardhinnant-date-dev libicu-dev liblcms2-dev libpng-dev
    libpugixml-dev libseccomp-dev libspdlog-dev libsqlite3-dev libssl-dev libstb-dev libtiff-dev libvips-dev libxxhash-dev prometheus-cpp-dev tzdata zlib1g-dev
)
# In addition, for portrait::postgres, in the presets postgres and package and in those of the tests.
POSTGRES_PACKAGES=(libpq-dev)
# In addition, for building and running the tests; need_postgres_programs installs the rest. ImageMagick encodes the real
# pictures, exiftool handles metadata.
TEST_PACKAGES=(
    "${POSTGRES_PACKAGES[@]}" catch2 clang-14 curl doxygen e2fsprogs git haproxy imagemagick libimage-exiftool-perl nginx-light
    openssl python3 sslscan systemd
)
# In addition to BUILD_PACKAGES, for fuzzing.
FUZZ_PACKAGES=(clang-14 libclang-rt-14-dev)
# In addition to the packages for building and testing, for tests/bench; nginx is the peer of the comparison.
BENCH_PACKAGES=(fio gnuplot-nox libbenchmark-dev libnginx-mod-http-image-filter nghttp2-client nginx valgrind wrk)
# For tests/browser and tests/e2e/page, in addition to BUILD_PACKAGES; libjpeg-turbo-progs has cjpeg and jpegtran,
# libheif-examples heif-enc.
BROWSER_PACKAGES=(chromium imagemagick libheif-examples libjpeg-turbo-progs python3 webp)
# For checking the sources.
LINT_PACKAGES=(clang-format clang-tidy-22)

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

need_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        fail "This system is not Debian; install the equivalents of these packages of Debian 12, then build with cmake: $*"
    fi
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "Packages are missing, and there is no sudo; as root: apt-get install ${missing[*]}"
    fi
    printf 'Installing %s\n' "${missing[*]}" >&2
    as_root apt-get -qq update >&2 ||
        fail "apt-get update failed; check the network. These packages are missing: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >&2 ||
        fail "apt-get install failed; Debian 12 has all of these packages: ${missing[*]}"
}

# PostgreSQL's programs, with which the tests start servers of their own. The first installation of Debian's package also makes
# a server and starts it, which a file prevents meanwhile.
need_postgres_programs() {
    ! is_installed postgresql-15 || return 0
    need_packages postgresql-common
    local folder=/etc/postgresql-common/createcluster.d
    as_root mkdir -p "$folder"
    as_root tee "$folder/portrait-tests.conf" >/dev/null <<<'create_main_cluster = false'
    need_packages postgresql-15
    as_root rm "$folder/portrait-tests.conf"
}

# Node.js and npm, for SuperOffice's own client. Only if npm is missing: Debian's npm conflicts with the one of a newer
# Node.js.
need_node() {
    command -v npm >/dev/null || need_packages nodejs npm
}
