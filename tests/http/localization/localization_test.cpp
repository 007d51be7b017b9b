#include "localization/localization.hpp"

#include "http/headers/head_with.hpp"
#include "support/catch.hpp"
#include "support/response_field.hpp"

#include <chrono>
#include <string>

namespace localization_test {

using namespace portrait;
using namespace portrait::http;
using portrait::testing::head_with;

namespace {

const LocalizationOptions plain{};

LocalizationOptions with_strings() {
    LocalizationOptions options;
    options.strings = [](std::string_view reference,
                         std::string_view language) -> std::optional<std::string> {
        if (reference == "SR_PHOTO")
            return language.starts_with("fr") ? "Photographie" : "Photograph";
        if (reference == "SR_LOOP")
            return "[SR_LOOP] [I:1]";
        if (reference == "SR_FRENCH" && language == "fr")
            return "fran\xC3\xA7"
                   "ais";
        return std::nullopt;
    };
    return options;
}

Localization localization(std::initializer_list<RequestField> fields,
                          const LocalizationOptions& options = plain) {
    auto made = Localization::of(head_with(fields), options);
    REQUIRE(made.has_value());
    return *std::move(made);
}

const std::string born = R"(US:"Born [D:11/23/2026]";NO:"Fodt [D:11/23/2026]")";
const std::string photo = R"(US:"Photo";NO:"Bilde";GE:"Foto")";

} // namespace

TEST_CASE("strings stay as stored without a language, even with a culture", "[http][localization]") {
    for (const auto& made : {Localization{}, localization({}), localization({{"SO-Culture", "de"}}),
                             localization({{"Accept-Language", "*"}, {"SO-Culture", "de"}}),
                             localization({{"SO-Language", ""}})}) {
        CHECK(made.text(photo) == photo);
        CHECK(made.text("[D:11/23/2026]") == "[D:11/23/2026]");
        CHECK(made.text("[SR_PHOTO]") == "[SR_PHOTO]");
        CHECK_FALSE(made.translates());
    }
}

TEST_CASE("encoded values are formatted by the culture, by default the language's", "[http][localization]") {
    CHECK(localization({{"Accept-Language", "en"}}).text(born) == "Born 11/23/2026");
    CHECK(localization({{"Accept-Language", "en"}, {"SO-Culture", "sv"}}).text(born) == "Born 2026-11-23");
    CHECK(localization({{"SO-Language", "de"}}).text("[F:1.5], [I:7] und [DT:11/23/2026 14:05:00]") ==
          "1,5, 7 und 23.11.2026, 14:05");
    // An unknown culture gives way to the language.
    CHECK(localization({{"SO-Language", "de"}, {"SO-Culture", "qq"}}).text("[F:1.5]") == "1,5");
    CHECK(localization({{"SO-Language", "de"}, {"SO-Culture", ""}}).text("[F:1.5]") == "1,5");
}

TEST_CASE("brackets of other texts stay unchanged", "[http][localization]") {
    const auto german = localization({{"SO-Language", "de"}});
    const std::string text = GENERATE(
        std::string{"[ and ]"}, std::string{"[]"}, std::string{"[D:]"}, std::string{"[D:13/13/2026]"},
        std::string{"a [note] b"}, std::string{"[I:1"}, std::string{"[TS:500]"}, std::string{"[SR_PHOTO]"},
        std::string{"[SR_]"}, std::string(5'000, '['), "[I:" + std::string(1'000, '1') + "]");
    CHECK(german.text(text) == text);
    CHECK(german.text("[[F:1.5]]") == "[1,5]");
    CHECK(german.text("[a[F:1.5] [F:x] [F:2.5]") == "[a1,5 [F:x] 2,5");
}

TEST_CASE("string references are looked up in the embedder's table", "[http][localization]") {
    const auto options = with_strings();
    CHECK(localization({{"Accept-Language", "fr"}}, options).text("[SR_PHOTO]") == "Photographie");
    CHECK(localization({{"Accept-Language", "fr-CA, de"}}, options).text("x [SR_PHOTO]!") ==
          "x Photographie!");
    CHECK(localization({{"Accept-Language", "de, fr"}}, options).text("[SR_FRENCH]") == "fran\xC3\xA7"
                                                                                        "ais");
    CHECK(localization({{"Accept-Language", "de"}}, options).text("[SR_FRENCH]") == "[SR_FRENCH]");
    CHECK(localization({{"Accept-Language", "fr"}}, options).text("[SR_UNKNOWN]") == "[SR_UNKNOWN]");
    CHECK(localization({}, options).text("[SR_PHOTO]") == "[SR_PHOTO]");
    // Texts of the table are not resolved again.
    CHECK(localization({{"Accept-Language", "fr"}}, options).text("[SR_LOOP]") == "[SR_LOOP] [I:1]");
    CHECK(localization({{"Accept-Language", "fr"}}, options).text(R"(NO:"n";FR:"[SR_PHOTO]")") ==
          "Photographie");
}

TEST_CASE("a localized text that a client sends back keeps the stored value",
          "[http][localization][round_trip]") {
    const auto options = with_strings();
    const auto stored = GENERATE_COPY(std::string{photo}, std::string{born}, std::string{"[SR_PHOTO]"},
                                      std::string{"plain"}, std::string{}, std::string{"[F:1.5]"});
    for (const auto* language : {"en", "no", "de", "fi", "fr"}) {
        CAPTURE(stored, language);
        const auto made = localization({{"SO-Language", language}, {"SO-Culture", "sv"}}, options);
        CHECK(made.merge(stored, made.text(stored)) == stored);
        CHECK(made.merge(stored, "something else") == "something else");
        CHECK(made.merge(stored, stored) == stored);
    }
    CHECK(localization({}).merge(photo, "Photo") == "Photo");
    CHECK(localization({{"SO-Language", "no"}}).merge(photo, "Photo") == "Photo");
}

TEST_CASE("dates are converted to the zone only when the option is set", "[http][localization]") {
    const auto moment = Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 7 / 1}};
    LocalizationOptions converting;
    converting.convert_dates = true;
    CHECK(Localization{}.date(moment) == "2026-07-01T00:00:00Z");
    CHECK(localization({{"SO-TimeZone", "NO"}}).date(moment) == "2026-07-01T00:00:00Z");
    CHECK(localization({{"SO-TimeZone", "NO"}}, converting).date(moment) == "2026-07-01T02:00:00");
    CHECK(localization({{"SO-TimeZone", "NO,includeTZOffset"}}, converting).date(moment) ==
          "2026-07-01T02:00:00+02:00");
    CHECK(Localization::of(head_with({{"SO-TimeZone", "Mars/Base"}}), plain).has_error());
}

