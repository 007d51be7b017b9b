#include "pictures/range.hpp"

#include <portrait/http/message.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace portrait::http {

namespace {

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();

/// Parses decimal digits; a number that is too large becomes the largest.
std::optional<std::uint64_t> parse_position(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::invalid_argument || end != text.data() + text.size())
        return std::nullopt;
    return error == std::errc::result_out_of_range ? largest : value;
}

} // namespace

std::optional<ByteRange> select_range(const std::string_view* value, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (value == nullptr || !equal_ignoring_case(value->substr(0, unit.size()), unit))
        return std::nullopt;
    const auto range = value->substr(unit.size());
    const auto dash = range.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto after = range.substr(dash + 1);
    const auto last = after.empty() && dash != 0 ? std::optional{largest} : parse_position(after);
    if (dash == 0) {
        // A 206 can't express the last bytes of an empty picture.
        if (!last || (size == 0 && *last != 0))
            return std::nullopt;
        const auto length = std::min(*last, size);
        return ByteRange{size - length, length};
    }
    const auto first = parse_position(range.substr(0, dash));
    if (!first || !last || *last < *first)
        return std::nullopt;
    if (*first >= size)
        return ByteRange{};
    return ByteRange{*first, std::min(*last, size - 1) - *first + 1};
}

std::string content_range(ByteRange range, std::uint64_t size) {
    if (range.length == 0)
        return fmt::format("bytes */{}", size);
    return fmt::format("bytes {}-{}/{}", range.first, range.first + range.length - 1, size);
}

} // namespace portrait::http
