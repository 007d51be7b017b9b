#include "localization/localization.hpp"

#include "http/headers/head_with.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

namespace time_zones_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::head_with;

namespace {

TimeZoneRequest requested(std::string_view value) {
    auto request = requested_time_zone(head_with({{"SO-TimeZone", value}}));
    INFO("SO-TimeZone: " << value);
    REQUIRE(request.has_value());
    return *std::move(request);
}

Problem refused(std::string_view value) {
    const auto request = requested_time_zone(head_with({{"SO-TimeZone", value}}));
    INFO("SO-TimeZone: " << value);
    REQUIRE(request.has_error());
    return request.error();
}

Timestamp at(int year, unsigned month, unsigned day, std::chrono::seconds time) {
    return Timestamp{std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) /
                                           static_cast<int>(day)}} +
           time;
}

std::string converted(Timestamp moment, std::string zone) {
    return render_date(moment, requested(zone), true);
}

std::string with_offset(Timestamp moment, std::string zone) {
    return render_date(moment, requested(zone + ",includeTZOffset"), true);
}

} // namespace

TEST_CASE("a zone is found by id, short name or IANA name", "[http][time_zones]") {
    struct Case {
        const char* value;
        const char* name;
        const char* iana;
    };
    const auto& [value, name, iana] = GENERATE(values<Case>({
        {"UTC", "UTC", "UTC"},
        {"1", "UTC", "UTC"},
        {"NO", "NO", "Europe/Oslo"},
        {"no", "NO", "Europe/Oslo"},
        {"261", "NO", "Europe/Oslo"},
        {"36", "AU-ACT", "Australia/Sydney"},
        {"50", "BD", "Asia/Dhaka"},
        {"114", "CA-QC", "America/Toronto"},
        {"140", "DK", "Europe/Copenhagen"},
        {"156", "FR", "Europe/Paris"},
        {"425", "US-CA", "America/Los_Angeles"},
        {"433", "US-HI", "Pacific/Honolulu"},
        {"460", "US-NY", "America/New_York"},
        {"AU-WA", "AU-WA", "Australia/Perth"},
        {"IN", "IN", "Asia/Kolkata"},
        {"Europe/Oslo", "Europe/Oslo", "Europe/Oslo"},
        {"america/new_york", "America/New_York", "America/New_York"},
        {"Etc/GMT+5", "Etc/GMT+5", "Etc/GMT+5"},
        {" NO ", "NO", "Europe/Oslo"},
        {"NO,NO", "NO", "Europe/Oslo"},
        {"NO, Europe/Oslo", "Europe/Oslo", "Europe/Oslo"},
        {",,NO, ,", "NO", "Europe/Oslo"},
    }));
    CAPTURE(value);
    const auto request = requested(value);
    CHECK(request.name == name);
    CHECK(request.iana == iana);
    CHECK_FALSE(request.include_offset);
}

TEST_CASE("includeTZOffset is accepted after the zone, before it, alone and repeated", "[http][time_zones]") {
    const auto* const value =
        GENERATE("US-NY,includeTZOffset", "US-NY, includeTZoffset", "INCLUDETZOFFSET , US-NY",
                 "US-NY,includeTZOffset,includeTZOffset", "US-NY;includeTZOffset");
    CAPTURE(value);
    CHECK(requested(value).include_offset);
    CHECK(requested(value).name == "US-NY");

    const auto* const alone =
        GENERATE("includeTZOffset", "includeTZOffset,includeTZOffset", " ,includeTZOffset");
    CHECK(requested(alone).include_offset);
    CHECK(requested(alone).name.empty());
}

TEST_CASE("an empty field counts as absent", "[http][time_zones]") {
    const auto* const value = GENERATE("", " ", ",", " , ,", ";");
    CHECK(requested(value).iana.empty());
    CHECK_FALSE(requested(value).include_offset);
    CHECK(requested_time_zone(head_with({}))->iana.empty());
}

TEST_CASE("the field's name matches in any case, and repeated fields are joined", "[http][time_zones]") {
    CHECK(requested_time_zone(head_with({{"SO-TIMEZONE", "NO"}}))->name == "NO");
    CHECK(requested_time_zone(head_with({{"so-timezone", "NO"}}))->name == "NO");
    const auto both =
        requested_time_zone(head_with({{"SO-Timezone", "NO"}, {"SO-TimeZone", "includeTZOffset"}}));
    CHECK(both->name == "NO");
    CHECK(both->include_offset);
}

TEST_CASE("an unknown zone is refused with its name", "[http][time_zones]") {
    const auto* const value =
        GENERATE("Mars/Base", "XX", "US", "US-XX", "9999", "0", "2", "261x", "2147483648", "+1", "-5",
                 "Europe", "Europe/", "../etc/passwd", "right/Europe/Oslo", "zone.tab", "tzdata.zi");
    const auto problem = refused(value);
    CHECK(problem.status == 400);
    CHECK(problem.rule == "request.time_zone");
    CHECK(problem.message.find("\"" + std::string{value} + "\"") != std::string::npos);
}

