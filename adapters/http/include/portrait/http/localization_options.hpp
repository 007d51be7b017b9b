#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// Returns the text of a string reference, such as `SR_MANDATORY_FIELD_1281` (without its brackets), in a
/// language, a lower-case tag such as `nb-no`. Absent when there is none; then it is called with the
/// request's next language, and at last with English. Called concurrently from any thread; must not block.
using StringTable =
    std::function<std::optional<std::string>(std::string_view reference, std::string_view language)>;

/// The form of entities' strings and dates in answers (contract section 5).
struct LocalizationOptions {
    /// Convert created and updated dates to the zone of SO-TimeZone.
    bool convert_dates = false;
    /// Looks up `[SR_…]` references in strings, which stay unchanged without a text.
    StringTable strings{};
};

} // namespace portrait::http
