#include "headers/field_syntax.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>

namespace http_date_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp sample = std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + 8h + 49min + 37s;
constexpr Timestamp now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h;

} // namespace

TEST_CASE("a moment is written as RFC 9110's IMF-fixdate", "[http][http_date]") {
    CHECK(format_http_date(sample) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(format_http_date(sample + 999ms) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(format_http_date(Timestamp{}) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(format_http_date(Timestamp{-1ms}) == "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK(format_http_date(std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}) ==
          "Thu, 29 Feb 2024 00:00:00 GMT");
}

TEST_CASE("moments outside the years 1 to 9999 are clamped", "[http][http_date]") {
    CHECK(format_http_date(Timestamp::max()) == "Fri, 31 Dec 9999 23:59:59 GMT");
    CHECK(format_http_date(Timestamp::min()) == "Mon, 01 Jan 0001 00:00:00 GMT");
}

TEST_CASE("the three forms of a date give one moment", "[http][http_date]") {
    const auto* const text = GENERATE("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                      "Sun Nov  6 08:49:37 1994", "Sun Nov 06 08:49:37 1994");
    CAPTURE(text);
    CHECK(parse_http_date(text, now) == sample);
}

TEST_CASE("every written date can be parsed", "[http][http_date]") {
    for (auto moment = Timestamp{}; moment < now; moment += 40'123'457s) {
        CAPTURE(format_http_date(moment));
        CHECK(parse_http_date(format_http_date(moment)) == moment);
    }
}

TEST_CASE("a year of two digits is at most 50 years ahead", "[http][http_date]") {
    const auto year_of = [](std::string_view text) {
        const auto moment = parse_http_date(text, now);
        REQUIRE(moment.has_value());
        return static_cast<int>(
            std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(*moment)}.year());
    };
    CHECK(year_of("Saturday, 01-Jan-77 00:00:00 GMT") == 1977);
    CHECK(year_of("Wednesday, 01-Jan-76 00:00:00 GMT") == 2076);
    CHECK(year_of("Thursday, 01-Jan-26 00:00:00 GMT") == 2026);
    CHECK(year_of("Friday, 01-Jan-99 00:00:00 GMT") == 1999);
}

TEST_CASE("a leap second is read as the next second", "[http][http_date]") {
    CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") ==
          parse_http_date("Sun, 01 Jan 2017 00:00:00 GMT"));
}

TEST_CASE("malformed dates are refused", "[http][http_date]") {
    const auto* const text = GENERATE(
        "", "now", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT", "Sun,06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt",
        "Mon, 06 Nov 1994 08:49:37 GMT" /* a Sunday */, "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Wed, 29 Feb 2023 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 19944 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 No", "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT",
        "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text, now).has_value());
}

TEST_CASE("dates don't depend on the process's time zone", "[http][http_date]") {
    const char* before = std::getenv("TZ");
    const std::string kept = before == nullptr ? "" : before;
    ::setenv("TZ", "America/New_York", 1);
    ::tzset();
    CHECK(format_http_date(sample) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == sample);
    if (before == nullptr)
        ::unsetenv("TZ");
    else
        ::setenv("TZ", kept.c_str(), 1);
    ::tzset();
}

} // namespace http_date_test
