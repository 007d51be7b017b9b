#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace portrait_server {

/// What is wrong with the value of `--expires`; empty when nothing is.
std::string expiry_fault(const std::string& text);

/// The last day that `2027-01-31` or `90d` (from today, in UTC) names; absent for `never`. The text has no
/// fault.
std::optional<std::chrono::sys_days> parse_expiry(const std::string& text);

} // namespace portrait_server
