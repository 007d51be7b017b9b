#include <array>
#include <cstdio>
#include <cstdlib>

/// In every program of a build with UBSan: a report ends the program, unless UBSAN_OPTIONS says otherwise.
/// The variable alone doesn't suffice: the server doesn't pass it on to the processes that render, and UBSan
/// reads it from a file, which it can't without a free descriptor.
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the sanitizer looks for this name
extern "C" [[gnu::visibility("default"), gnu::used]] const char* __ubsan_default_options() {
    static std::array<char, 1024> options;
    const char* const given = std::getenv("UBSAN_OPTIONS");
    (void)std::snprintf(options.data(), options.size(), "halt_on_error=1:%s", given != nullptr ? given : "");
    return options.data();
}
