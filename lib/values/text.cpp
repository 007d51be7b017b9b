#include "values/text.hpp"

#include <portrait/clock.hpp>
#include <portrait/printable.hpp>

#include <boost/locale/utf.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <iterator>

namespace portrait {
namespace {

using boost::locale::utf::is_valid_codepoint;

/// Takes one code point off the front. Takes nothing, and returns no valid code point, for what RFC 3629
/// forbids.
std::uint32_t take_code_point(std::string_view& text) noexcept {
    const auto* next = text.data();
    const auto* const end = next + text.size();
    const auto code_point = boost::locale::utf::utf_traits<char>::decode(next, end);
    if (is_valid_codepoint(code_point))
        text = {next, end};
    return code_point;
}

constexpr bool is_control(std::uint32_t code_point) noexcept {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

/// Takes a printable character off the front and returns it; returns nothing when the text begins with
/// another.
std::string_view take_printable(std::string_view& text) noexcept {
    auto rest = text;
    const auto code_point = take_code_point(rest);
    if (!is_valid_codepoint(code_point) || is_control(code_point))
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
        if (!is_valid_codepoint(code_point))
            return Error{errc::info_text_invalid, fmt::format("{} is not valid UTF-8", name)};
        if (is_control(code_point) && code_point != '\t' && code_point != '\n' && code_point != '\r')
            return Error{
                errc::info_text_invalid,
                fmt::format("{} has the control character U+{:04X}; only tabs and line ends are accepted",
                            name, code_point)};
    }
    if (characters > max_characters)
        return Error{errc::info_text_too_long, fmt::format("{} has {} characters; at most {} are accepted",
                                                           name, characters, max_characters)}
            .with_limit(characters, max_characters);
    return {};
}

std::string utc_text(Timestamp at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    return fmt::format("{:%FT}{:%T}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(day)), at - day);
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
