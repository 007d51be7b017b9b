#include "localization/time_zones.hpp"

#include "headers/field_syntax.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/printable.hpp>

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace portrait::http {

namespace {

Problem bad_zone(std::string message) {
    return plain_problem(400, "request.time_zone", std::move(message));
}

std::optional<TimeZoneRequest> find_zone(std::string_view text) {
    const auto id = parse_number<std::int32_t>(text).value_or(0);
    for (const auto& zone : superoffice_time_zones())
        if (id > 0 ? zone.id == id : equal_ignoring_case(zone.name, text))
            return TimeZoneRequest{std::string{zone.name}, std::string{zone.iana}};
    if (is_digit(text.front())) // no name of tzdata
        return std::nullopt;
    for (const auto& zone : date::get_tzdb().zones)
        if (equal_ignoring_case(zone.name(), text))
            return TimeZoneRequest{zone.name(), zone.name()};
    return std::nullopt;
}

std::string date_and_time(std::chrono::seconds since_epoch) {
    const auto days = std::chrono::floor<std::chrono::days>(since_epoch);
    const std::chrono::year_month_day day{std::chrono::sys_days{days}};
    const auto second_of_day = (since_epoch - days).count();
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                       second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
}

std::string offset_text(std::chrono::seconds offset) {
    const auto minutes = std::chrono::round<std::chrono::minutes>(offset).count();
    const auto magnitude = minutes < 0 ? -minutes : minutes;
    return fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', magnitude / 60, magnitude % 60);
}

} // namespace

ProblemOr<TimeZoneRequest> requested_time_zone(const RequestHead& head) {
    TimeZoneRequest request;
    if (head.find("SO-TimeZone") == nullptr)
        return request;
    const auto value = head.joined("SO-TimeZone");
    for (std::string_view rest = value; !rest.empty();) {
        const auto end = std::min(rest.find_first_of(",;"), rest.size());
        const auto token = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (token.empty())
            continue;
        if (equal_ignoring_case(token, "includeTZOffset")) {
            request.include_offset = true;
            continue;
        }
        auto zone = find_zone(token);
        if (!zone) {
            constexpr std::size_t max_shown = 64;
            const auto shown =
                printable(token.substr(0, max_shown)) + (token.size() > max_shown ? "..." : "");
            return bad_zone(
                fmt::format("The time zone \"{}\" of SO-TimeZone is unknown; accepted: SuperOffice's ids and "
                            "names, such as 261 or US-NY, and IANA names, such as Europe/Oslo",
                            shown));
        }
        if (!request.iana.empty() && request.iana != zone->iana)
            return bad_zone(fmt::format("SO-TimeZone names two time zones, {} and {}; accepted: one",
                                        request.name, zone->name));
        zone->include_offset = request.include_offset;
        request = *std::move(zone);
    }
    return request;
}

std::string render_date(Timestamp moment, const TimeZoneRequest& zone, bool convert) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(moment);
    const auto since_epoch = whole.time_since_epoch();
    if (!convert || zone.iana.empty())
        return date_and_time(since_epoch) + 'Z';
    const auto offset = date::locate_zone(zone.iana)->get_info(whole).offset;
    auto text = date_and_time(since_epoch + offset);
    return zone.include_offset ? text + offset_text(offset) : text;
}

} // namespace portrait::http
