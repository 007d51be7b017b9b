#include "pictures/range.hpp"

#include <portrait/http/message.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace portrait::http {

namespace {

/// Parses decimal digits; a number that is too large becomes the largest.
std::optional<std::uint64_t> parse_position(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::invalid_argument || end != text.data() + text.size())
        return std::nullopt;
    return error == std::errc::result_out_of_range ? std::numeric_limits<std::uint64_t>::max() : value;
}

} // namespace

SelectedRange select_range(const std::string_view* value, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (value == nullptr || !equal_ignoring_case(value->substr(0, unit.size()), unit))
        return WholeRange{};
    const auto range = value->substr(unit.size());
    const auto dash = range.find('-');
    if (dash == std::string_view::npos)
        return WholeRange{};

    if (dash == 0) {
        const auto suffix = parse_position(range.substr(1));
        // A 206 can't express the last bytes of an empty picture.
        if (!suffix || (size == 0 && *suffix != 0))
            return WholeRange{};
        if (*suffix == 0)
            return UnsatisfiableRange{};
        const auto length = std::min(*suffix, size);
        return ByteRange{size - length, length};
    }

    const auto first = parse_position(range.substr(0, dash));
    const auto last = dash + 1 == range.size() ? std::optional{std::numeric_limits<std::uint64_t>::max()}
                                               : parse_position(range.substr(dash + 1));
    if (!first || !last || *last < *first)
        return WholeRange{};
    if (*first >= size)
        return UnsatisfiableRange{};
    return ByteRange{*first, std::min(*last, size - 1) - *first + 1};
}

std::string content_range(ByteRange range, std::uint64_t size) {
    return fmt::format("bytes {}-{}/{}", range.first, range.first + range.length - 1, size);
}

std::string unsatisfied_content_range(std::uint64_t size) {
    return fmt::format("bytes */{}", size);
}

} // namespace portrait::http
