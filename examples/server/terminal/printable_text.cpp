#include "terminal/printable_text.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>

namespace portrait_server {

namespace {

unsigned char at(std::string_view text, std::size_t index) {
    return static_cast<unsigned char>(text[index]);
}

/// How many bytes the printable character at the text's beginning has; 0 when there is none (RFC 3629, table
/// 3-7 of the Unicode standard).
std::size_t character_length(std::string_view text) {
    const auto first = at(text, 0);
    if (first < 0x80)
        return first >= 0x20 && first != 0x7F ? 1 : 0;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (text.size() < length)
        return 0;
    unsigned low = 0x80;
    unsigned high = 0xBF;
    switch (first) {
    case 0xC2: // U+0080 to U+009F are control characters, too
    case 0xE0: low = 0xA0; break;
    case 0xED: high = 0x9F; break;
    case 0xF0: low = 0x90; break;
    case 0xF4: high = 0x8F; break;
    default: break;
    }
    for (std::size_t index = 1; index < length; ++index, low = 0x80, high = 0xBF)
        if (at(text, index) < low || at(text, index) > high)
            return 0;
    return length;
}

} // namespace

std::string printable(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const auto length = character_length(text);
        if (length == 0)
            fmt::format_to(std::back_inserter(safe), "\\x{:02X}", at(text, 0));
        else
            safe += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return safe;
}

bool is_printable(std::string_view text) {
    while (!text.empty()) {
        const auto length = character_length(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

} // namespace portrait_server
