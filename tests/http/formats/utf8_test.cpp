
#include "support/catch.hpp"

#include <portrait/http/utf8.hpp>

namespace utf8_test {

using portrait::http::has_control_characters;
using portrait::http::is_utf8;

TEST_CASE("UTF-8 of every length is recognised", "[http][utf8]") {
    const auto* const text = GENERATE("", "plain", "bl\xC3\xA5", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                      "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF");
    CAPTURE(text);
    CHECK(is_utf8(text));
}

TEST_CASE("bytes that RFC 3629 forbids are not UTF-8", "[http][utf8]") {
    const auto* const text = GENERATE("\x80", "\xC3", "\xC3(", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF",
                                      "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
                                      "\xF8\x88\x80\x80\x80", "\xE2\x82", "\xF0\x9F\x98", "\xFF", "ok\xFE");
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
}

TEST_CASE("control characters are found", "[http][utf8]") {
    CHECK(has_control_characters("a\tb"));
    CHECK(has_control_characters("a\x7F"));
    CHECK(has_control_characters(std::string_view{"a\0b", 3}));
    CHECK_FALSE(has_control_characters("a b\xC3\xA5~"));
    CHECK_FALSE(has_control_characters(""));
}

} // namespace utf8_test
