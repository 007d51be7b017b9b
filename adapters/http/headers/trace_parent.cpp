#include "headers/trace_parent.hpp"

#include <algorithm>
#include <cstddef>

namespace portrait::http {

namespace {

constexpr std::size_t length = 55;
constexpr std::size_t longest = 256; // of a later version's

bool is_hexadecimal(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
    });
}

bool is_trace_id(std::string_view text) noexcept {
    return is_hexadecimal(text) && text.find_first_not_of('0') != std::string_view::npos;
}

} // namespace

bool is_trace_parent(std::string_view text) noexcept {
    if (text.size() < length || text.size() > longest || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return false;
    const auto version = text.substr(0, 2);
    if (!is_hexadecimal(version) || version == "ff")
        return false;
    if (text.size() > length && (version == "00" || text[length] != '-'))
        return false;
    return is_trace_id(text.substr(3, 32)) && is_trace_id(text.substr(36, 16)) &&
           is_hexadecimal(text.substr(53, 2));
}

} // namespace portrait::http
