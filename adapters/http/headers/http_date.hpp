#pragma once

#include <portrait/http/message.hpp>

#include <optional>
#include <string_view>

namespace portrait::http {

/// Reads the three forms of RFC 9110: IMF-fixdate, RFC 850's, asctime's. Strict: names in their exact case,
/// the weekday must be the date's. Absent when malformed. A year of two digits is at most 50 years after
/// `now`'s.
std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now);
/// `now` is the system's clock.
std::optional<Timestamp> parse_http_date(std::string_view text);

} // namespace portrait::http
