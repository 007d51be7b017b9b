#include "localization/localization.hpp"

#include "support/catch.hpp"

#include <string>

namespace culture_test {

using namespace portrait::http;

namespace {

std::optional<std::string> format(std::string_view culture, std::string_view encoded) {
    return CultureFormatter{{std::string{culture}}}.format(encoded);
}

} // namespace

TEST_CASE("dates are formatted by the culture", "[http][culture]") {
    CHECK(format("en-us", "D:11/23/2026") == "11/23/2026");
    CHECK(format("en", "D:11/23/2026") == "11/23/2026");
    CHECK(format("en-gb", "D:11/23/2026") == "23/11/2026");
    CHECK(format("nb-no", "D:11/23/2026") == "23.11.2026");
    CHECK(format("no", "D:11/23/2026") == "23.11.2026");
    CHECK(format("de", "D:11/23/2026") == "23.11.2026");
    CHECK(format("sv", "D:11/23/2026") == "2026-11-23");
    CHECK(format("nl", "D:2/3/2026") == "3-2-2026");
    CHECK(format("en", "D:02/29/2024") == "2/29/2024");
}

TEST_CASE("times are formatted by the culture, without a zone", "[http][culture]") {
    CHECK(format("en-us", "DT:11/23/2026 14:05:00") == "11/23/2026, 2:05 PM");
    CHECK(format("de", "DT:11/23/2026 14:05:00") == "23.11.2026, 14:05");
    CHECK(format("sv", "DT:11/23/2026 14:05") == "2026-11-23 14:05");
    CHECK(format("en-us", "T:14:52") == "2:52 PM");
    CHECK(format("fr", "T:14:52") == "14:52");
}

TEST_CASE("numbers are formatted by the culture, without grouping", "[http][culture]") {
    CHECK(format("en", "I:12345") == "12345");
    CHECK(format("fr", "I:1234567") == "1234567");
    CHECK(format("en", "I:-1234") == "-1234");
    CHECK(format("sv", "F:-1.5") == "\xE2\x88\x92"
                                    "1,5");
    CHECK(format("en", "F:1.5") == "1.5");
    CHECK(format("de", "F:1234.5") == "1234,5");
    CHECK(format("nb-no", "M:123.45") == "123,45");
    CHECK(format("de", "F:0.123456789012345678") == "0,123456789012345678");
    CHECK(format("en", "I:9223372036854775807") == "9223372036854775807");
}

TEST_CASE("malformed encoded values are refused", "[http][culture]") {
    const std::string encoded = GENERATE(
        std::string{}, std::string{"D:"}, std::string{"D:11/31/2026"}, std::string{"D:13/01/2026"},
        std::string{"D:02/29/2026"}, std::string{"D:11/23/26"}, std::string{"D:0/1/2026"},
        std::string{"D:01/01/0001"}, std::string{"D:12/31/1752"}, std::string{"D:11/23/20261"},
        std::string{"D:09.11.2026"}, std::string{"D: 11/23/2026"}, std::string{"D:11/23/2026 14:05:00"},
        std::string{"D:-1/23/2026"}, std::string{"DT:11/23/2026"}, std::string{"DT:11/23/2026 24:00:00"},
        std::string{"DT:11/23/2026 14:60:00"}, std::string{"DT:11/23/2026 14:05:60"},
        std::string{"DT:11/23/2026  14:05:00"}, std::string{"DT:11/23/2026T14:05:00"}, std::string{"I:"},
        std::string{"I:1.5"}, std::string{"I:+1"}, std::string{"I:1 "}, std::string{"I:0x10"},
        std::string{"I:9223372036854775808"}, std::string{"F:"}, std::string{"F:."}, std::string{"F:1."},
        std::string{"F:.5"}, std::string{"F:1,5"}, std::string{"F:1e5"}, std::string{"F:NaN"},
        std::string{"F:--1"}, std::string{"B:X98"}, std::string{"A:3,4"}, std::string{"d:11/23/2026"},
        std::string{"Q:1"}, std::string{"1234"}, "F:" + std::string(100, '1'));
    CAPTURE(encoded);
    CHECK_FALSE(format("en", encoded).has_value());
}

TEST_CASE("the first known culture is used", "[http][culture]") {
    CHECK(CultureFormatter{{"qq-zz", "sv", "de"}}.format("D:11/23/2026") == "2026-11-23");
    CHECK(CultureFormatter{{"qq", "!!"}}.format("D:11/23/2026") == "11/23/2026");
    CHECK(CultureFormatter{{}}.format("D:11/23/2026") == "11/23/2026");
}

TEST_CASE("one formatter formats many values", "[http][culture]") {
    CultureFormatter formatter{{"de"}};
    CHECK(formatter.format("F:1.5") == "1,5");
    CHECK(formatter.format("D:1/2/2026") == "2.1.2026");
    CHECK_FALSE(formatter.format("D:1/32/2026").has_value());
    CHECK(formatter.format("F:2.5") == "2,5");
    CHECK(formatter.format("D:1/3/2026") == "3.1.2026");
}

TEST_CASE("encoded values are detected by their prefix", "[http][culture]") {
    CHECK(is_encoded_value("DT:x"));
    CHECK(is_encoded_value("I:"));
    CHECK_FALSE(is_encoded_value("SR_NAME"));
    CHECK_FALSE(is_encoded_value("TS:500"));
    CHECK_FALSE(is_encoded_value(""));
}

} // namespace culture_test
