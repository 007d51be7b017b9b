#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <chrono>
#include <string>

namespace server_timeouts_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;    // NOLINT(google-build-using-namespace)
using portrait::testing::make_jpeg_of_size;
using portrait::testing::make_png;

TEST_CASE("an incomplete head gets 408", "[server][timeout]") {
    ServerOptions options = test_options();
    options.header_timeout = 50ms;
    const RunningServer server{options};
    RawConnection connection = server.connect();
    connection.send("GET /healthz HTTP/1.1\r\nHost:");
    const RawResponse response = connection.read_response();
    CHECK(response.status == 408);
    CHECK(response.body.find("\"request.timeout\"") != std::string::npos);
    CHECK(response.body.find("\"SoTimeoutException\"") != std::string::npos);
    CHECK(response.field("Connection") == "close");
    CHECK(connection.wait_for_close());
    CHECK(server.still_serves());
}

TEST_CASE("a connection without a request is closed without an answer", "[server][timeout]") {
    ServerOptions options = test_options();
    options.idle_timeout = 50ms;
    const RunningServer server{options};
    RawConnection fresh = server.connect();
    CHECK(fresh.read_until_close().empty());
    RawConnection used = server.connect();
    used.send(portrait::testing::request_text("GET", "/healthz"));
    CHECK(used.read_response().status == 200);
    CHECK(used.read_until_close().empty());
    CHECK(server.still_serves());
}

TEST_CASE("an incomplete body gets 408 and stores nothing", "[server][timeout]") {
    ServerOptions options = test_options();
    options.body_timeout = 50ms;
    const RunningServer server{options};
    const auto picture = make_png();
    const std::string_view half = text_of(picture).substr(0, picture.size() / 2);
    SECTION("with a declared length") {
        RawConnection connection = server.connect();
        connection.send(
            signed_in_request("PUT", image_path(1), {{"Content-Length", std::to_string(picture.size())}}));
        connection.send(half);
        CHECK(connection.read_response().status == 408);
        CHECK(connection.wait_for_close());
    }
    SECTION("in chunks") {
        RawConnection connection = server.connect();
        connection.send(
            signed_in_request("PUT", image_path(1), {{"Transfer-Encoding", "chunked"}}, "10\r\n"));
        connection.send(half.substr(0, 10));
        CHECK(connection.read_response().status == 408);
        CHECK(connection.wait_for_close());
    }
    CHECK(server.store->saves == 0);
    CHECK(eventually([&] { return server.server->statistics().body_bytes_in_flight == 0; }));
    CHECK(server.still_serves());
}

TEST_CASE("a request to a store beyond the timeout gets 503, and the late answer is ignored",
          "[server][timeout]") {
    ServerOptions options = test_options();
    options.handler_timeout = 50ms;
    const RunningServer server{options};
    const auto picture = make_png();
    SECTION("reading") {
        server.put(1, picture);
        server.store->reads.close();
        RawConnection connection = server.connect();
        connection.send(signed_in_request("GET", image_path(1), {{"X-Request-Id", "mine"}}));
        const RawResponse response = connection.read_response();
        CHECK(response.status == 503);
        CHECK_FALSE(response.field("Retry-After").empty());
        CHECK(response.field("X-Request-Id") == "mine");
        CHECK(connection.wait_for_close());
        server.store->reads.open();
    }
    SECTION("writing: the body counts as in flight until the store releases it") {
        server.store->writes.close();
        RawConnection connection = server.connect();
        connection.send(signed_in_request("PUT", image_path(1), {}, text_of(picture)));
        CHECK(connection.read_response().status == 503);
        connection.close();
        server.wait_for_no_connections();
        CHECK(server.server->statistics().body_bytes_in_flight == picture.size());
        server.store->writes.open();
        CHECK(eventually([&] { return server.server->statistics().body_bytes_in_flight == 0; }));
    }
    SECTION("authenticating") {
        server.authenticator->hold();
        RawConnection connection = server.connect();
        connection.send(signed_in_request("GET", image_path(1)));
        CHECK(connection.read_response().status == 503);
        connection.close();
        server.wait_for_no_connections();
        server.authenticator->release();
    }
    CHECK(server.still_serves());
    CHECK(eventually([&] { return server.get(1).status != 503; }));
}

TEST_CASE("the connection of a client that doesn't read its answer is closed", "[server][timeout]") {
    ServerOptions options = test_options();
    options.write_timeout = 50ms;
    options.body_rate = 1U << 30U;
    const RunningServer server{options};
    server.put(1, make_jpeg_of_size(8U << 20U, 1));
    RawConnection connection = server.connect();
    for (int count = 0; count < 4; ++count)
        connection.send(signed_in_request("GET", image_path(1)));
    server.wait_for_no_connections();
    CHECK(server.still_serves());
}

} // namespace server_timeouts_test
