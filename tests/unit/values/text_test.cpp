#include "support/catch.hpp"

#include "values/text.hpp"

#include <string>

namespace text_test {

using namespace portrait;

TEST_CASE("a text may be any UTF-8 with tabs and line ends", "[text]") {
    const auto text = GENERATE(as<std::string>{}, "", "plain", "tab\tand\r\nlines", "Ærøskøbing", "日本語",
                               "\xF0\x9F\x98\x80", "\xC2\xA0", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF");
    CAPTURE(text);
    CHECK(check_text("Description", text, 100).has_value());
}

TEST_CASE("malformed UTF-8 is refused", "[text]") {
    const auto text = GENERATE(as<std::string>{}, "\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80",
                               "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80",
                               "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "ok\xC3(");
    CAPTURE(text);
    const auto checked = check_text("Description", text, 100);
    REQUIRE(checked.has_error());
    CHECK(checked.error() == errc::info_text_invalid);
    CHECK(checked.error().message() == "Description is not valid UTF-8");
}

TEST_CASE("control characters are refused by name", "[text]") {
    CHECK(check_text("ExtraInfo", std::string("a\0b", 3), 100).error().message().find("U+0000") !=
          std::string::npos);
    CHECK(check_text("ExtraInfo", "\x1B[31m", 100).error() == errc::info_text_invalid);
    CHECK(check_text("ExtraInfo", "\x7F", 100).error() == errc::info_text_invalid);
    CHECK(check_text("ExtraInfo", "\xC2\x85", 100).error() == errc::info_text_invalid);
}

TEST_CASE("length counts characters, not bytes", "[text]") {
    std::string text;
    for (int count = 0; count < 10; ++count)
        text += "å";
    CHECK(check_text("Description", text, 10).has_value());
    const auto checked = check_text("Description", text + "x", 10);
    REQUIRE(checked.has_error());
    CHECK(checked.error() == errc::info_text_too_long);
    CHECK(checked.error().observed() == 11U);
    CHECK(checked.error().limit() == 10U);
}

} // namespace text_test
