#include "callers/cross_site.hpp"

#include "support/catch.hpp"
#include "support/response_field.hpp"

#include <string>

namespace cors_test {

using namespace portrait::http;
using portrait::testing::field;

namespace {

const CorsOptions listed{.origins = {"https://app.example.com", "http://localhost:3000"}};
const CorsOptions anybody{.any_origin = true};

RequestHead head_from(std::string_view origin) {
    RequestHead head;
    head.fields.push_back({"Origin", origin});
    return head;
}

Response answer(const RequestHead& head, const CorsOptions& options) {
    Response response;
    response.set("Vary", "Accept");
    cors_grant(head, options).apply(response);
    return response;
}

} // namespace

TEST_CASE("an answer has no CORS fields when no origin is configured", "[http][cors]") {
    const auto response = answer(head_from("https://app.example.com"), {});
    CHECK(response.fields.size() == 1);
    CHECK(field(response, "Vary") == "Accept");
}

TEST_CASE("a listed origin is echoed, with credentials", "[http][cors]") {
    const auto response = answer(head_from("http://localhost:3000"), listed);
    CHECK(field(response, "Access-Control-Allow-Origin") == "http://localhost:3000");
    CHECK(field(response, "Access-Control-Allow-Credentials") == "true");
    CHECK(field(response, "Vary") == "Accept, Origin");
    const auto exposed = field(response, "Access-Control-Expose-Headers");
    for (const std::string name :
         {"ETag", "Last-Modified", "Content-Language", "SO-TimeZone", "X-Image-Width", "X-Image-Height",
          "X-Image-Type", "X-Image-ETag", "X-Request-Id"})
        CHECK(exposed.find(name) != std::string::npos);
}

TEST_CASE("an answer to another origin has Vary and no other CORS field", "[http][cors]") {
    const auto* const origin =
        GENERATE("https://evil.example", "null", "https://app.example.com.evil.example",
                 "http://app.example.com", "https://APP.example.com", "https://app.example.com:444", "", "*");
    CAPTURE(origin);
    const auto response = answer(head_from(origin), listed);
    CHECK(response.find("Access-Control-Allow-Origin") == nullptr);
    CHECK(response.find("Access-Control-Allow-Credentials") == nullptr);
    CHECK(field(response, "Vary") == "Accept, Origin");
    CHECK(field(answer({}, listed), "Vary") == "Accept, Origin");
}

TEST_CASE("any origin is allowed without credentials", "[http][cors]") {
    const auto response = answer(head_from("https://evil.example"), anybody);
    CHECK(field(response, "Access-Control-Allow-Origin") == "*");
    CHECK(response.find("Access-Control-Allow-Credentials") == nullptr);

    auto both = listed;
    both.any_origin = true;
    CHECK(field(answer(head_from("https://evil.example"), both), "Access-Control-Allow-Origin") == "*");
    const auto one = answer(head_from("https://app.example.com"), both);
    CHECK(field(one, "Access-Control-Allow-Origin") == "https://app.example.com");
    CHECK(field(one, "Access-Control-Allow-Credentials") == "true");
}

TEST_CASE("two Origin fields in one request grant nothing", "[http][cors]") {
    auto head = head_from("https://app.example.com");
    head.fields.push_back({"Origin", "https://evil.example"});
    CHECK(answer(head, listed).find("Access-Control-Allow-Origin") == nullptr);
}

TEST_CASE("a preflight's answer has methods, fields and their lifetime", "[http][cors]") {
    auto head = head_from("https://app.example.com");
    const auto plain = options_answer(head, listed, cors_grant(head, listed), "GET, HEAD");
    CHECK(plain.status == 204);
    CHECK(field(plain, "Allow") == "GET, HEAD");
    CHECK(plain.find("Access-Control-Allow-Methods") == nullptr);

    head.fields.push_back({"Access-Control-Request-Method", "PUT"});
    const auto preflight = options_answer(head, listed, cors_grant(head, listed), "GET, HEAD");
    CHECK(field(preflight, "Access-Control-Allow-Methods") == "GET, HEAD");
    CHECK(field(preflight, "Access-Control-Max-Age") == "600");
    const auto allowed = ", " + field(preflight, "Access-Control-Allow-Headers") + ",";
    for (const std::string name :
         {"Authorization", "X-XSRF-TOKEN", "SO-AppToken", "SO-Language", "SO-Culture", "SO-TimeZone",
          "Accept", "Accept-Language", "If-Match", "If-None-Match", "If-Modified-Since",
          "If-Unmodified-Since", "If-Range", "Content-Type", "Range", "X-Request-Id", "SO-Browser-TZ-Offset"})
        CHECK(allowed.find(", " + name + ",") != std::string::npos);
    CHECK(allowed.find('*') == std::string::npos);

    const auto refused = options_answer(head, {}, cors_grant(head, {}), "GET, HEAD");
    CHECK(refused.status == 204);
    CHECK(refused.fields.size() == 1);
}

TEST_CASE("origins are written as browsers send them", "[http][cors]") {
    for (const auto* good :
         {"https://app.example.com", "http://localhost:3000", "https://[::1]:8443", "http://10.0.0.1"})
        CHECK(is_cors_origin(good));
    for (const auto* bad :
         {"", "*", "null", "app.example.com", "https://", "https://app.example.com/", "https://a b",
          "https://App.example.com", "ftp://a", "https://a:", "https://a:123456", "https://a:x",
          "https://[::1", "https://[]", "https://a,https://b", "https://u@a", "https://[::1]x"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_cors_origin(bad));
    }
}

TEST_CASE("a request from another site's page is detected by its browser's fields", "[http][cors]") {
    struct Case {
        std::string origin, site, host;
        bool cross;
    };
    const auto each = GENERATE(
        Case{"", "", "a.example", false}, // no browser
        Case{"http://a.example", "", "a.example", false},
        Case{"http://a.example:8080", "", "A.example:8080", false},
        Case{"http://a.example:8080", "", "a.example", true},
        Case{"https://evil.example", "", "a.example", true}, Case{"null", "", "a.example", true},
        Case{"https://x", "", "", true}, Case{"https://evil.example", "cross-site", "a.example", true},
        Case{"", "cross-site", "a.example", true}, Case{"", "same-site", "a.example", true},
        Case{"", "none", "a.example", false},
        Case{"https://outside.example", "same-origin", "inside", false},    // behind a proxy
        Case{"https://app.example.com", "cross-site", "a.example", false}); // listed
    CAPTURE(each.origin, each.site, each.host);
    RequestHead head;
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty())
            head.fields.push_back({name, value});
    };
    add("Origin", each.origin);
    add("Sec-Fetch-Site", each.site);
    add("Host", each.host);
    CHECK(judge_cross_site_write(head, cors_grant(head, listed), {}).has_value() == each.cross);
}

} // namespace cors_test
