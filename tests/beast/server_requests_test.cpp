#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

namespace server_requests_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using portrait::testing::fetch;
using portrait::testing::make_jpeg_of_size;
using portrait::testing::make_png;
using portrait::testing::request_text;

TEST_CASE("a picture that is put is read over the same connection, byte for byte", "[server]") {
    const RunningServer server;
    const auto picture = make_png(30, 20);
    RawConnection connection = server.connect();
    connection.send(
        signed_in_request("PUT", image_path(7), {{"Content-Type", "image/png"}}, text_of(picture)));
    const RawResponse put = connection.read_response();
    CHECK(put.version == "HTTP/1.1");
    CHECK(put.status == 200);
    CHECK(put.reason == "The image blob id");
    CHECK(put.find("Connection") == nullptr);
    CHECK_FALSE(put.field("Date").empty());
    CHECK(put.field("Server") == "portrait");

    connection.send(signed_in_request("GET", image_path(7)));
    const RawResponse get = connection.read_response();
    CHECK(get.status == 200);
    CHECK(get.body == text_of(picture));
    CHECK(get.count("Content-Length") == 1);
    CHECK(server.server->statistics().accepted == 1);
    CHECK(server.server->statistics().requests == 2);
}

TEST_CASE("a picture of 8 MiB is stored and returned whole", "[server]") {
    const RunningServer server;
    const auto picture = make_jpeg_of_size(8U << 20U, 5);
    server.put(1, picture);
    const RawResponse response = server.get(1);
    CHECK(response.status == 200);
    CHECK(response.body == text_of(picture));
}

TEST_CASE("pipelined requests are answered in order", "[server]") {
    const RunningServer server;
    const auto first = make_png(3, 2, 1);
    const auto second = make_png(5, 4, 2);
    std::string text = signed_in_request("PUT", image_path(1), {}, text_of(first));
    text += signed_in_request("PUT", image_path(2), {}, text_of(second));
    for (int person = 1; person <= 3; ++person)
        text += signed_in_request("GET", image_path(person));
    text += request_text("GET", "/healthz");
    RawConnection connection = server.connect();
    connection.send(text);
    CHECK(connection.read_response().status == 200);
    CHECK(connection.read_response().status == 200);
    CHECK(connection.read_response().body == text_of(first));
    CHECK(connection.read_response().body == text_of(second));
    CHECK(connection.read_response().status == 404);
    CHECK(connection.read_response().status == 200);
}

TEST_CASE("a request may arrive byte by byte", "[server]") {
    const RunningServer server;
    const auto picture = make_png();
    RawConnection connection = server.connect();
    for (const char byte : signed_in_request("PUT", image_path(1), {}, text_of(picture)))
        connection.send(std::string_view{&byte, 1});
    CHECK(connection.read_response().status == 200);
    CHECK(server.get(1).body == text_of(picture));
}

TEST_CASE("an answer to HEAD has the length and no body, and the connection stays open", "[server]") {
    const RunningServer server;
    const auto picture = make_png(30, 20);
    server.put(1, picture);
    RawConnection connection = server.connect();
    connection.send(signed_in_request("HEAD", image_path(1)) + signed_in_request("HEAD", image_path(2)) +
                    signed_in_request("GET", image_path(1)));
    const RawResponse head = connection.read_response(true);
    CHECK(head.status == 200);
    CHECK(head.field("Content-Length") == std::to_string(picture.size()));
    CHECK(connection.read_response(true).status == 404);
    CHECK(connection.read_response().body == text_of(picture));
}

TEST_CASE("a 304 has neither body nor length", "[server]") {
    const RunningServer server;
    server.put(1, make_png());
    RawConnection connection = server.connect();
    connection.send(signed_in_request("GET", image_path(1)));
    const std::string tag = connection.read_response().field("ETag");
    REQUIRE_FALSE(tag.empty());
    connection.send(signed_in_request("GET", image_path(1), {{"If-None-Match", tag}}));
    const RawResponse response = connection.read_response();
    CHECK(response.status == 304);
    CHECK(response.find("Content-Length") == nullptr);
    connection.send(request_text("GET", "/healthz"));
    CHECK(connection.read_response().status == 200);
}

