#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>

#include <stdexcept>
#include <string>
#include <vector>

// The endpoint below a base path (contract section 1).
namespace base_path_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace {

const RawFields nobody{{"Authorization", "-"}};

http::EndpointOptions mounted(std::string base_path = "/Cust12345") {
    http::EndpointOptions options;
    options.base_path = std::move(base_path);
    options.metrics = [] { return std::string{"figures\n"}; };
    options.host_routes = {{.method = "GET",
                            .path = "/",
                            .needs_caller = false,
                            .answer =
                                [](const http::HostRequest&) {
                                    Response response;
                                    response.body = std::string{"start page"};
                                    return response;
                                }},
                           {.method = "GET",
                            .path = "/ui/{personId}",
                            .needs_caller = false,
                            .answer = [](const http::HostRequest& request) {
                                Response response;
                                response.body = std::string{request.person_id};
                                return response;
                            }}};
    return options;
}

unsigned status(const EndpointFixture& fixture, const std::string& target,
                const std::string& method = "GET") {
    CAPTURE(method, target);
    return fixture.send({method, target}).status;
}

std::vector<std::string> set_cookies(const Response& response) {
    std::vector<std::string> cookies;
    for (const auto& [name, value] : response.fields)
        if (name == "Set-Cookie")
            cookies.emplace_back(value);
    return cookies;
}

Response sign_in(const EndpointFixture& fixture, const std::string& target, const std::string& accept,
                 bool secure = false) {
    const std::string form = "user=tje0&password=Tje0";
    http::RequestHead head{
        .method = "POST", .target = target, .content_length = form.size(), .secure = secure};
    head.fields.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    head.fields.push_back({"Accept", accept});
    return fixture.endpoint->handle(head, ImageBytes{form});
}

} // namespace

TEST_CASE("a base path is a path of plain names", "[endpoint][base_path]") {
    for (const auto* const good : {"", "/Cust12345", "/a/b", "/SuperOffice", "/~x/1.0/a-b_c", "/..."})
        CHECK(http::is_base_path(good));
    for (const std::string bad :
         {"/",     "a",       "a/b",   "/a/",         "//a",       "/a//b",   "/.",
          "/..",   "/a/../b", "/a b",  "/a%20b",      "/a?b",      "/a#b",    "/a;b",
          "/a\"b", "/a<b>",   "/a\\b", "/{personId}", "/\xC3\xA6", "/a\r\nb", "https://a.example"}) {
        CAPTURE(bad);
        CHECK_FALSE(http::is_base_path(bad));
        CHECK_THROWS_AS((EndpointFixture{mounted(bad)}), std::invalid_argument);
    }
    CHECK_THROWS_WITH((EndpointFixture{mounted("/a/")}), Catch::Contains("'/a/'"));
}

TEST_CASE("everything but health, metrics and the tenants' states is below the base path",
          "[endpoint][base_path]") {
    const auto base = GENERATE(as<std::string>{}, "/Cust12345", "/crm/a-b", "/api", "/api/v1");
    CAPTURE(base);
    const EndpointFixture fixture{mounted(base)};
    REQUIRE(fixture
                .send({"PUT",
                       base + "/api/v1/Person/1/Image",
                       {{"Content-Type", "image/png"}},
                       text_of(make_png())})
                .status == 200);
    for (const auto* const path :
         {"/api", "/api/v1", "/api/v1/openapi.json", "/api/v1/Person/1/Image", "/api/v1/Person/1/ImageInfo",
          "/session", "/api/v1/Agents/Person/GetPersonImage", "/", "/ui/7"}) {
        CHECK(status(fixture, base + path) == 200);
        CHECK(status(fixture, base + path, "OPTIONS") == 204);
        if (base + path != base + "/" && base != "/api" && base != "/api/v1")
            CHECK(status(fixture, path) == 404);
    }
    CHECK(status(fixture, "/api/v1/Person/1/Image") == 404);
    CHECK(status(fixture, "/session", "POST") == 404);
    CHECK(status(fixture, "/") == 404);
    CHECK(status(fixture, "/Other/api/v1/Person/1/Image") == 404);
    for (const auto* const path : {"/healthz", "/readyz", "/metrics", "/api/state/Cust12345"}) {
        CHECK(status(fixture, path) == 200);
        CHECK(status(fixture, base + path) == 404);
    }
}

TEST_CASE("the base path matches in any case, with a trailing slash and with escapes",
          "[endpoint][base_path]") {
    const EndpointFixture fixture{mounted()};
    for (const auto* const target :
         {"/cust12345/api", "/CUST12345/API/", "/%43ust12345/api", "/Cust12345/api?x=/a", "/Cust12345",
          "/Cust12345/", "http://a.example/Cust12345/api"})
        CHECK(status(fixture, target) == 200);
    for (const auto* const target :
         {"/Cust1234/api", "/Cust123456/api", "/Cust12345api", "/x/../Cust12345/api", "//Cust12345/api",
          "/Cust12345%2Fapi", "/Cust12345/Cust12345/api"})
        CHECK(status(fixture, target) == 404);
}

TEST_CASE("an answer's route is the template without the base path", "[endpoint][base_path]") {
    const EndpointFixture fixture{mounted()};
    CHECK(fixture.send({"GET", "/Cust12345/api/v1/Person/1/Image"}).route ==
          "/api/v1/Person/{personId}/Image");
    CHECK(fixture.send({"GET", "/Cust12345/ui/1"}).route == "/ui/{personId}");
}

