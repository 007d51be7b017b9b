#include "localization/localization.hpp"

#include "support/catch.hpp"

#include <string>

namespace multi_language_value_test {

using namespace portrait::http;

namespace {

const std::string photo = R"(US:"Photo";NO:"Bilde";GE:"Foto")";

std::string resolve(std::string_view value, std::string_view language) {
    return resolve_multi_language_value(value, {std::string{language}}).text;
}

} // namespace

TEST_CASE("a multi-language value resolves to the accepted language", "[http][multi_language]") {
    CHECK(resolve(photo, "en") == "Photo");
    CHECK(resolve(photo, "en-gb") == "Photo");
    CHECK(resolve(photo, "nn-no") == "Bilde");
    CHECK(resolve(photo, "de-ch") == "Foto");
}

TEST_CASE("a value without the accepted language resolves to English", "[http][multi_language]") {
    CHECK(resolve(photo, "fi") == "Photo");
    CHECK(resolve(R"(NO:"Bilde";UK:"Photograph")", "fi") == "Photograph");
    CHECK(resolve(photo, "sme") == "Photo");
}

TEST_CASE("a value without the accepted language and English resolves to its first text",
          "[http][multi_language]") {
    CHECK(resolve(R"(NO:"Bilde";GE:"Foto")", "fi") == "Bilde");
    CHECK(resolve(R"(NO:"Bilde";GE:"Foto")", "en") == "Bilde");
}

TEST_CASE("the next accepted language comes before English", "[http][multi_language]") {
    CHECK(resolve_multi_language_value(photo, {"fi", "no", "en"}).text == "Bilde");
    CHECK(resolve_multi_language_value(photo, {"fi", "sv"}).text == "Photo");
}

TEST_CASE("British and American texts are distinct", "[http][multi_language]") {
    const std::string colour = R"(US:"Color";UK:"Colour")";
    CHECK(resolve(colour, "en-gb") == "Colour");
    CHECK(resolve(colour, "en-us") == "Color");
    CHECK(resolve(colour, "en") == "Color");
}

TEST_CASE("values stay as stored when no language is accepted", "[http][multi_language]") {
    CHECK(resolve_multi_language_value(photo, {}).text == photo);
}

TEST_CASE("other values stay unchanged", "[http][multi_language]") {
    const std::string value = GENERATE(
        std::string{}, std::string{"Photo"}, std::string{"US:Photo"}, std::string{"US:\"Photo"},
        std::string{"US:\"Photo\" or NO:\"Bilde\""}, std::string{"See US:\"Photo\""},
        std::string{"US:\"Photo\",NO:\"Bilde\""}, std::string{"USA:\"Photo\""}, std::string{"U:\"Photo\""},
        std::string{"U1:\"Photo\""}, std::string{";US:\"Photo\""}, std::string{"US:\"Photo\";;NO:\"Bilde\""},
        std::string{"US :\"Photo\""}, std::string{"US: \"Photo\""}, std::string{"US:\"Photo\"\""},
        std::string{"\xC3\xA5:\"Photo\""}, std::string{"US:\"a\";NO"}, std::string{"US:\""},
        "US:\"a\";" + std::string(100'000, 'x'));
    CAPTURE(value.substr(0, 60));
    CHECK(resolve(value, "no") == value);
}

TEST_CASE("separators may have blanks, and a last separator is allowed", "[http][multi_language]") {
    CHECK(resolve(R"(US:"Legal";NO:"Lovlig";)", "no") == "Lovlig");
    CHECK(resolve(" US:\"Legal\" ; NO:\"Lovlig\" ;\r\n", "no") == "Lovlig");
    CHECK(resolve(R"(no:"Lovlig";us:"Legal")", "no") == "Lovlig");
}

TEST_CASE("texts may be empty or have separators and doubled quotes", "[http][multi_language]") {
    CHECK(resolve(R"(US:"";NO:"x")", "en").empty());
    CHECK(resolve(R"(US:"a;NO:b";NO:"x")", "en") == "a;NO:b");
    CHECK(resolve(R"(US:"Say ""hi""";NO:"Si ""hei""")", "no") == R"(Si "hei")");
    CHECK(resolve(R"(US:"C:\photos\";NO:"x")", "en") == R"(C:\photos\)");
    CHECK(resolve("US:\"Position und Gr\xC3\xB6\xC3\x9F"
                  "e\"",
                  "en") == "Position und Gr\xC3\xB6\xC3\x9F"
                           "e");
}

TEST_CASE("the first of two equal keys counts", "[http][multi_language]") {
    CHECK(resolve(R"(US:"one";US:"two")", "en") == "one");
}

TEST_CASE("a resolved value has the language that it is in", "[http][multi_language]") {
    const auto language = [](std::string_view value, std::string_view wanted) {
        return resolve_multi_language_value(value, {std::string{wanted}}).language;
    };
    CHECK(language(photo, "nb-no") == "nb-no");
    CHECK(language(photo, "fi") == "en");
    CHECK(language(R"(NO:"Bilde";GE:"Foto")", "fi") == "no");
    CHECK(language(R"(GE:"Foto")", "fi") == "de");
    CHECK(language(R"(sw:"Foto")", "fi") == "sv");
    CHECK(language(R"(NE:"Foto")", "fi") == "nl");
    CHECK(language(R"(FR:"Photo")", "fi") == "fr");
    CHECK(language("Photo", "en").empty());
    CHECK(resolve_multi_language_value(photo, {}).language.empty());
}

TEST_CASE("Dutch has the vendor's key", "[http][multi_language]") {
    CHECK(resolve(R"(US:"Photo";NE:"Foto")", "nl") == "Foto");
    CHECK(resolve(R"(US:"Photo";NL:"Foto")", "nl") == "Foto");
}

} // namespace multi_language_value_test