TEST_CASE("an error message shows a bounded, printable part of the zone", "[http][time_zones]") {
    CHECK(refused("a\"b\xFF\x01").message.find(R"("a"b\xFF\x01")") != std::string::npos);
    CHECK(refused(std::string(100'000, 'x')).message.size() < 300);
}

TEST_CASE("two different zones are refused", "[http][time_zones]") {
    const auto problem = refused("NO,FR");
    CHECK(problem.status == 400);
    CHECK(problem.message.find("NO and FR") != std::string::npos);
}

TEST_CASE("dates stay in UTC when conversion is off", "[http][time_zones]") {
    const auto moment = at(2026, 11, 23, 16h + 5min + 7s) + 999ms;
    CHECK(render_date(moment, {}, false) == "2026-11-23T16:05:07Z");
    CHECK(render_date(moment, requested("NO"), false) == "2026-11-23T16:05:07Z");
    CHECK(render_date(moment, requested("NO,includeTZOffset"), false) == "2026-11-23T16:05:07Z");
    CHECK(render_date(moment, {}, true) == "2026-11-23T16:05:07Z");
    CHECK(render_date(moment, requested("includeTZOffset"), true) == "2026-11-23T16:05:07Z");
}

TEST_CASE("dates before 1970 are formatted", "[http][time_zones]") {
    CHECK(render_date(at(1969, 12, 31, 23h + 59min + 59s) + 1ms, {}, false) == "1969-12-31T23:59:59Z");
    CHECK(render_date(at(1601, 1, 1, 0s), {}, false) == "1601-01-01T00:00:00Z");
}

TEST_CASE("UTC has no daylight saving", "[http][time_zones]") {
    const auto moment = at(2026, 7, 1, 12h);
    CHECK(converted(moment, "UTC") == "2026-07-01T12:00:00");
    CHECK(with_offset(moment, "UTC") == "2026-07-01T12:00:00+00:00");
}

TEST_CASE("Norway has daylight saving time", "[http][time_zones]") {
    CHECK(converted(at(2026, 3, 29, 0h + 59min + 59s), "NO") == "2026-03-29T01:59:59");
    CHECK(converted(at(2026, 3, 29, 1h), "NO") == "2026-03-29T03:00:00");
    CHECK(with_offset(at(2026, 3, 29, 0h + 59min + 59s), "NO") == "2026-03-29T01:59:59+01:00");
    CHECK(with_offset(at(2026, 3, 29, 1h), "261") == "2026-03-29T03:00:00+02:00");
    // The hour that comes twice: only the offset distinguishes the two.
    CHECK(with_offset(at(2026, 10, 25, 0h + 30min), "NO") == "2026-10-25T02:30:00+02:00");
    CHECK(with_offset(at(2026, 10, 25, 1h + 30min), "NO") == "2026-10-25T02:30:00+01:00");
}

TEST_CASE("New York changes its time on other days than Europe", "[http][time_zones]") {
    CHECK(with_offset(at(2026, 3, 8, 6h + 59min + 59s), "US-NY") == "2026-03-08T01:59:59-05:00");
    CHECK(with_offset(at(2026, 3, 8, 7h), "US-NY") == "2026-03-08T03:00:00-04:00");
    CHECK(with_offset(at(2026, 11, 1, 5h + 30min), "460") == "2026-11-01T01:30:00-04:00");
    CHECK(with_offset(at(2026, 11, 1, 6h + 30min), "460") == "2026-11-01T01:30:00-05:00");
    CHECK(converted(at(2026, 1, 1, 3h), "US-NY") == "2025-12-31T22:00:00");
}

TEST_CASE("New South Wales has daylight saving time from October to April", "[http][time_zones]") {
    CHECK(with_offset(at(2026, 1, 15, 0h), "AU-NSW") == "2026-01-15T11:00:00+11:00");
    CHECK(with_offset(at(2026, 7, 15, 0h), "AU-NSW") == "2026-07-15T10:00:00+10:00");
    CHECK(with_offset(at(2026, 4, 4, 15h + 30min), "AU-NSW") == "2026-04-05T02:30:00+11:00");
    CHECK(with_offset(at(2026, 4, 4, 16h + 30min), "AU-NSW") == "2026-04-05T02:30:00+10:00");
    CHECK(with_offset(at(2026, 10, 3, 15h + 59min + 59s), "AU-NSW") == "2026-10-04T01:59:59+10:00");
    CHECK(with_offset(at(2026, 10, 3, 16h), "AU-NSW") == "2026-10-04T03:00:00+11:00");
}

TEST_CASE("India has an offset of five and a half hours all year", "[http][time_zones]") {
    CHECK(with_offset(at(2026, 1, 15, 18h + 45min), "IN") == "2026-01-16T00:15:00+05:30");
    CHECK(with_offset(at(2026, 7, 15, 18h + 45min), "IN") == "2026-07-16T00:15:00+05:30");
    CHECK(converted(at(2026, 7, 15, 18h + 45min), "Asia/Kolkata") == "2026-07-16T00:15:00");
    CHECK(with_offset(at(2026, 7, 15, 0h), "CA-NL") == "2026-07-14T21:30:00-02:30");
}

TEST_CASE("the table of zones is sorted, unique and known to tzdata", "[http][time_zones]") {
    const auto zones = superoffice_time_zones();
    CHECK(std::is_sorted(zones.begin(), zones.end(),
                         [](const auto& left, const auto& right) { return left.name < right.name; }));
    std::set<std::string_view> names;
    std::set<std::int32_t> ids;
    for (const auto& zone : zones) {
        CAPTURE(zone.name, zone.iana, zone.id);
        CHECK(names.insert(zone.name).second);
        CHECK((zone.id == 0 || ids.insert(zone.id).second));
        CHECK_NOTHROW(converted(at(2026, 1, 1, 0s), std::string{zone.name}));
    }
    CHECK(ids == std::set<std::int32_t>{1, 36, 50, 114, 140, 156, 261, 425, 433, 460});
}

} // namespace time_zones_test