TEST_CASE("a wrong method and an unknown call are named below the base path, too", "[endpoint][base_path]") {
    const EndpointFixture fixture{mounted()};
    const auto wrong = fixture.send({"DELETE", "/Cust12345/api/v1/Person/1/ImageInfo"});
    CHECK(wrong.status == 405);
    CHECK(field(wrong, "Allow") == "GET, HEAD, PUT, PATCH, OPTIONS");
    const auto unknown = fixture.send({"POST", "/Cust12345/api/v1/Agents/Person/Nothing"});
    CHECK(unknown.status == 404);
    CHECK(unknown.rule == "agent.unknown_call");
    CHECK(fixture.send({"POST", "/api/v1/Agents/Person/Nothing"}).rule == "request.unknown_path");
}

TEST_CASE("cookies, forms and redirects of a sign-in are below the base path", "[endpoint][base_path]") {
    const EndpointFixture fixture{mounted()};
    const auto plain = sign_in(fixture, "/cust12345/session", "*/*");
    CHECK(plain.status == 204);
    REQUIRE(set_cookies(plain).size() == 3);
    for (const auto& cookie : set_cookies(plain)) {
        CAPTURE(cookie);
        CHECK(cookie.find("; Path=/Cust12345;") != std::string::npos);
    }
    CHECK(set_cookies(plain).front().starts_with("PORTRAIT_SESSION="));
    const auto secure = sign_in(fixture, "/Cust12345/session", "*/*", true);
    // No `__Host-`, which demands the path `/`.
    CHECK(set_cookies(secure).front().starts_with("__Secure-PORTRAIT_SESSION="));
    CHECK(set_cookies(secure).front().ends_with("; Path=/Cust12345; SameSite=Lax; HttpOnly; Secure"));

    const auto in = sign_in(fixture, "/Cust12345/session", "text/html");
    CHECK(in.status == 303);
    CHECK(field(in, "Location") == "/Cust12345/session");
    const auto action = "<form method=\"post\" action=\"/Cust12345/session\">";
    const auto form = fixture.send({"GET", "/Cust12345/session", nobody});
    CHECK(form.body_text().find(action) != std::string_view::npos);
    auto cookie = set_cookies(in).front();
    cookie.resize(cookie.find(';'));
    const auto page =
        fixture.send({"GET", "/Cust12345/session", {{"Authorization", "-"}, {"Cookie", cookie}}});
    CHECK(page.body_text().find("signed in as tje0") != std::string_view::npos);
    CHECK(page.body_text().find(action) != std::string_view::npos);
    CHECK(set_cookies(page).front().find("; Path=/Cust12345;") != std::string::npos);

    auto xsrf = set_cookies(page).front().substr(std::string{"XSRF-TOKEN="}.size());
    xsrf.resize(xsrf.find(';'));
    const auto out = fixture.send({"DELETE",
                                   "/Cust12345/session",
                                   {{"Authorization", "-"}, {"Cookie", cookie}, {"X-XSRF-TOKEN", xsrf}}});
    REQUIRE(out.status == 204);
    for (const auto& cleared : set_cookies(out)) {
        CHECK(cleared.find("; Path=/Cust12345;") != std::string::npos);
        CHECK(cleared.find("; Max-Age=0") != std::string::npos);
    }
}

TEST_CASE("a session below a base path writes with its XSRF value", "[endpoint][base_path]") {
    const EndpointFixture fixture{mounted()};
    const auto in = sign_in(fixture, "/Cust12345/session", "*/*");
    auto session = set_cookies(in).at(0);
    session.resize(session.find(';'));
    auto xsrf = set_cookies(in).at(1).substr(std::string{"XSRF-TOKEN="}.size());
    xsrf.resize(xsrf.find(';'));
    const auto put = [&](RawFields fields) {
        fields.insert(fields.end(),
                      {{"Authorization", "-"}, {"Cookie", session}, {"Content-Type", "image/png"}});
        return fixture.send({"PUT", "/Cust12345/api/v1/Person/1/Image", fields, text_of(make_png())}).status;
    };
    CHECK(put({{"X-XSRF-TOKEN", xsrf}}) == 200);
    CHECK(put({}) == 401);
}

TEST_CASE("an endpoint for operations alone is at the root", "[endpoint][base_path]") {
    auto options = mounted();
    options.operations_only = true;
    const EndpointFixture fixture{options};
    for (const auto* const path : {"/healthz", "/readyz", "/metrics"})
        CHECK(status(fixture, path) == 200);
    for (const auto* const path :
         {"/Cust12345/api", "/Cust12345/healthz", "/api/state/Cust12345", "/Cust12345/api/v1/openapi.json",
          "/Cust12345/api/v1/Agents/Person/GetPersonImage"})
        CHECK(status(fixture, path) == 404);
}

TEST_CASE("the OpenAPI document has the base path in its server's URL", "[endpoint][base_path][openapi]") {
    const EndpointFixture fixture{mounted()};
    const auto document = boost::json::parse(std::string{
        fixture
            .send({"GET", "/Cust12345/api/v1/openapi.json", {{"Authorization", "-"}, {"Host", "a.example"}}})
            .body_text()});
    CHECK(document.at("servers") == boost::json::value{{{"url", "http://a.example/Cust12345"}}});
    const auto& paths = document.at("paths");
    CHECK_FALSE(paths.at("/api/v1/Person/{personId}/Image").at("get").as_object().contains("servers"));
    for (const auto* const root : {"/healthz", "/readyz", "/metrics", "/api/state/{tenant}"})
        for (const auto& [method, operation] : paths.at(root).as_object()) {
            CAPTURE(root, std::string{method});
            CHECK(operation.at("servers") == boost::json::value{{{"url", "/"}}});
        }
}

} // namespace base_path_test
