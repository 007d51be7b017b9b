#pragma once

#include <portrait/http/message.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// The moment of any of the three forms that RFC 9110 has: IMF-fixdate, RFC 850's, asctime's. Strict: names
/// in their exact case, the weekday must be the date's. Absent when malformed. A year of two digits is the
/// one that is less than 50 years after `now`'s.
std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now);
/// The same with the system's clock.
std::optional<Timestamp> parse_http_date(std::string_view text);

} // namespace portrait::http
