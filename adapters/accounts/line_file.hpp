#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

/// Lines of columns between colons, as the users file and the token file have them.
namespace portrait::http {

template<std::size_t Most>
struct ColonColumns {
    std::array<std::string_view, Most> text; ///< views into the line; what isn't there is empty
    std::size_t count = 0;
};

/// Absent when there are more than `Most`.
template<std::size_t Most>
std::optional<ColonColumns<Most>> split_at_colons(std::string_view line) {
    ColonColumns<Most> columns;
    for (;;) {
        if (columns.count == Most)
            return std::nullopt;
        const auto colon = line.find(':');
        columns.text[columns.count++] = line.substr(0, colon);
        if (colon == std::string_view::npos)
            return columns;
        line.remove_prefix(colon + 1);
    }
}

/// Whether a name may stand in a column: UTF-8 without colons and control characters, not too long.
bool fits_a_column(std::string_view name);

} // namespace portrait::http
