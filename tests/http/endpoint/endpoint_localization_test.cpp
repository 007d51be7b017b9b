#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <regex>

namespace endpoint_localization_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace json = boost::json;

namespace {

const std::string info_path = "/api/v1/Person/1/ImageInfo";
const std::string photo = R"(US:"Photo";NO:"Bilde";GE:"Foto")";
const std::string taken = R"(US:"Taken [D:11/23/2026], [F:1.5] MB";NO:"Tatt [D:11/23/2026], [F:1.5] MB")";

json::object object_of(const Response& response) {
    return json::parse(std::string{response.body_text()}).as_object();
}

std::string text_at(const Response& response, std::string_view name) {
    return std::string{object_of(response).at(name).as_string()};
}

/// Person 1 has a picture whose texts are multi-language values.
struct Localized : EndpointFixture {
    explicit Localized(http::EndpointOptions options = {})
        : EndpointFixture{std::move(options)} {
        REQUIRE(send({.method = "PUT",
                      .target = "/api/v1/Person/1/Image",
                      .fields = {{"Content-Type", "image/png"}},
                      .body = text_of(make_png(3, 2))})
                    .status == 200);
        REQUIRE(put(json::serialize(json::object{{"Description", photo}, {"ExtraInfo", taken}}), {}).status ==
                200);
    }

    Response get(RawFields fields) const {
        return send({.target = info_path, .fields = std::move(fields), .body = {}});
    }

    Response put(std::string body, RawFields fields, std::string method = "PUT") const {
        if (std::none_of(fields.begin(), fields.end(),
                         [](const auto& entry) { return entry.first == "Content-Type"; }))
            fields.emplace_back("Content-Type", "application/json");
        return send({.method = std::move(method),
                     .target = info_path,
                     .fields = std::move(fields),
                     .body = std::move(body)});
    }

    ImageInfo stored() const { return service->info(PersonId::from(1).value()).value(); }
};

/// A moment in ISO 8601 without a zone, by the standard library alone.
std::string date_time(Timestamp moment) {
    const auto seconds = std::chrono::system_clock::to_time_t(moment);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts)};
}

http::EndpointOptions converting() {
    http::EndpointOptions options;
    options.localization.convert_dates = true;
    return options;
}

} // namespace

TEST_CASE("an entity's strings are in the wanted language", "[endpoint][localization]") {
    const Localized fixture;
    const auto norwegian = fixture.get({{"Accept-Language", "nb-NO,nb;q=0.9"}});
    CHECK(norwegian.status == 200);
    CHECK(text_at(norwegian, "Description") == "Bilde");
    CHECK(text_at(norwegian, "ExtraInfo") == "Tatt 23.11.2026, 1,5 MB");
    CHECK(field(norwegian, "Content-Language") == "nb-no");
    CHECK(field(norwegian, "Vary").find("Accept-Language, SO-Language") != std::string::npos);

    const auto mixed = fixture.get({{"Accept-Language", "no"}, {"SO-Language", "en"}, {"SO-Culture", "sv"}});
    CHECK(text_at(mixed, "ExtraInfo") == "Taken 2026-11-23, 1,5 MB");
    CHECK(text_at(fixture.get({{"SO-Language", "fi"}}), "Description") == "Photo");
}

TEST_CASE("without a language an entity's strings are as stored", "[endpoint][localization]") {
    const Localized fixture;
    for (const auto& fields :
         {RawFields{}, RawFields{{"Accept-Language", ""}},
          RawFields{{"Accept-Language", "en"}, {"SO-Language", "x"}}, RawFields{{"SO-Culture", "de"}},
          RawFields{{"SO-Language", ""}, {"SO-Timezone", ""}}}) {
        const auto response = fixture.get(fields);
        CHECK(text_at(response, "Description") == photo);
        CHECK(text_at(response, "ExtraInfo") == taken);
        CHECK(field(response, "Content-Language").empty());
        CHECK(field(response, "SO-TimeZone").empty());
        CHECK(field(response, "Vary").find("SO-Language") != std::string::npos);
    }
}

