#include "values/text.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace portrait {

namespace {

constexpr std::uint32_t malformed = 0xFFFFFFFF;

/// Takes one code point off the front; `malformed` for what RFC 3629 forbids: overlong forms, surrogates,
/// values above U+10FFFF, stray or missing continuation bytes.
std::uint32_t take_code_point(std::string_view& text) noexcept {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const auto first = byte(0);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0 || text.size() < length)
        return malformed;
    auto value = length == 1 ? std::uint32_t{first} : std::uint32_t{first} & (0x7FU >> length);
    for (std::size_t index = 1; index < length; ++index) {
        if ((byte(index) & 0xC0U) != 0x80U)
            return malformed;
        value = (value << 6U) | (byte(index) & 0x3FU);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return malformed;
    text.remove_prefix(length);
    return value;
}

constexpr bool is_control(std::uint32_t code_point) noexcept {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

constexpr bool is_forbidden_control(std::uint32_t code_point) noexcept {
    return is_control(code_point) && code_point != '\t' && code_point != '\n' && code_point != '\r';
}

/// Takes the printable character off the front and returns it; returns nothing when there is none.
std::string_view take_printable(std::string_view& text) noexcept {
    auto rest = text;
    const auto code_point = take_code_point(rest);
    if (code_point == malformed || is_control(code_point))
        return {};
    const auto character = text.substr(0, text.size() - rest.size());
    text = rest;
    return character;
}

} // namespace

[[nodiscard]] result<void> check_text(std::string_view name, std::string_view text,
                                      std::size_t max_characters) {
    std::size_t characters = 0;
    for (auto rest = text; !rest.empty(); ++characters) {
        const auto code_point = take_code_point(rest);
        if (code_point == malformed)
            return Error{errc::info_text_invalid, fmt::format("{} is not valid UTF-8", name)};
        if (is_forbidden_control(code_point))
            return Error{
                errc::info_text_invalid,
                fmt::format("{} has the control character U+{:04X}; of those only tab and line ends are "
                            "accepted",
                            name, code_point)};
    }
    if (characters > max_characters)
        return Error{errc::info_text_too_long, fmt::format("{} has {} characters; at most {} are accepted",
                                                           name, characters, max_characters)}
            .with_limit(characters, max_characters);
    return {};
}

std::string printable(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const auto character = take_printable(text);
        safe += character;
        if (character.empty()) {
            fmt::format_to(std::back_inserter(safe), "\\x{:02X}", static_cast<unsigned char>(text.front()));
            text.remove_prefix(1);
        }
    }
    return safe;
}

bool is_printable(std::string_view text) noexcept {
    while (!text.empty())
        if (take_printable(text).empty())
            return false;
    return true;
}

} // namespace portrait
