#include "options/expiry.hpp"

#include <portrait/accounts/token_file.hpp>

#include <fmt/format.h>

#include <charconv>

namespace portrait_server {

namespace {

constexpr int most_days = 36'500;

/// Absent when the text is no number of days.
std::optional<int> parse_days(const std::string& text) {
    int days = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, days);
    if (error != std::errc{} || stop + 1 != end || *stop != 'd' || days < 1 || days > most_days)
        return std::nullopt;
    return days;
}

std::chrono::sys_days today() {
    return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

} // namespace

std::string expiry_fault(const std::string& text) {
    if (text == "never" || parse_days(text))
        return {};
    const auto day = portrait::http::parse_day(text);
    if (!day)
        return fmt::format(
            "'{}' is not a day such as 2027-01-31, a number of days such as 90d (at most {}d), or "
            "never",
            text, most_days);
    return *day < today() ? fmt::format("{} is over already", text) : std::string{};
}

std::optional<std::chrono::sys_days> parse_expiry(const std::string& text) {
    if (const auto days = parse_days(text))
        return today() + std::chrono::days{*days};
    return portrait::http::parse_day(text);
}

} // namespace portrait_server
