#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <string>
#include <vector>

namespace server_proxies_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using portrait::testing::make_png;
using portrait::testing::request_text;

namespace {

constexpr const char* proxy = "127.0.0.2";

ServerOptions behind_proxy(std::vector<const char*> trusted = {proxy}) {
    ServerOptions options = test_options();
    for (const char* text : trusted)
        options.trusted_proxies.push_back(Network::parse(text).value());
    return options;
}

RawConnection connect_from(const RunningServer& server, const std::string& from) {
    return RawConnection{server.server->port(), "127.0.0.1", std::chrono::seconds{20}, from};
}

/// Returns the logged address of a request with these fields.
std::string logged(const RunningServer& server, RawConnection& connection, const RawFields& fields) {
    const auto before = server.log->accesses().size();
    connection.send(request_text("GET", "/healthz", fields));
    CHECK(connection.read_response().status == 200);
    REQUIRE(eventually([&] { return server.log->accesses().size() > before; }));
    return server.log->accesses().back().remote_address;
}

bool sets_secure_cookies(RawConnection& connection, RawFields fields) {
    connection.send(request_text("POST", "/session", signed_in(std::move(fields))));
    const RawResponse response = connection.read_response();
    REQUIRE(response.count("Set-Cookie") == 3);
    return response.field("Set-Cookie").find("; Secure") != std::string::npos;
}

} // namespace

TEST_CASE("the client behind a trusted proxy is the forwarded one of each request", "[server][proxy]") {
    const RunningServer server{behind_proxy()};
    RawConnection connection = connect_from(server, proxy);
    CHECK(logged(server, connection, {{"X-Forwarded-For", "192.0.2.1"}}) == "192.0.2.1");
    CHECK(logged(server, connection, {{"X-Forwarded-For", "1.1.1.1, [2001:DB8::7]:99"}}) == "2001:db8::7");
    CHECK(logged(server, connection, {}) == proxy);
    CHECK(logged(server, connection, {{"X-Forwarded-For", "nonsense"}}) == proxy);
    CHECK(logged(server, connection, {{"Forwarded", "for=192.0.2.1"}}) == proxy);
    CHECK(logged(server, connection, {{"X-Real-IP", "192.0.2.1"}}) == proxy);
}

TEST_CASE("forwarded addresses of untrusted peers are ignored", "[server][proxy][hostile]") {
    const RawFields fields{{"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-Proto", "https"}};
    SECTION("from another address") {
        const RunningServer server{behind_proxy()};
        RawConnection connection = connect_from(server, "127.0.0.3");
        CHECK(logged(server, connection, fields) == "127.0.0.3");
        CHECK_FALSE(sets_secure_cookies(connection, fields));
    }
    SECTION("without trusted proxies") {
        const RunningServer server;
        RawConnection connection = connect_from(server, proxy);
        CHECK(logged(server, connection, fields) == proxy);
        CHECK_FALSE(sets_secure_cookies(connection, fields));
    }
}

TEST_CASE("the scheme that a trusted proxy names decides about cookies", "[server][proxy]") {
    const RunningServer server{behind_proxy()};
    RawConnection connection = connect_from(server, proxy);
    CHECK(sets_secure_cookies(connection, {{"X-Forwarded-Proto", "https"}}));
    CHECK_FALSE(sets_secure_cookies(connection, {{"X-Forwarded-Proto", "http"}}));
    CHECK_FALSE(sets_secure_cookies(connection, {{"X-Forwarded-Proto", "gopher"}}));
    CHECK_FALSE(sets_secure_cookies(connection, {}));
    connection.send(request_text("GET", "/healthz", {{"X-Forwarded-Proto", "https"}}));
    CHECK(connection.read_response().find("Strict-Transport-Security") == nullptr);
}

TEST_CASE("a proxy with an IPv6 address is trusted by its network", "[server][proxy]") {
    ServerOptions options = behind_proxy({"::1/128"});
    options.address = "::1";
    const RunningServer server{options};
    RawConnection connection{server.server->port(), "::1"};
    CHECK(logged(server, connection, {{"X-Forwarded-For", "192.0.2.1, ::1"}}) == "192.0.2.1");
}

TEST_CASE("connections per address are limited for other peers, but not for a trusted proxy",
          "[server][proxy][hostile]") {
    ServerOptions options = behind_proxy();
    options.connections_per_address = 3;
    const RunningServer server{options};
    const auto open = [&](const char* from) {
        std::vector<RawConnection> connections;
        unsigned served = 0;
        for (int count = 0; count < 10; ++count) {
            connections.push_back(connect_from(server, from));
            connections.back().send(request_text("GET", "/healthz"));
            served += connections.back().read_response().status == 200 ? 1U : 0U;
        }
        return served;
    };
    CHECK(open(proxy) == 10);
    CHECK(open("127.0.0.3") == 3);
}

TEST_CASE("bodies in flight count for the client behind the proxy", "[server][proxy][hostile]") {
    ServerOptions options = behind_proxy();
    options.body_bytes_per_address = 1000;
    const RunningServer server{options};
    const auto half = [&](const char* client) {
        RawConnection connection = connect_from(server, proxy);
        connection.send(signed_in_request("PUT", image_path(1),
                                          {{"Content-Length", "2000"}, {"X-Forwarded-For", client}},
                                          std::string(900, 'x')));
        return connection;
    };
    const RawConnection first = half("192.0.2.1");
    REQUIRE(eventually([&] { return server.server->statistics().body_bytes_in_flight == 900; }));
    RawConnection same = half("192.0.2.1");
    CHECK(same.read_response().status == 503);
    const RawConnection other = half("192.0.2.2");
    CHECK(eventually([&] { return server.server->statistics().body_bytes_in_flight == 1800; }));
}

TEST_CASE("10,000 forwarded addresses are read if the limit of heads allows them",
          "[server][proxy][hostile]") {
    std::string list = "192.0.2.1";
    std::string rest = proxy;
    for (int count = 0; count < 5000; ++count) {
        list += ", 127.0.0.2";
        rest += ", 127.0.0.2";
    }
    const RawFields fields{{"X-Forwarded-For", list}, {"X-Forwarded-For", rest}};
    ServerOptions options = behind_proxy();
    SECTION("beyond the default limit") {
        const RunningServer server{options};
        RawConnection connection = connect_from(server, proxy);
        connection.send(request_text("GET", "/healthz", fields));
        CHECK(connection.read_response().status == 431);
        CHECK(server.still_serves());
    }
    SECTION("within a larger limit") {
        options.header_limit = 1U << 20U;
        const RunningServer server{options};
        RawConnection connection = connect_from(server, proxy);
        CHECK(logged(server, connection, fields) == "192.0.2.1");
    }
}

} // namespace server_proxies_test
