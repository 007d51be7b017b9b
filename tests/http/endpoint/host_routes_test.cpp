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
