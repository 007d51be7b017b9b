#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// Whether a text may be what `CultureFormatter::format` takes: one of its kinds and a colon. Cheap, and
/// without ICU.
bool is_encoded_value(std::string_view text) noexcept;

/// Writes the dates and numbers that SuperOffice encodes in strings as one culture's people write them, by
/// ICU (contract section 5). Made for one text or a few: ICU's formatters are opened at the first use of each
/// and kept. Not synchronised.
class CultureFormatter {
public:
    /// The first of the cultures that ICU has data for, English when it has none of them. Tags in any case,
    /// such as `nb-no`.
    explicit CultureFormatter(const std::vector<std::string>& cultures);
    ~CultureFormatter();

    CultureFormatter(const CultureFormatter&) = delete;
    CultureFormatter& operator=(const CultureFormatter&) = delete;

    /// What stands between the brackets, such as `D:11/23/2026`, in the culture's form: `D` a date, `DT` a
    /// date and time, `T` a time, `I` a whole number, `F` and `M` a decimal number. Absent when it is none of
    /// these or malformed (a day that the month doesn't have, a year outside 1753 to 9999, more than 64
    /// characters). Dates and times carry no zone, so none is applied; numbers get no grouping, as the
    /// vendor's formatter gives none.
    std::optional<std::string> format(std::string_view encoded);

private:
    struct Formatters;
    std::unique_ptr<Formatters> formatters_;
};

} // namespace portrait::http
