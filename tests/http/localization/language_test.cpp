#include "localization/localization.hpp"

#include "http/headers/head_with.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

namespace language_test {

using namespace portrait::http;
using portrait::testing::head_with;

namespace {

using Tags = std::vector<std::string>;

struct Case {
    const char* header;
    Tags languages;
};

} // namespace

TEST_CASE("Accept-Language is read by weight, then by order", "[http][language]") {
    const auto& [header, languages] = GENERATE(values<Case>({
        {"en", {"en"}},
        {"nb-NO", {"nb-no"}},
        {"nb-NO,nb;q=0.9,no;q=0.8,en-US;q=0.6,en;q=0.5", {"nb-no", "nb", "no", "en-us", "en"}},
        {"en;q=0.3, de;q=0.8, fr", {"fr", "de", "en"}},
        {"de;q=0.5, fr;q=0.5", {"de", "fr"}},
        {"de;q=0, fr", {"fr"}},
        {"de;q=0.000, fr;q=0.001", {"fr"}},
        {"da, *;q=0.1", {"da"}},
        {"da;q=0.1, DA", {"da"}},
        {"en_US", {"en-us"}},
        {"zh-Hant-TW", {"zh-hant-tw"}},
        {"da ; q = 0.2 ,\ten ;Q=0.9", {"en", "da"}},
    }));
    CAPTURE(header);
    const auto list = parse_languages(header);
    CHECK(list.languages == languages);
    CHECK_FALSE(list.untranslated);
}

TEST_CASE("the fields of real clients are accepted", "[http][language]") {
    const auto& [header, languages] = GENERATE(values<Case>({
        {"en-us; en-gb", {"en-us", "en-gb"}},
        {",, ;;en,,", {"en"}},
        {"en;q=abc", {"en"}},
        {"en;q=", {"en"}},
        {"en;level=1;q=0.2, da", {"da", "en"}},
        {"12, da", {"da"}},
        {"n\xC3\xA5, da", {"da"}},
        {"toolonglanguage, da", {"da"}},
        {"en-, -en, da", {"da"}},
        {"e n;q=0.9, da", {"da"}},
        {"q=0.5, da", {"da"}},
    }));
    CAPTURE(header);
    CHECK(parse_languages(header).languages == languages);
}

TEST_CASE("a weight belongs to its own member only", "[http][language]") {
    CHECK(parse_languages("da, !!;q=0.1, en;q=0.5").languages == Tags{"da", "en"});
    CHECK(parse_languages("da,;q=0.1, en;q=0.5").languages == Tags{"da", "en"});
}

TEST_CASE("a star, an x or a hyphen select strings as stored", "[http][language]") {
    const auto* const header = GENERATE("*", "x", "X", "-", " * ", "*, en;q=0.5", "en;q=0.2, x");
    CAPTURE(header);
    const auto list = parse_languages(header);
    CHECK(list.untranslated);
    CHECK(list.languages.empty());
}

TEST_CASE("a list without valid members is empty and not untranslated", "[http][language]") {
    const auto* const header = GENERATE("", " ", ",", ";", "1", "en;q=0", "\x01");
    CAPTURE(header);
    const auto list = parse_languages(header);
    CHECK_FALSE(list.untranslated);
    CHECK(list.languages.empty());
}

TEST_CASE("a list is bounded", "[http][language]") {
    std::string header = "da";
    for (char first = 'a'; first <= 'z'; ++first)
        for (char second = 'a'; second <= 'z'; ++second)
            header += std::string{", "} + first + second;
    CHECK(parse_languages(header).languages.size() == max_wanted_languages);
    CHECK(parse_languages(std::string(1 << 20, ',') + "da").languages.empty());
}

TEST_CASE("SO-Language overrides Accept-Language", "[http][language]") {
    CHECK(wanted_languages(head_with({{"Accept-Language", "en-us; en-gb"}, {"so-language", "nb-no"}})) ==
          Tags{"nb-no"});
    CHECK(wanted_languages(head_with({{"Accept-Language", "en"}, {"SO-Language", "x"}})).empty());
}

TEST_CASE("an empty or malformed SO-Language counts as absent", "[http][language]") {
    const auto* const value = GENERATE("", " ", ",", "123");
    CAPTURE(value);
    CHECK(wanted_languages(head_with({{"Accept-Language", "fr"}, {"SO-Language", value}})) == Tags{"fr"});
    CHECK(wanted_languages(head_with({{"SO-Language", value}})).empty());
}

TEST_CASE("repeated fields count as one list", "[http][language]") {
    CHECK(wanted_languages(head_with({{"Accept-Language", "de;q=0.4"}, {"Accept-Language", "fr"}})) ==
          Tags{"fr", "de"});
    CHECK(wanted_languages(head_with({})).empty());
}

TEST_CASE("languages have SuperOffice's country-style keys", "[http][language]") {
    CHECK(superoffice_keys("en") == Tags{"US", "UK", "EN"});
    CHECK(superoffice_keys("en-us").front() == "US");
    CHECK(superoffice_keys("en-gb").front() == "UK");
    CHECK(superoffice_keys("no").front() == "NO");
    CHECK(superoffice_keys("nb-no").front() == "NO");
    CHECK(superoffice_keys("nn").front() == "NO");
    CHECK(superoffice_keys("de-at").front() == "GE");
    CHECK(superoffice_keys("sv").front() == "SW");
    CHECK(superoffice_keys("da").front() == "DA");
    CHECK(superoffice_keys("fr").front() == "FR");
    CHECK(superoffice_keys("nl").front() == "NE");
    CHECK(superoffice_keys("fi") == Tags{"FI"});
    CHECK(superoffice_keys("sme").empty());
}

} // namespace language_test
