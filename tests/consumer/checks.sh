# shellcheck shell=bash
# Sourced by the scripts that try a stranger's use of portrait. They set `here`, this folder, and `work`, a temporary one.

# Runs a command and shows what it said only when it failed.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }

# find_package with the components, from outside the tree; leaves the program in $work/found/consumer.
build_with_find_package() { # PREFIX COMPONENT...
    local prefix=$1
    shift
    quietly cmake -S "$here" -B "$work/found" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release \
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
    tr -s ' \n' ' ' <"$work/log" | grep -qF "$3" || { echo "there is no '$3' in:"; cat "$work/log"; exit 1; }
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
