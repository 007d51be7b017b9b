# shellcheck shell=bash
# Sourced by the scripts that use portrait from another project. They set `here` to this folder and `work` to a temporary one.

# Runs a command, and prints its output only if it fails.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }

# Builds the libraries for an installation, unless the folder is a build with tests. Without optimisation, which compiles
# fastest and exports the same symbols.
build_libraries() { # FOLDER ON|OFF COMPONENT...
    local folder=$1 shared=$2 options=() component
    shift 2
    [ ! -e "$folder/tests" ] || return 0
    for component in AUDIT_FILE HTTP BEAST ACCOUNTS PROMETHEUS POSTGRES SQLITE IMAGING TESTING; do
        [[ " $* " == *" ${component,,} "* ]] && options+=("-DPORTRAIT_$component=ON") || options+=("-DPORTRAIT_$component=OFF")
    done
    quietly cmake -S "$here/../.." -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
        -DBUILD_SHARED_LIBS="$shared" -DPORTRAIT_UNITY=ON -DPORTRAIT_TESTS=OFF -DPORTRAIT_EXAMPLES=OFF "${options[@]}" \
        -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
    # So that ccache also finds objects of other checkouts.
    CCACHE_BASEDIR=$(cd "$here/../.." && pwd) CCACHE_NOHASHDIR=1 quietly cmake --build "$folder"
}

# Builds $work/found/consumer by find_package with the components.
build_with_find_package() { # PREFIX COMPONENT...
    local prefix=$1
    shift
    quietly cmake -S "$here" -B "$work/found" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        -DCONSUMER_COMPONENTS="$(IFS=';'; echo "$*")"
    quietly cmake --build "$work/found"
}

# Fails unless find_package of a missing component fails with this message.
expect_missing() { # PREFIX COMPONENTS MESSAGE
    rm -rf "$work/wrong"
    if cmake -S "$here" -B "$work/wrong" -G Ninja -DCMAKE_PREFIX_PATH="$1" -DCONSUMER_COMPONENTS="$2" >"$work/log" 2>&1; then
        echo "find_package found the components '$2'; one of them is missing"
        exit 1
    fi
    # CMake wraps the lines of messages.
    tr -s ' \n' ' ' <"$work/log" | grep -F "$3" >/dev/null || { echo "'$3' is missing in:"; cat "$work/log"; exit 1; }
}

warnings=(-std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

# Builds $work/by-pkg-config by the compiler and pkg-config, without CMake.
build_with_pkg_config() { # PREFIX PKG_CONFIG_OPTION COMPONENT...
    local flags modules=() definitions=() prefix=$1 option=$2
    shift 2
    for component in "$@"; do
        modules+=("portrait-$component")
        definitions+=("-DCONSUMER_HAS_$component")
    done
    flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name portrait-core.pc)") pkg-config "$option" --cflags --libs "${modules[@]}") ||
        { echo "pkg-config fails for ${modules[*]}"; exit 1; }
    read -ra flags <<<"$flags"
    quietly g++ "${warnings[@]}" "${definitions[@]}" "$here/main.cpp" -o "$work/by-pkg-config" "${flags[@]}"
}

# Links each whole module alone: its own packages have to define every symbol that it needs.
link_each_module() { # PREFIX PKG_CONFIG_OPTION COMPONENT...
    local flags prefix=$1 option=$2
    shift 2
    for component in "$@"; do
        flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name portrait-core.pc)") pkg-config "$option" --libs "portrait-$component")
        read -ra flags <<<"$flags"
        echo 'int main() {}' | quietly g++ -x c++ - -o "$work/alone" -Wl,--no-as-needed \
            -Wl,--whole-archive "-L$(dirname "$(find "$prefix" -name 'libportrait_core.*' | head -1)")" "-lportrait_$component" -Wl,--no-whole-archive "${flags[@]}"
    done
}

# Checks that portrait's headers define only macros that begin with PORTRAIT_, and undefine no others.
check_macros() { # PREFIX
    local include=$1/include leaked
    (cd "$include" && find portrait -name '*.hpp' -printf '#include <%p>\n') >"$work/all_headers.cpp"
    quietly g++ -std=c++20 -dD -E -I"$include" "$work/all_headers.cpp" -o "$work/macros"
    leaked=$(awk -v ours="$include/portrait/" '
        /^# [0-9]+ "/ { file = $3; gsub(/"/, "", file); next }
        /^#(define|undef) / && index(file, ours) == 1 { seen++; if ($2 !~ /^PORTRAIT_/) print $0 }
        END { if (seen < 3) print "The headers have fewer macros than expected; this check may be broken" }' "$work/macros")
    [ -z "$leaked" ] || { echo "The public headers leak macros:"; echo "$leaked"; exit 1; }
}

# Fails unless the headers name the C++ and the Boost that they need when they get older ones.
check_requirements() { # PREFIX
    local prefix=$1
    echo '#include <portrait/portrait.hpp>' >"$work/requirements.cpp"
    mkdir -p "$work/old/boost"
    echo '#define BOOST_VERSION 107400' >"$work/old/boost/version.hpp"
    expect_refusal() { # MESSAGE ARGUMENT...
        if g++ -fsyntax-only "${@:2}" -I"$prefix/include" "$work/requirements.cpp" >"$work/log" 2>&1 ||
            ! grep -F "$1" "$work/log" >/dev/null; then
            echo "'$1' is missing in:"
            cat "$work/log"
            exit 1
        fi
    }
    expect_refusal "portrait needs C++20" -std=c++17
    expect_refusal "portrait needs Boost 1.81" -std=c++20 -I"$work/old"
}

# The project's own store passes the conformance tests, and for each faulty store the test of its fault fails.
run_conformance_suite() {
    local faulty failing
    [ -x "$work/found/own_store_test" ] || return 0 # built without portrait::testing
    quietly "$work/found/own_store_test"
    for faulty in "unconditional=a save demands the present version" "stale=an answered save is seen by the next read" \
        "repeating=a submit calls back once with the result of save" "text_losing=texts change one by one"; do
        failing=${faulty#*=} faulty=${faulty%%=*}
        if "$work/found/own_store_test" "$faulty" >"$work/log" 2>&1 || ! grep -qF "  $failing" "$work/log" ||
            grep -q SIG "$work/log"; then
            echo "The conformance test '$failing' doesn't fail for the $faulty store:"
            cat "$work/log"
            exit 1
        fi
    done
    echo "the project's store passes the conformance tests, and the four faulty ones fail"
}

# Builds the first program and the CMake lines of a page as a project.
build_as_documented() { # PREFIX PAGE
    local folder=$work/pasted
    block() { awk -v kind="\`\`\`$1" '$0 == kind { inside = 1; next } /^```$/ { if (inside) exit } inside' "$2"; }
    rm -rf "$folder"
    mkdir "$folder"
    {
        printf '%s\n' 'cmake_minimum_required(VERSION 3.22)' 'project(pasted LANGUAGES CXX)' 'add_executable(your_service app.cpp)'
        block cmake "$2"
    } >"$folder/CMakeLists.txt"
    block cpp "$2" >"$folder/app.cpp"
    quietly cmake -S "$folder" -B "$folder/build" -G Ninja -DCMAKE_PREFIX_PATH="$1"
    quietly cmake --build "$folder/build"
    echo "the program and the CMake lines of $(basename "$2") build"
}
