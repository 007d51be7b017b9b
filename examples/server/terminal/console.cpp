#include "terminal/console.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <cstdio>

namespace portrait_server {

namespace {

void print(std::FILE* stream, std::string_view text) {
    // Not fmt::print: it throws when the reader has closed its end.
    (void)std::fwrite(text.data(), 1, text.size(), stream);
    (void)std::fflush(stream);
}

int print_error(std::string_view sentence, int code) {
    print(stderr, fmt::format("portrait-server: {}\n", portrait::printable(sentence)));
    return code;
}

} // namespace

int refuse(std::string_view sentence) {
    return print_error(sentence, exit_code::refused);
}

int fail(std::string_view sentence) {
    return print_error(sentence, exit_code::failure);
}

void note(std::string_view text) {
    print(stderr, text);
}

void say(std::string_view text) {
    print(stdout, text);
}

} // namespace portrait_server
