# shellcheck shell=bash
# Sourced by the scripts that try a stranger's use of portrait. They set `here`, this folder, and `work`, a temporary one.

# Runs a command and shows what it said only when it failed.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }

# Builds the libraries in a folder that is no build of the tests', for what is installed from there. Not optimised, which
# compiles fastest; what is exported is the same.
build_libraries() { # FOLDER ON|OFF COMPONENT...
    local folder=$1 shared=$2 options=() component
    shift 2
    [ ! -e "$folder/tests" ] || return 0
    for component in AUDIT_FILE HTTP BEAST ACCOUNTS PROMETHEUS SQLITE IMAGING TESTING; do
        [[ " $* " == *" ${component,,} "* ]] || options+=("-DPORTRAIT_$component=OFF")
    done
    quietly cmake -S "$here/../.." -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
        -DBUILD_SHARED_LIBS="$shared" -DPORTRAIT_UNITY=ON -DPORTRAIT_TESTS=OFF -DPORTRAIT_EXAMPLES=OFF "${options[@]}" \
        -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
    # ccache may have compiled them in another checkout.
    CCACHE_BASEDIR=$(cd "$here/../.." && pwd) CCACHE_NOHASHDIR=1 quietly cmake --build "$folder"
}

# find_package with the components, from outside the tree; leaves the program in $work/found/consumer.
build_with_find_package() { # PREFIX COMPONENT...
    local prefix=$1
    shift
    quietly cmake -S "$here" -B "$work/found" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        -DCONSUMER_COMPONENTS="$(IFS=';'; echo "$*")"
    quietly cmake --build "$work/found"
}

# find_package of what isn't there has to fail, and to say so in these words.
expect_missing() { # PREFIX COMPONENTS MESSAGE
    rm -rf "$work/wrong"
    if cmake -S "$here" -B "$work/wrong" -G Ninja -DCMAKE_PREFIX_PATH="$1" -DCONSUMER_COMPONENTS="$2" >"$work/log" 2>&1; then
        echo "the missing component of '$2' was not noticed"
        exit 1
    fi
    # CMake breaks the lines of messages where it likes.
    tr -s ' \n' ' ' <"$work/log" | grep -F "$3" >/dev/null || { echo "there is no '$3' in:"; cat "$work/log"; exit 1; }
}

warnings=(-std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

# The compiler and pkg-config alone, no CMake; leaves the program in $work/by-pkg-config.
build_with_pkg_config() { # PREFIX PKG_CONFIG_OPTION COMPONENT...
    local flags modules=() definitions=() prefix=$1 option=$2
    shift 2
    for component in "$@"; do
        modules+=("portrait-$component")
        definitions+=("-DCONSUMER_HAS_$component")
    done
    flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name portrait-core.pc)") pkg-config "$option" --cflags --libs "${modules[@]}") ||
        { echo "pkg-config doesn't find ${modules[*]}"; exit 1; }
    read -ra flags <<<"$flags"
    quietly g++ "${warnings[@]}" "${definitions[@]}" "$here/main.cpp" -o "$work/by-pkg-config" "${flags[@]}"
}

# Each module has to link by itself: every name a program may use of it is found with its own packages.
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

# Our headers define no macro outside our name, and undefine none of others'.
check_macros() { # PREFIX
    local include=$1/include leaked
    (cd "$include" && find portrait -name '*.hpp' -printf '#include <%p>\n') >"$work/all_headers.cpp"
    quietly g++ -std=c++20 -dD -E -I"$include" "$work/all_headers.cpp" -o "$work/macros"
    leaked=$(awk -v ours="$include/portrait/" '
        /^# [0-9]+ "/ { file = $3; gsub(/"/, "", file); next }
        /^#(define|undef) / && index(file, ours) == 1 { seen++; if ($2 !~ /^PORTRAIT_/) print $0 }
        END { if (seen < 3) print "hardly any macro was seen: is the check blind?" }' "$work/macros")
    [ -z "$leaked" ] || { echo "the public headers leak macros:"; echo "$leaked"; exit 1; }
}

# A stranger's own store passes the conformance suite, and each store that breaks a promise is found, by the promise.
run_conformance_suite() {
    local broken promise
    [ -x "$work/found/own_store_test" ] || return 0 # portrait::testing wasn't wanted
    quietly "$work/found/own_store_test"
    for broken in "careless=a save demands the present version" "stale=an answered save is seen by the next read" \
        "stuttering=a submit calls back once with what save would return" "forgetful=texts change one by one"; do
        promise=${broken#*=} broken=${broken%%=*}
        if "$work/found/own_store_test" "$broken" >"$work/log" 2>&1 || ! grep -qF "  $promise" "$work/log" ||
            grep -q SIG "$work/log"; then
            echo "the conformance suite doesn't find that a $broken store breaks: $promise"
            cat "$work/log"
            exit 1
        fi
    done
    echo "a stranger's store passes the conformance suite, and four broken ones don't"
}

# The first program and the CMake lines of a page, pasted into a project.
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
