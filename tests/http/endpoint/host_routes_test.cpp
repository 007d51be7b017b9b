#include "endpoint_fixture.hpp"
#include "support/catch.hpp"

#include <stdexcept>
#include <string>

namespace host_routes_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

http::Response said(std::string text) {
    http::Response response;
    response.set("Content-Type", "text/plain");
    response.body = std::move(text);
    return response;
}

http::EndpointOptions with_routes() {
    http::EndpointOptions options;
    options.host_routes = {
        {.method = "GET",
         .path = "/",
         .needs_caller = false,
         .answer =
             [](const http::HostRequest& request) {
                 return said("a page for " + std::string{request.head.target});
             }},
        {.method = "GET",
         .path = "/who/{personId}",
         .answer =
             [](const http::HostRequest& request) {
                 return said(request.principal.name + " asks for " + std::string{request.person_id});
             }},
        {.method = "POST",
         .path = "/notes",
         .access = http::Access::write,
         .body_limit = 5,
         .answer = [](const http::HostRequest& request) { return said(std::string{request.body.text()}); }},
        {.method = "GET",
         .path = "/broken",
         .needs_caller = false,
         .answer = [](const http::HostRequest&) -> http::Response {
             throw std::runtime_error{"the page is away"};
         }},
        {.method = "POST",
         .path = "/full",
         .needs_caller = false,
         .body_limit = 5,
         .answer = [](const http::HostRequest& request) -> http::ProblemOr<http::Response> {
             if (request.body.text() == "room")
                 return said("ok");
             return http::try_again("host.full", "No room for <" + std::string{request.body.text()} + ">");
         }},
        {.method = "GET",
         .path = "/pages/",
         .needs_caller = false,
         .answer = [](const http::HostRequest& request) { return said(std::string{request.head.target}); }},
        {.method = "GET",
         .path = "/healthz",
         .needs_caller = false,
         .answer = [](const http::HostRequest&) { return said("mine"); }},
    };
    return options;
}

std::string text(const http::Response& response) {
    return std::string{response.body_text()};
}

const RawFields nobody{{"Authorization", "-"}};

} // namespace

TEST_CASE("a host's route is served beside the contract's", "[endpoint][host]") {
    const EndpointFixture fixture{with_routes()};
    auto page = fixture.send({"GET", "/?a=1", {{"Authorization", "-"}, {"X-Request-Id", "r1"}}});
    CHECK(page.status == 200);
    CHECK(text(page) == "a page for /?a=1");
    CHECK(*page.find("X-Request-Id") == "r1");
    CHECK(page.route == "/");
    CHECK(fixture.send({"GET", "/api/v1/Person/1/Image"}).status == 404);
    // The contract's documents don't list the host's routes.
    CHECK(text(fixture.send({"GET", "/api/v1"})).find("/who") == std::string::npos);
}

TEST_CASE("a host's route has HEAD, OPTIONS and 405 as the contract's routes", "[endpoint][host]") {
    const EndpointFixture fixture{with_routes()};
    const auto head = fixture.send({"HEAD", "/", nobody});
    CHECK(head.status == 200);
    CHECK(head.body_text().empty());
    CHECK(head.length() == 12);
    CHECK(*fixture.send({"OPTIONS", "/", nobody}).find("Allow") == "GET, HEAD, OPTIONS");
    CHECK(fixture.send({"DELETE", "/", nobody}).status == 405);
}

TEST_CASE("a host's route needs a caller by default", "[endpoint][host]") {
    const EndpointFixture fixture{with_routes()};
    CHECK(fixture.send({"GET", "/who/7%20a", nobody}).status == 401);
    CHECK(text(fixture.send({"GET", "/WHO/7%20a"})) == "tje0 asks for 7 a");
    const RawFields reader{{"Authorization", basic_authorization("reader", "Reader")}};
    CHECK(fixture.send({"POST", "/notes", reader, "note"}).status == 403);
    CHECK(text(fixture.send({"POST", "/notes", {}, "note"})) == "note");
    CHECK(fixture.send({"POST", "/notes", {}, "longer"}).status == 413);
}

TEST_CASE("a host's route that throws is answered with 500 and logged", "[endpoint][host]") {
    const EndpointFixture fixture{with_routes()};
    const auto response = fixture.send({"GET", "/broken", nobody});
    CHECK(response.status == 500);
    CHECK(text(response).find("away") == std::string::npos);
    REQUIRE(fixture.log->events().size() == 1);
    CHECK(fixture.log->events().front().find("the page is away") != std::string::npos);
}

TEST_CASE("a host's route matches with and without a slash at its end", "[endpoint][host]") {
    const EndpointFixture fixture{with_routes()};
    for (const std::string target : {"/pages", "/pages/", "/PAGES/?a=/", "/who/7", "/who/7/"}) {
        CAPTURE(target);
        CHECK(fixture.send({"GET", target}).status == 200);
    }
    for (const std::string target : {"/pages//", "/page", "/pages/7", "/pages/7/", "/who", "/who/7/8"}) {
        CAPTURE(target);
        CHECK(fixture.send({"GET", target}).status == 404);
    }
}

TEST_CASE("a host's route refuses with the contract's error object", "[endpoint][host]") {
    const EndpointFixture fixture{with_routes()};
    const auto send = [&](const std::string& accept, const std::string& body = "note") {
        return fixture.send({"POST", "/full", {{"Authorization", "-"}, {"Accept", accept}}, body});
    };
    CHECK(text(send("*/*", "room")) == "ok");
    const auto refused = send("*/*");
    CHECK(refused.status == 503);
    CHECK(refused.rule == "host.full");
    CHECK(refused.route == "/full");
    REQUIRE(refused.find("Retry-After") != nullptr);
    CHECK(refused.find("X-Request-Id") != nullptr);
    CHECK(text(refused) ==
          R"({"Error":true,"ErrorType":"SoUnavailableException","ErrorMessage":"No room for <note>",)"
          R"("ErrorSource":"portrait","Rule":"host.full"})");
    CHECK(text(send("text/xml")).starts_with("<Error>"));
    const auto page = send("text/html");
    CHECK(page.status == 503);
    CHECK(*page.find("Content-Type") == "text/html; charset=utf-8");
    CHECK(text(page).find("<h1>No room for &lt;note&gt;</h1>") != std::string::npos);
}

TEST_CASE("a route of the contract wins over a host's of the same path", "[endpoint][host]") {
    const EndpointFixture fixture{with_routes()};
    CHECK(text(fixture.send({"GET", "/healthz", nobody})) == "alive\n");
}

TEST_CASE("an endpoint for operations alone has no routes of the host", "[endpoint][host]") {
    auto options = with_routes();
    options.operations_only = true;
    const EndpointFixture fixture{options};
    CHECK(fixture.send({"GET", "/", nobody}).status == 404);
    CHECK(text(fixture.send({"GET", "/healthz", nobody})) == "alive\n");
}

} // namespace host_routes_test