TEST_CASE("Connection: close closes the connection", "[server]") {
    const RunningServer server;
    RawConnection connection = server.connect();
    connection.send(request_text("GET", "/healthz", {{"Connection", "close"}}));
    const RawResponse response = connection.read_response();
    CHECK(response.status == 200);
    CHECK(response.field("Connection") == "close");
    CHECK(connection.wait_for_close());
    CHECK(server.still_serves());
}

TEST_CASE("HTTP/1.0 closes the connection unless keep-alive is requested", "[server]") {
    const RunningServer server;
    {
        RawConnection connection = server.connect();
        connection.send("GET /healthz HTTP/1.0\r\n\r\n");
        const RawResponse response = connection.read_response();
        CHECK(response.status == 200);
        CHECK(response.field("Connection") == "close");
        CHECK(connection.wait_for_close());
    }
    RawConnection connection = server.connect();
    for (int count = 0; count < 2; ++count) {
        connection.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        const RawResponse response = connection.read_response();
        CHECK(response.status == 200);
        CHECK(response.field("Connection") == "keep-alive");
    }
}

TEST_CASE("an empty line before a request and an absolute target are accepted", "[server]") {
    const RunningServer server;
    RawConnection connection = server.connect();
    connection.send("\r\nGET http://portrait.example/healthz HTTP/1.1\r\nHost: portrait.example\r\n\r\n");
    CHECK(connection.read_response().status == 200);
    connection.send("\r");
    connection.send("\nGET /healthz HTTP/1.1\r\nHost: portrait.example\r\n\r\n");
    CHECK(connection.read_response().status == 200);
}

