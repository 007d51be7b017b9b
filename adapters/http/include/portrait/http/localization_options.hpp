#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// The text of a string reference, such as `SR_MANDATORY_FIELD_1281` (without its brackets), in a language: a
/// lower-case tag such as `nb-no`. Absent when there is none; then the request's next language is asked for,
/// and English in the end. Called from any thread, several at a time, and must not block.
using StringTable =
    std::function<std::optional<std::string>(std::string_view reference, std::string_view language)>;

/// How strings and dates of entities are answered (contract section 5).
struct LocalizationOptions {
    /// Convert created and updated dates to the zone of SO-TimeZone.
    bool convert_dates = false;
    /// Looks up the `[SR_…]` references in strings. Without it, and where it returns nothing, they stay as
    /// they are.
    StringTable strings{};
};

} // namespace portrait::http
