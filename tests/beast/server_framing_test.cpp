#include "hostile_requests.hpp"
#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace server_framing_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using portrait::testing::make_png;
using portrait::testing::request_text;

namespace {

// Checks one answer, and whether the connection is closed.
void check_answer(const RunningServer& server, const HostileRequest& request, RawConnection& connection) {
    const RawResponse response = connection.read_response();
    CHECK(response.status == request.status);
    const bool has_rule = response.body.find("\"" + std::string{request.rule} + "\"") != std::string::npos;
    CHECK((*request.rule == '\0' || has_rule));
    CHECK_FALSE(response.field("X-Request-Id").empty());
    if (request.closes) {
        CHECK(response.field("Connection") == "close");
        CHECK(connection.wait_for_close());
    } else {
        connection.send(request_text("GET", "/healthz"));
        CHECK(connection.read_response().status == 200);
    }
    CHECK(server.still_serves());
}

} // namespace

// At least 130 requests, each over a connection of its own. Checks the answer, the end of the connection,
// that the stored picture is unchanged, and that no other is stored.
TEST_CASE("each hostile request gets its expected answer and has no other effect", "[server][hostile]") {
    const RunningServer server;
    const auto before = make_png();
    server.put(1, before);
    const auto requests = hostile_requests();
    REQUIRE(requests.size() >= 130);
    for (const HostileRequest& request : requests) {
        INFO(request.name);
        RawConnection connection = server.connect();
        connection.try_send(request.text);
        check_answer(server, request, connection);
    }
    CHECK(server.get(1).body == text_of(before));
    CHECK(server.store->saves == 1);
}

TEST_CASE("a hostile request gets the same answer when it arrives in pieces", "[server][hostile]") {
    const RunningServer server;
    for (const HostileRequest& request : hostile_requests()) {
        if (request.text.size() > 1000)
            continue; // a refusal may close the connection before the last of many pieces
        INFO(request.name);
        RawConnection connection = server.connect();
        for (std::size_t at = 0; at < request.text.size(); at += 7)
            connection.try_send(std::string_view{request.text}.substr(at, 7));
        check_answer(server, request, connection);
    }
}

TEST_CASE("bytes after a request that closes the connection are ignored", "[server][hostile]") {
    const RunningServer server;
    for (const HostileRequest& request : hostile_requests()) {
        if (!request.closes)
            continue;
        INFO(request.name);
        RawConnection connection = server.connect();
        connection.try_send(request.text);
        connection.try_send(request_text("GET", "/smuggled"));
        CHECK(connection.read_response().status == request.status);
        CHECK(connection.read_until_close().empty());
    }
    const auto accesses = server.log->accesses();
    CHECK(std::none_of(accesses.begin(), accesses.end(),
                       [](const LoggedAccess& access) { return access.path == "/smuggled"; }));
}

} // namespace server_framing_test