TEST_CASE("an answer has its language and zone in fields", "[http][localization]") {
    Response response;
    response.set("Vary", "Accept");
    const std::string plain_text = "a photo";
    const std::array texts{&photo, &plain_text, &photo};
    localization({{"Accept-Language", "nb-NO,en;q=0.5"}, {"SO-TimeZone", "261,includeTZOffset"}})
        .describe(response, texts);
    CHECK(*response.find("Content-Language") == "nb-no");
    CHECK(*response.find("SO-TimeZone") == "NO");
    CHECK(*response.find("Vary") == "Accept, Accept-Language, SO-Language, SO-Culture");

    Response other;
    localization({}).describe(other, texts);
    CHECK(other.find("Content-Language") == nullptr);
    CHECK(other.find("SO-TimeZone") == nullptr);
    CHECK(*other.find("Vary") == "Accept-Language, SO-Language, SO-Culture");
}

TEST_CASE("Content-Language has the languages that are returned", "[http][localization]") {
    const auto described = [](const std::vector<std::string>& values, std::string_view wanted) {
        std::vector<const std::string*> texts;
        for (const auto& value : values)
            texts.push_back(&value);
        Response response;
        localization({{"SO-Language", wanted}}).describe(response, texts);
        const auto language = portrait::testing::field(response, "Content-Language");
        return language.empty() ? "none" : language;
    };
    CHECK(described({"plain", ""}, "de") == "none");
    CHECK(described({photo}, "fi") == "en");
    CHECK(described({photo, R"(GE:"Nur deutsch")"}, "no") == "no, de");
    CHECK(described({R"(NO:"Bilde")"}, "en") == "no");
}

TEST_CASE("different representations have different tags", "[http][localization]") {
    const std::string tag = "\"1.2.3-info\"";
    LocalizationOptions converting;
    converting.convert_dates = true;
    CHECK(localization({}).entity_tag(tag) == tag);
    CHECK(localization({{"SO-TimeZone", "NO"}}).entity_tag(tag) == tag);
    CHECK(localization({{"SO-TimeZone", "NO"}}, converting).entity_tag(tag) == "\"1.2.3-info@Europe/Oslo\"");
    CHECK(localization({{"SO-Language", "no"}}).entity_tag(tag) == "\"1.2.3-info+no\"");
    CHECK(localization({{"SO-Language", "no"}, {"SO-Culture", "sv"}}).entity_tag(tag) ==
          "\"1.2.3-info+no~sv\"");
}

} // namespace localization_test