TEST_CASE("the requests of real clients are no errors", "[endpoint][localization]") {
    const Localized fixture;
    for (const auto& fields :
         {RawFields{{"Accept-Language", "en-us; en-gb"}}, RawFields{{"Accept-Language", "\xFF;;q=,=q"}},
          RawFields{{"SO-Timezone", "includeTZOffset,includeTZOffset"}}, RawFields{{"SO-Culture", "%%%"}},
          RawFields{{"Accept-Language", std::string(8'000, ';')}}})
        CHECK(fixture.get(fields).status == 200);
}

TEST_CASE("a language's view sent back as JSON leaves the stored values whole",
          "[endpoint][localization][round_trip]") {
    const Localized fixture;
    const auto* const language = GENERATE("en", "no", "de", "fi");
    const RawFields fields{{"SO-Language", language}, {"SO-Culture", "de"}};
    const auto seen = fixture.get(fields);
    CHECK(text_at(seen, "Description") != photo);
    const auto answer = fixture.put(std::string{seen.body_text()}, fields);
    CHECK(answer.status == 200);
    CHECK(text_at(answer, "Description") == text_at(seen, "Description"));
    CHECK(fixture.stored().description == photo);
    CHECK(fixture.stored().extra_info == taken);
}

TEST_CASE("a language's view sent back as XML leaves the stored values whole",
          "[endpoint][localization][round_trip]") {
    const Localized fixture;
    const RawFields language{{"Accept-Language", "no"}};
    auto fields = language;
    fields.emplace_back("Accept", "application/xml");
    const auto seen = fixture.get(fields);
    CHECK(seen.body_text().find("<Description>Bilde</Description>") != std::string_view::npos);
    fields.emplace_back("Content-Type", "application/xml");
    CHECK(fixture.put(std::string{seen.body_text()}, fields).status == 200);
    CHECK(fixture.stored().description == photo);
    CHECK(fixture.stored().extra_info == taken);
}

TEST_CASE("a language's view sent back as a form leaves the stored values whole",
          "[endpoint][localization][round_trip]") {
    const Localized fixture;
    const RawFields fields{{"Accept-Language", "no"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    CHECK(fixture.put("Description=Bilde&ExtraInfo=Tatt+23.11.2026%2C+1%2C5+MB", fields).status == 200);
    CHECK(fixture.stored().description == photo);
    CHECK(fixture.stored().extra_info == taken);
}

TEST_CASE("a text that is no view of the stored value replaces it", "[endpoint][localization][round_trip]") {
    const Localized fixture;
    CHECK(fixture.put(R"({"Description":"Photo","ExtraInfo":"new"})", {{"SO-Language", "no"}}).status == 200);
    CHECK(fixture.stored().description == "Photo");
    CHECK(fixture.stored().extra_info == "new");
}

TEST_CASE("without a language the same text is a change", "[endpoint][localization][round_trip]") {
    const Localized fixture;
    CHECK(fixture.put(R"({"Description":"Bilde"})", {}).status == 200);
    CHECK(fixture.stored().description == "Bilde");
}

TEST_CASE("patches work on stored values", "[endpoint][localization][patch]") {
    const Localized fixture;
    const RawFields patch{{"SO-Language", "no"}, {"Content-Type", "application/json-patch+json"}};
    CHECK(fixture.put(R"([{"op":"test","path":"/Description","value":"Bilde"}])", patch, "PATCH").status ==
          409);
    const auto passed = fixture.put(json::serialize(json::array{json::object{
                                        {"op", "test"}, {"path", "/Description"}, {"value", photo}}}),
                                    patch, "PATCH");
    CHECK(passed.status == 200);
    CHECK(text_at(passed, "Description") == "Bilde");

    const RawFields merge{{"SO-Language", "no"}, {"Content-Type", "application/merge-patch+json"}};
    CHECK(fixture.put(R"({"Description":"Bilde"})", merge, "PATCH").status == 200);
    CHECK(fixture.stored().description == "Bilde");
    CHECK(fixture.stored().extra_info == taken);
}

TEST_CASE("a precondition still decides about a view sent back", "[endpoint][localization][round_trip]") {
    const Localized fixture;
    const RawFields language{{"SO-Language", "no"}};
    const auto seen = fixture.get(language);
    auto fields = language;
    fields.emplace_back("If-Match", field(seen, "ETag"));
    CHECK(fixture.put(std::string{seen.body_text()}, fields).status == 200);
    CHECK(fixture.put(std::string{seen.body_text()}, fields).status == 412);
}

TEST_CASE("each language has an ETag of its own", "[endpoint][localization]") {
    const Localized fixture;
    const auto norwegian = field(fixture.get({{"SO-Language", "no"}}), "ETag");
    CHECK(norwegian != field(fixture.get({}), "ETag"));
    CHECK(fixture.get({{"SO-Language", "de"}, {"If-None-Match", norwegian}}).status == 200);
    const auto unchanged = fixture.get({{"SO-Language", "no"}, {"If-None-Match", norwegian}});
    CHECK(unchanged.status == 304);
    CHECK(field(unchanged, "Vary").find("SO-Language") != std::string::npos);
}

TEST_CASE("an unknown time zone is refused by name", "[endpoint][localization][time_zone]") {
    const Localized fixture;
    const auto refused = fixture.get({{"SO-TimeZone", "Mars/Base"}});
    CHECK(refused.status == 400);
    CHECK(text_at(refused, "ErrorMessage").find("\"Mars/Base\"") != std::string::npos);
    CHECK(text_at(refused, "Rule") == "request.time_zone");
    CHECK(fixture.put(R"({"Description":"x"})", {{"SO-TimeZone", "Mars/Base"}}).status == 400);
    CHECK(fixture.stored().description == photo);
}

TEST_CASE("a picture's routes have no dates and ask for no zone", "[endpoint][localization][time_zone]") {
    const Localized fixture;
    const auto response = fixture.send(
        {.target = "/api/v1/Person/1/Image", .fields = {{"SO-TimeZone", "Mars/Base"}}, .body = {}});
    CHECK(response.status == 200);
}

TEST_CASE("dates stay UTC and SO-TimeZone names the zone", "[endpoint][localization][time_zone]") {
    const Localized fixture;
    const auto utc = text_at(fixture.get({}), "CreatedDate");
    CHECK(std::regex_match(utc, std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"}));
    const auto response = fixture.get({{"SO-TIMEZONE", "261, includeTZOffset"}});
    CHECK(text_at(response, "CreatedDate") == utc);
    CHECK(text_at(response, "UpdatedDate") == utc);
    CHECK(field(response, "SO-TimeZone") == "NO");
    CHECK(field(fixture.get({{"SO-TimeZone", "Asia/Kolkata"}}), "SO-TimeZone") == "Asia/Kolkata");
}

TEST_CASE("dates are converted where that is switched on", "[endpoint][localization][time_zone]") {
    const Localized fixture{converting()};
    const auto info = fixture.stored();
    const auto shifted = [&](std::chrono::minutes offset) { return date_time(info.created_at + offset); };
    CHECK(text_at(fixture.get({{"SO-TimeZone", "IN"}}), "CreatedDate") == shifted(std::chrono::minutes{330}));
    CHECK(text_at(fixture.get({{"SO-TimeZone", "IN,includeTZOffset"}}), "UpdatedDate") ==
          shifted(std::chrono::minutes{330}) + "+05:30");
    CHECK(text_at(fixture.get({{"SO-TimeZone", "UTC"}}), "CreatedDate") == shifted(std::chrono::minutes{0}));
    CHECK(text_at(fixture.get({}), "CreatedDate") == shifted(std::chrono::minutes{0}) + "Z");
    CHECK(field(fixture.get({{"SO-TimeZone", "IN"}}), "ETag") != field(fixture.get({}), "ETag"));
}

TEST_CASE("references are looked up in the embedder's table, and views of them come back whole",
          "[endpoint][localization]") {
    http::EndpointOptions options;
    options.localization.strings = [](std::string_view reference,
                                      std::string_view language) -> std::optional<std::string> {
        if (reference == "SR_PHOTO" && language == "fr")
            return "Photographie";
        return std::nullopt;
    };
    const Localized fixture{options};
    CHECK(fixture.put(R"({"Description":"[SR_PHOTO]"})", {}).status == 200);
    const RawFields french{{"Accept-Language", "fr"}};
    CHECK(text_at(fixture.get(french), "Description") == "Photographie");
    CHECK(text_at(fixture.get({{"Accept-Language", "de"}}), "Description") == "[SR_PHOTO]");
    CHECK(fixture.put(R"({"Description":"Photographie"})", french).status == 200);
    CHECK(fixture.stored().description == "[SR_PHOTO]");
}

TEST_CASE("an empty entity has every property", "[endpoint][localization]") {
    const EndpointFixture fixture;
    const auto response = fixture.send(
        {.target = info_path, .fields = {{"SO-Language", "no"}, {"SO-TimeZone", "NO"}}, .body = {}});
    CHECK(response.status == 200);
    CHECK(response.find("Content-Language") == nullptr); // it has no text
    CHECK(field(response, "SO-TimeZone") == "NO");
    CHECK(text_at(response, "Description").empty());
}

} // namespace endpoint_localization_test
