#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

namespace server_clients_gone_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using portrait::testing::make_png;
using portrait::testing::request_text;

namespace {

bool is_abandoned(const RunningServer& server, std::uint64_t count) {
    return eventually([&] { return server.server->statistics().abandoned_requests == count; });
}

} // namespace

TEST_CASE("the server detects a client that disconnects before its answer", "[server][gone]") {
    const bool reset = GENERATE(false, true);
    const RunningServer server;
    server.put(1, make_png());
    server.store->reads.close();
    RawConnection connection = server.connect();
    connection.send(signed_in_request("GET", image_path(1)));
    server.store->reads.wait_for_held(1);
    CHECK(server.server->statistics().abandoned_requests == 0);
    connection.close(reset);
    CHECK(is_abandoned(server, 1));
    server.store->reads.open();
    server.wait_for_no_connections();
    CHECK(server.still_serves());
    CHECK(server.get(1).status == 200);
    CHECK(server.server->statistics().abandoned_requests == 1);
}

TEST_CASE("a write completes after its client has disconnected", "[server][gone]") {
    const RunningServer server;
    const auto picture = make_png();
    server.store->writes.close();
    RawConnection connection = server.connect();
    connection.send(signed_in_request("PUT", image_path(1), {}, text_of(picture)));
    SECTION("while the store saves") {
        server.store->writes.wait_for_held(1);
        SECTION("closed connection") {
            connection.close();
            CHECK(is_abandoned(server, 1));
            server.store->writes.open();
            server.wait_for_no_connections();
        }
        SECTION("half-closed connection, which still waits for the answer") {
            connection.finish_sending();
            CHECK(is_abandoned(server, 1));
            server.store->writes.open();
            CHECK(connection.read_response().status == 200);
            CHECK(connection.wait_for_close());
        }
    }
    SECTION("while the write is queued") {
        // All writer threads are blocked, and this write is queued behind them.
        std::vector<RawConnection> others;
        for (int person = 2; person < 20; ++person) {
            others.push_back(server.connect());
            others.back().send(signed_in_request("PUT", image_path(person), {}, text_of(picture)));
        }
        connection.close();
        CHECK(is_abandoned(server, 1));
        server.store->writes.open();
        for (RawConnection& other : others)
            CHECK(other.read_response().status == 200);
    }
    CHECK(eventually([&] { return server.get(1).body == text_of(picture); }));
}

TEST_CASE("bytes sent after a request in progress are neither lost nor read without limit",
          "[server][gone]") {
    const RunningServer server;
    const auto picture = make_png();
    server.put(1, picture);
    server.store->reads.close();
    SECTION("requests, then the end of the stream") {
        RawConnection connection = server.connect();
        connection.send(signed_in_request("GET", image_path(1)));
        server.store->reads.wait_for_held(1);
        connection.send(request_text("GET", "/healthz") + request_text("GET", "/readyz"));
        connection.finish_sending();
        CHECK(is_abandoned(server, 1)); // the server detects the end behind unread bytes
        server.store->reads.open();
        CHECK(connection.read_response().body == text_of(picture));
        CHECK(connection.read_response().body == "alive\n");
        CHECK(connection.read_response().body == "ready\n");
        CHECK(connection.wait_for_close());
    }
    SECTION("more bytes than the sockets' buffers") {
        RawConnection connection{server.server->port(), "127.0.0.1", std::chrono::milliseconds{500}};
        connection.send(signed_in_request("GET", image_path(1)));
        server.store->reads.wait_for_held(1);
        CHECK_THROWS_AS(connection.try_send(std::string(256U << 20U, '\n')), std::runtime_error);
        CHECK(server.server->statistics().abandoned_requests == 0);
        server.store->reads.open();
    }
    CHECK(server.still_serves());
}

} // namespace server_clients_gone_test
