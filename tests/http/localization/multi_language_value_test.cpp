#include "localization/language.hpp"

#include "support/catch.hpp"

#include <string>

namespace multi_language_value_test {

using namespace portrait::http;

namespace {

const std::string photo = R"(US:"Photo";NO:"Bilde";GE:"Foto")";

std::string resolve(std::string_view value, std::string_view language) {
    return resolve_multi_language_value(value, {std::string{language}});
}

} // namespace

TEST_CASE("a multi-language value is told in the wanted language", "[http][multi_language]") {
    CHECK(resolve(photo, "en") == "Photo");
    CHECK(resolve(photo, "en-gb") == "Photo");
    CHECK(resolve(photo, "nn-no") == "Bilde");
    CHECK(resolve(photo, "de-ch") == "Foto");
}

TEST_CASE("a value without the wanted language is told in English", "[http][multi_language]") {
    CHECK(resolve(photo, "fi") == "Photo");
    CHECK(resolve(R"(NO:"Bilde";UK:"Photograph")", "fi") == "Photograph");
    CHECK(resolve(photo, "sme") == "Photo");
}

TEST_CASE("a value without the wanted language and without English gives its first",
          "[http][multi_language]") {
    CHECK(resolve(R"(NO:"Bilde";GE:"Foto")", "fi") == "Bilde");
    CHECK(resolve(R"(NO:"Bilde";GE:"Foto")", "en") == "Bilde");
}

TEST_CASE("the next wanted language comes before English", "[http][multi_language]") {
    CHECK(resolve_multi_language_value(photo, {"fi", "no", "en"}) == "Bilde");
    CHECK(resolve_multi_language_value(photo, {"fi", "sv"}) == "Photo");
}

TEST_CASE("British and American texts are told apart", "[http][multi_language]") {
    const std::string colour = R"(US:"Color";UK:"Colour")";
    CHECK(resolve(colour, "en-gb") == "Colour");
    CHECK(resolve(colour, "en-us") == "Color");
    CHECK(resolve(colour, "en") == "Color");
}

TEST_CASE("without a wanted language everything stays as stored", "[http][multi_language]") {
    CHECK(resolve_multi_language_value(photo, {}) == photo);
}

TEST_CASE("what is no multi-language value stays as it is", "[http][multi_language]") {
    const std::string value = GENERATE(
        std::string{}, std::string{"Photo"}, std::string{"US:Photo"}, std::string{"US:\"Photo"},
        std::string{"US:\"Photo\" or NO:\"Bilde\""}, std::string{"See US:\"Photo\""},
        std::string{"US:\"Photo\",NO:\"Bilde\""}, std::string{"USA:\"Photo\""}, std::string{"U:\"Photo\""},
        std::string{"U1:\"Photo\""}, std::string{";US:\"Photo\""}, std::string{"US:\"Photo\";;NO:\"Bilde\""},
        std::string{"US :\"Photo\""}, std::string{"US: \"Photo\""}, std::string{"US:\"Photo\"\""},
        std::string{"\xC3\xA5:\"Photo\""}, std::string{"US:\"a\";NO"}, std::string{"US:\""},
        "US:\"a\";" + std::string(100'000, 'x'));
    CAPTURE(value.substr(0, 60));
    CHECK_FALSE(parse_multi_language_value(value).has_value());
    CHECK(resolve(value, "no") == value);
}

TEST_CASE("separators may have blanks, and a last one is none too many", "[http][multi_language]") {
    CHECK(resolve(R"(US:"Legal";NO:"Lovlig";)", "no") == "Lovlig");
    CHECK(resolve(" US:\"Legal\" ; NO:\"Lovlig\" ;\r\n", "no") == "Lovlig");
    CHECK(resolve(R"(no:"Lovlig";us:"Legal")", "no") == "Lovlig");
}

TEST_CASE("texts may be empty, hold separators, and doubled quotes", "[http][multi_language]") {
    CHECK(resolve(R"(US:"";NO:"x")", "en").empty());
    CHECK(resolve(R"(US:"a;NO:b";NO:"x")", "en") == "a;NO:b");
    CHECK(resolve(R"(US:"Say ""hi""";NO:"Si ""hei""")", "no") == R"(Si "hei")");
    CHECK(resolve(R"(US:"C:\photos\";NO:"x")", "en") == R"(C:\photos\)");
    CHECK(resolve("US:\"Position und Gr\xC3\xB6\xC3\x9F"
                  "e\"",
                  "en") == "Position und Gr\xC3\xB6\xC3\x9F"
                           "e");
}

TEST_CASE("of a key that stands twice the first counts", "[http][multi_language]") {
    CHECK(resolve(R"(US:"one";US:"two")", "en") == "one");
}

} // namespace multi_language_value_test