TEST_CASE("an idle connection keeps nothing of its last request", "[server]") {
    const RunningServer server;
    auto bytes = std::make_shared<const std::vector<std::byte>>(make_jpeg_of_size(50'000, 9));
    const std::weak_ptr<const std::vector<std::byte>> alive = bytes;
    portrait::PersonImageService service{server.store, std::make_shared<portrait::AnyPersonDirectory>()};
    const auto person = portrait::PersonId::from(4).value();
    REQUIRE(service.save(person, portrait::ImageBytes{bytes, *bytes}).has_value());
    bytes.reset();
    REQUIRE_FALSE(alive.expired());

    std::vector<RawConnection> connections;
    for (int count = 0; count < 5; ++count) {
        connections.push_back(server.connect());
        connections.back().send(signed_in_request("GET", image_path(4)));
        CHECK(connections.back().read_response().body.size() == 50'000);
    }
    REQUIRE(service.remove(person).has_value());
    CHECK(eventually([&] { return alive.expired(); }));

    // They continue, each with buffers that another one has released.
    for (auto connection = connections.rbegin(); connection != connections.rend(); ++connection) {
        connection->send(signed_in_request("GET", image_path(4)));
        CHECK(connection->read_response().status == 404);
    }
}

TEST_CASE("the last request within the limit of a connection closes it", "[server]") {
    ServerOptions options = test_options();
    options.requests_per_connection = 2;
    const RunningServer server{options};
    RawConnection connection = server.connect();
    connection.send(request_text("GET", "/healthz"));
    CHECK(connection.read_response().find("Connection") == nullptr);
    connection.send(request_text("GET", "/healthz"));
    CHECK(connection.read_response().field("Connection") == "close");
    CHECK(connection.wait_for_close());
}

TEST_CASE("an exception of a store becomes a 500 without its text", "[server]") {
    const RunningServer server;
    server.store->throws = true;
    for (const std::string_view method : {"GET", "PUT"}) {
        const auto picture = make_png();
        const RawResponse response = fetch(server.server->port(), method, image_path(1), signed_in(),
                                           method == "PUT" ? text_of(picture) : std::string_view{});
        CHECK(response.status == 500);
        CHECK(response.body.find("\"SoInternalException\"") != std::string::npos);
        CHECK(response.body.find("secret") == std::string::npos);
        CHECK(server.still_serves());
    }
    server.store->throws = false;
    server.put(1, make_png());
}

TEST_CASE("an unneeded short body keeps the connection open, a long one closes it", "[server]") {
    const RunningServer server;
    RawConnection connection = server.connect();
    connection.send(request_text("PUT", image_path(1), {}, std::string(60'000, 'x')) +
                    request_text("GET", "/healthz"));
    CHECK(connection.read_response().status == 401);
    CHECK(connection.read_response().status == 200);
    connection.send(request_text("PUT", image_path(1), {}, std::string(70'000, 'x')));
    const RawResponse response = connection.read_response();
    CHECK(response.status == 401);
    CHECK(response.field("Connection") == "close");
    CHECK(connection.wait_for_close());
    CHECK(server.still_serves());
}

TEST_CASE("every answered request is in the access log, without its query", "[server][log]") {
    const RunningServer server;
    const auto picture = make_png(30, 20);
    RawConnection connection = server.connect();
    connection.send(signed_in_request("PUT", image_path(3), {{"X-Request-Id", "abc-1"}}, text_of(picture)));
    connection.read_response();
    connection.send(signed_in_request("GET", image_path(3) + "?w=&secret=1",
                                      {{"X-Request-Id", "abc-2"}, {"SO-AppToken", "partner-application"}}));
    connection.read_response();
    connection.send("nonsense\r\n\r\n");
    CHECK(connection.read_response().status == 400);
    connection.close();
    server.wait_for_no_connections();
    const auto accesses = server.log->accesses();
    REQUIRE(accesses.size() == 3);
    CHECK(accesses[0].request_id == "abc-1");
    CHECK(accesses[0].method == "PUT");
    CHECK(accesses[0].path == image_path(3));
    CHECK(accesses[0].status == 200);
    CHECK(accesses[0].principal == "tje0");
    CHECK(accesses[0].remote_address == "127.0.0.1");
    CHECK(accesses[0].request_bytes == picture.size());
    CHECK(accesses[0].application.empty());
    CHECK(accesses[1].path == image_path(3));
    CHECK(accesses[1].application == "5d8aebdbcaa41f1e"); // of the token's SHA-256, never of the token
    CHECK(accesses[1].response_bytes > 0);
    CHECK(accesses[2].status == 400);
    CHECK(accesses[2].method.empty());
    CHECK_FALSE(accesses[2].request_id.empty());
}

TEST_CASE("many clients put and get concurrently, and each reads a whole picture", "[server]") {
    const RunningServer server;
    constexpr int clients = 16;
    constexpr int rounds = 25;
    constexpr int persons = 5;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int client = 0; client < clients; ++client) {
        threads.emplace_back([&, client] {
            try {
                RawConnection connection = server.connect();
                for (int round = 0; round < rounds; ++round) {
                    const int person = 1 + (client + round) % persons;
                    const auto seed = static_cast<std::uint32_t>(client * 1000 + round);
                    const auto picture = make_png(40, 30, seed);
                    connection.send(signed_in_request("PUT", image_path(person), {}, text_of(picture)));
                    const bool put = connection.read_response().status == 200;
                    connection.send(signed_in_request("GET", image_path(person)));
                    const RawResponse got = connection.read_response();
                    const bool whole = got.status == 200 && got.body.size() == picture.size();
                    wrong += put && whole ? 0 : 1;
                }
            } catch (const std::exception&) {
                ++wrong;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(wrong == 0);
    CHECK(server.store->saves == clients * rounds);
    server.wait_for_no_connections();
}

TEST_CASE("a server on the address :: listens on IPv6 and IPv4", "[server]") {
    ServerOptions options = test_options();
    options.address = "::";
    const RunningServer server{options};
    CHECK(server.still_serves());
    RawConnection connection{server.server->port(), "::1"};
    connection.send(request_text("GET", "/healthz"));
    CHECK(connection.read_response().status == 200);
}

TEST_CASE("the error for an address that can't be bound contains the address", "[server]") {
    const RunningServer first;
    ServerOptions options = test_options();
    options.port = first.server->port();
    try {
        const RunningServer second{options};
        FAIL("A second server has bound the port");
    } catch (const std::runtime_error& error) {
        CHECK(std::string{error.what()}.find("127.0.0.1:" + std::to_string(options.port)) !=
              std::string::npos);
    }
    options.address = "not an address";
    CHECK_THROWS_WITH(RunningServer{options}, Catch::Contains("not an address"));
    CHECK(first.still_serves());
}

} // namespace server_requests_test
