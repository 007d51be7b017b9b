#pragma once

#include <portrait/clock.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// The moment as an IMF-fixdate (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`. Parts of a
/// second are cut off. Knows no locale and no time zone. Moments outside the years 1 to 9999 become the
/// nearest one inside.
std::string format_http_date(Timestamp moment);

/// The moment of any of the three forms that RFC 9110 has: IMF-fixdate, RFC 850's, asctime's. Strict: names
/// in their exact case, the weekday must be the date's. Absent when malformed. A year of two digits is the
/// one that is less than 50 years after `now`'s.
std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now);
/// The same with the system's clock.
std::optional<Timestamp> parse_http_date(std::string_view text);

} // namespace portrait::http
