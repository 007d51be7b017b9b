#include "server_fixture.hpp"

#include <portrait/http/executor.hpp>

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <chrono>
#include <future>
#include <string>
#include <vector>

namespace server_drain_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;    // NOLINT(google-build-using-namespace)
using portrait::testing::make_png;
using portrait::testing::request_text;

TEST_CASE("a drain completes requests in flight, closes idle connections and accepts no new ones",
          "[server][drain]") {
    const RunningServer server;
    const auto picture = make_png();
    RawConnection idle = server.connect();
    idle.send(request_text("GET", "/healthz"));
    CHECK(idle.read_response().status == 200);
    RawConnection fresh = server.connect();

    server.store->writes.close();
    RawConnection busy = server.connect();
    busy.send(signed_in_request("PUT", image_path(1), {}, text_of(picture)));
    server.store->writes.wait_for_held(1);

    auto drained = std::async(std::launch::async, [&] { return server.server->drain(60s); });
    CHECK(idle.read_until_close().empty());
    CHECK(fresh.wait_for_close());
    CHECK(eventually([&] {
        try {
            RawConnection late = server.connect();
            return false;
        } catch (const std::runtime_error&) {
            return true;
        }
    }));
    CHECK(eventually([&] { return server.server->statistics().connections == 1; }));
    server.store->writes.open();
    const RawResponse response = busy.read_response();
    CHECK(response.status == 200);
    CHECK(response.field("Connection") == "close");
    busy.close();
    CHECK(drained.get());
    CHECK(server.server->drain(0ms));
    CHECK(server.store->saves == 1);
}

TEST_CASE("a drain without requests in flight ends at once", "[server][drain]") {
    const RunningServer server;
    RawConnection idle = server.connect();
    idle.send(request_text("GET", "/healthz"));
    CHECK(idle.read_response().status == 200);
    CHECK(server.server->drain(60s));
    CHECK(idle.wait_for_close());
}

TEST_CASE("a drain closes unfinished connections at its timeout", "[server][drain]") {
    const RunningServer server;
    const auto picture = make_png();
    RawConnection half = server.connect();
    half.send("GET /healthz HTTP/1.1\r\nHo");
    RawConnection body = server.connect();
    body.send(signed_in_request("PUT", image_path(1), {{"Content-Length", "100"}}));
    body.send("abc");
    REQUIRE(eventually([&] { return server.server->statistics().body_bytes_in_flight == 3; }));
    server.store->reads.close();
    RawConnection reading = server.connect();
    reading.send(signed_in_request("GET", image_path(1)));
    server.store->reads.wait_for_held(1);
    CHECK_FALSE(server.server->drain(20ms));
    CHECK(half.wait_for_close());
    CHECK(body.wait_for_close());
    CHECK(reading.wait_for_close());
    CHECK(server.server->statistics().connections == 0);
    CHECK_FALSE(server.server->drain(0ms));
}

TEST_CASE("answers after the end of the server are harmless", "[server][drain]") {
    RunningServer server;
    const auto picture = make_png();
    server.store->reads.close();
    server.store->writes.close();
    RawConnection reading = server.connect();
    reading.send(signed_in_request("GET", image_path(1)));
    server.store->reads.wait_for_held(1);
    RawConnection writing = server.connect();
    writing.send(signed_in_request("PUT", image_path(1), {}, text_of(picture)));
    server.store->writes.wait_for_held(1);
    server.authenticator->hold();
    RawConnection asking = server.connect();
    asking.send(signed_in_request("GET", image_path(1)));
    server.authenticator->wait_for_held(1);

    server.server.reset();
    CHECK(reading.wait_for_close());
    CHECK(writing.wait_for_close());
    CHECK(asking.wait_for_close());
    // The pending calls keep the executor of their completions alive.
    server.store->reads.open();
    server.store->writes.open();
    server.authenticator->release();
    server.endpoint.reset();
    CHECK(server.store.use_count() == 1);
    CHECK(server.store->saves == 1);
}

} // namespace server_drain_test
