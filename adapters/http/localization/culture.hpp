#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// Whether a text begins with a kind of `CultureFormatter::format` and a colon. Cheap, without ICU.
bool is_encoded_value(std::string_view text) noexcept;

/// Formats the dates and numbers that SuperOffice encodes in strings for one culture, by ICU (contract
/// section 5). Opens each of ICU's formatters at its first use and keeps it. Not synchronised.
class CultureFormatter {
public:
    /// The first of the cultures that ICU has data for, English when it has none of them. Tags in any case,
    /// such as `nb-no`.
    explicit CultureFormatter(const std::vector<std::string>& cultures);
    ~CultureFormatter();

    CultureFormatter(const CultureFormatter&) = delete;
    CultureFormatter& operator=(const CultureFormatter&) = delete;

    /// Formats the text between the brackets, such as `D:11/23/2026`: `D` a date, `DT` a date and time, `T` a
    /// time, `I` a whole number, `F` and `M` a decimal number. Absent when it is none of these or malformed
    /// (a day that the month doesn't have, a year outside 1753 to 9999, more than 64 characters). Dates and
    /// times have no zone, so none is applied; numbers get no grouping, as in the vendor's formatter.
    std::optional<std::string> format(std::string_view encoded);

private:
    struct Formatters;
    std::unique_ptr<Formatters> formatters_;
};

} // namespace portrait::http
