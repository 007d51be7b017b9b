#include "head_with.hpp"
#include "headers/negotiation.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <tuple>

namespace negotiation_test {

using namespace portrait;
using namespace portrait::http;
using namespace portrait::testing;

namespace {

struct Case {
    std::string_view accept;
    std::string_view expected;
};

constexpr Case cases[] = {
    {"application/json", "application/json"},
    {"text/json", "text/json"},
    {"application/xml", "application/xml"},
    {"text/xml", "text/xml"},
    {"application/json-patch+json", "application/json-patch+json"},
    {"application/merge-patch+json", "application/merge-patch+json"},
    {"APPLICATION/XML", "application/xml"},
    // Wildcards leave the choice to us.
    {"*/*", "application/json"},
    {"application/*", "application/json"},
    {"text/*", "text/json"},
    {"*/json", "application/json"}, // no range at all
    // The best quality wins, then the type named more exactly, then the one named earlier.
    {"application/json;q=0.5, text/xml;q=0.7", "text/xml"},
    {"application/json;q=0.500, text/xml;q=0.501", "text/xml"},
    {"text/xml, application/json", "text/xml"},
    {"application/json, text/xml", "application/json"},
    {"*/*, application/xml", "application/xml"},
    {"text/*, application/xml", "application/xml"},
    {"text/*;q=0.9, application/xml;q=0.8", "text/json"},
    // The most exact member sets a type's quality.
    {"application/*, application/json;q=0.1", "application/xml"},
    {"*/*, application/json;q=0", "text/json"},
    {"text/*;q=0, */*;q=0.1, application/json;q=0", "application/xml"},
    {"text/xml;q=0.2, text/xml;q=0.9, text/json;q=0.5", "text/json"},
    // A browser's list: XML is named, JSON only by */*.
    {"text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", "application/xml"},
    // Parameters are ignored, but for q and charset.
    {"text/xml; charset=utf-8", "text/xml"},
    {"text/xml; charset=\"UTF-8\"", "text/xml"},
    {"text/xml; charset=iso-8859-1", "application/json"},
    {"text/xml; charset=iso-8859-1, text/json", "text/json"},
    {"text/xml;version=1.0;profile=\"a,b;c\\\"\";q=0.3, text/json;q=0.2", "text/xml"},
    {"text/xml ; Q=0.3 , text/json ; q=0.4", "text/json"},
    // Nothing acceptable: JSON.
    {"image/png", "application/json"},
    {"text/html, image/*", "application/json"},
    {"application/json;q=0", "application/json"},
    {"", "application/json"},
    // Malformed members are skipped.
    {"text/xml;q=2, text/json;q=0.1", "text/json"},
    {"text/xml;q=, text/json;q=0.1", "text/json"},
    {"text/xml;q=0.1234, text/json;q=0.1", "text/json"},
    {"text/xml;q=-1, text/json;q=0.1", "text/json"},
    {"xml, ,,; , /, text/xml", "text/xml"},
    {"text/xml;\"unfinished, text/json", "text/xml"},
    {"*", "application/json"},
};

} // namespace

TEST_CASE("Accept chooses the type of an answer", "[negotiation]") {
    for (const auto& [accept, expected] : cases) {
        CAPTURE(accept);
        const auto chosen = negotiate(head_with({{"Accept", accept}})).document;
        CHECK(media_type(chosen) == expected);
        CHECK(content_type(chosen) == std::string{media_type(chosen)} + "; charset=utf-8");
    }
}

TEST_CASE("HTML is a type of refusals alone", "[negotiation]") {
    for (const auto& [accept, document, refusal] :
         {std::tuple{"text/html", "application/json", "text/html"},
          {"text/html, */*;q=0.8", "application/json", "text/html"},
          {"text/html, application/xml;q=0.9, */*;q=0.8", "application/xml", "text/html"},
          {"text/xml, text/html", "text/xml", "text/xml"},
          {"text/html;q=0.5, text/xml;q=0.6", "text/xml", "text/xml"},
          {"text/html;q=0, text/xml;q=0.1", "text/xml", "text/xml"},
          {"text/*", "text/json", "text/json"},
          {"text/*, text/html", "text/json", "text/html"},
          {"*/*", "application/json", "application/json"}}) {
        CAPTURE(accept);
        const auto types = negotiate(head_with({{"Accept", accept}}));
        CHECK(media_type(types.document) == document);
        CHECK(media_type(types.refusal) == refusal);
        CHECK(content_type(types.refusal) == std::string{refusal} + "; charset=utf-8");
    }
}

TEST_CASE("several Accept fields count as one list", "[negotiation]") {
    CHECK(negotiate(head_with({})).document == ResponseType::application_json);
    CHECK(negotiate(head_with({{"Accept", "image/png"}, {"accept", "text/xml"}})).document ==
          ResponseType::text_xml);
    CHECK(negotiate(head_with({{"Accept", "text/xml;q=0.5"}, {"Accept", "text/json;q=0.6"}})).document ==
          ResponseType::text_json);
}

TEST_CASE("the last of 10,000 members counts", "[negotiation][hostile]") {
    std::string accept;
    for (int member = 0; member < 10'000; ++member)
        accept += "x/y" + std::to_string(member) + ";q=0.9,";
    CHECK(negotiate(head_with({{"Accept", accept}})).document == ResponseType::application_json);
    accept += "text/xml;q=0.001";
    CHECK(negotiate(head_with({{"Accept", accept}})).document == ResponseType::text_xml);
    const std::string quotes(100'000, '"');
    CHECK(negotiate(head_with({{"Accept", quotes}})).document == ResponseType::application_json);
    const std::string escapes = "text/xml;a=\"" + std::string(100'001, '\\');
    CHECK(negotiate(head_with({{"Accept", escapes}})).document == ResponseType::text_xml);
}

} // namespace negotiation_test
