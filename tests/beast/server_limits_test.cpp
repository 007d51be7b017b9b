#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <optional>
#include <string>
#include <vector>

namespace server_limits_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using portrait::testing::make_png;
using portrait::testing::request_text;

namespace {

void check_refusal(RawConnection& refused) {
    const RawResponse response = refused.read_response();
    CHECK(response.status == 503);
    CHECK_FALSE(response.field("Retry-After").empty());
    CHECK(response.field("Connection") == "close");
    CHECK(response.body.find("\"service.too_many_connections\"") != std::string::npos);
    CHECK(refused.wait_for_close());
}

} // namespace

TEST_CASE("connections beyond the limit get 503 while all are busy, and are accepted again later",
          "[server][limits]") {
    ServerOptions options = test_options();
    options.connection_limit = 3;
    const RunningServer server{options};
    server.put(1, make_png());
    server.wait_for_no_connections();
    server.store->reads.close();
    std::vector<RawConnection> busy;
    for (int count = 0; count < 3; ++count) { // two are blocked, the third waits for one of them
        busy.push_back(server.connect());
        busy.back().send(signed_in_request("GET", image_path(1)));
    }
    const std::uint64_t all = 4; // with the PUT; none of them is idle
    REQUIRE(eventually([&] { return server.server->statistics().requests == all; }));
    RawConnection refused = server.connect();
    check_refusal(refused);
    server.store->reads.open();
    for (RawConnection& connection : busy)
        CHECK(connection.read_response().status == 200);
    busy.clear();
    server.wait_for_no_connections();
    CHECK(server.still_serves());
}

TEST_CASE("at the limit the longest idle connection is evicted for a new one", "[server][limits][hostile]") {
    ServerOptions options = test_options();
    options.connection_limit = 4;
    options.threads = 1; // so that connections become idle in the order of their answers
    const RunningServer server{options};
    std::vector<RawConnection> idle;
    for (int count = 0; count < 4; ++count) {
        idle.push_back(server.connect());
        idle.back().send(request_text("GET", "/healthz"));
        CHECK(idle.back().read_response().status == 200);
    }
    idle.front().send(request_text("GET", "/healthz")); // now it is the last one to become idle
    CHECK(idle.front().read_response().status == 200);
    RawConnection newcomer = server.connect();
    newcomer.send(request_text("GET", "/healthz"));
    CHECK(newcomer.read_response().status == 200);
    CHECK(idle[1].wait_for_close());
    for (const std::size_t other : {0U, 2U, 3U}) {
        idle[other].send(request_text("GET", "/healthz"));
        CHECK(idle[other].read_response().status == 200);
    }
}

TEST_CASE("connections are limited per address, without effect on other addresses",
          "[server][limits][hostile]") {
    ServerOptions options = test_options();
    options.connections_per_address = 3;
    const RunningServer server{options};
    std::vector<RawConnection> connections;
    for (int count = 0; count < 3; ++count) {
        connections.push_back(server.connect());
        connections.back().send(request_text("GET", "/healthz"));
        CHECK(connections.back().read_response().status == 200);
    }
    RawConnection refused = server.connect();
    check_refusal(refused);
    connections.clear();
    refused.close();
    server.wait_for_no_connections();
    CHECK(server.still_serves());
}

// 9,000 requests over one connection, 100 at a time.
TEST_CASE("pipelined requests are answered in order, a hundred at a time", "[server][limits][hostile]") {
    const RunningServer server;
    constexpr int requests = 9'000;
    RawConnection connection = server.connect();
    int sent = 0;
    for (; sent < requests; ++sent) {
        connection.send(
            request_text("GET", "/" + std::to_string(sent), {{"X-Request-Id", std::to_string(sent)}}));
        if (sent % 100 == 99) {
            for (int answer = sent - 99; answer <= sent; ++answer) {
                const RawResponse response = connection.read_response();
                REQUIRE(response.status == 404);
                REQUIRE(response.field("X-Request-Id") == std::to_string(answer));
            }
        }
    }
    CHECK(server.still_serves());
}

TEST_CASE("a field beyond the fixed limit is refused for any limit of heads", "[server][limits][hostile]") {
    ServerOptions options = test_options();
    options.header_limit = 1U << 20U;
    const RunningServer server{options};
    for (const std::size_t size : {65'000U, 65'533U, 65'534U, 65'536U, 200'000U}) {
        CAPTURE(size);
        RawConnection connection = server.connect();
        connection.send(
            portrait::testing::request_text("GET", "/healthz", {{"X-Long", std::string(size, 'x')}}));
        CHECK(connection.read_response().status == (size > 65'533U ? 431U : 200U));
        connection.close();
        connection = server.connect();
        connection.send(
            portrait::testing::request_text("GET", "/healthz", {{std::string(size, 'x'), "value"}}));
        CHECK(connection.read_response().status == (size > 65'533U ? 431U : 200U));
    }
    CHECK(server.still_serves());
}

} // namespace server_limits_test
