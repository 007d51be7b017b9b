#include "support/catch.hpp"

#include "values/text.hpp"

#include <portrait/printable.hpp>

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

TEST_CASE("printable text stays as it is", "[text]") {
    const auto text = GENERATE(as<std::string>{}, "", "plain ~ \\x1B", "Ærøskøbing", "日本語",
                               "\xF0\x9F\x98\x80", "\xC2\xA0", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF");
    CHECK(is_printable(text));
    CHECK(printable(text) == text);
}

TEST_CASE("bytes of control characters and of malformed UTF-8 are escaped one by one", "[text]") {
    const auto [text, escaped] = GENERATE(table<std::string, std::string>({
        {"a\tb\r\nc", R"(a\x09b\x0D\x0Ac)"},
        {"\x1B[2J\x7F", R"(\x1B[2J\x7F)"},
        {std::string{"\0", 1}, R"(\x00)"},
        {"\xC2\x85", R"(\xC2\x85)"}, // U+0085
        {"ok\xC3(", R"(ok\xC3()"},
        {"\xE2\x82", R"(\xE2\x82)"},
        {"\xED\xA0\x80", R"(\xED\xA0\x80)"}, // a surrogate
        {"\xF5\x80ø", R"(\xF5\x80ø)"},
    }));
    CHECK_FALSE(is_printable(text));
    CHECK(printable(text) == escaped);
}

} // namespace text_test
