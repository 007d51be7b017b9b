#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace server_answers_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using portrait::testing::make_jpeg_of_size;
using portrait::testing::make_png;
using portrait::testing::request_text;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t large = 8 * mebibyte; // more than the kernel's buffers of both sides

RawConnection connect_from(const RunningServer& server, const std::string& address) {
    return RawConnection{server.server->port(), "127.0.0.1", 20s, address};
}

/// Requests a picture and reads nothing of the answer.
RawConnection non_reader(const RunningServer& server, int person, const std::string& address = "127.0.0.1") {
    auto connection = connect_from(server, address);
    connection.send(signed_in_request("GET", image_path(person)));
    return connection;
}

std::uint64_t held_by_answers(const RunningServer& server) {
    return server.server->statistics().answer_bytes_in_flight;
}

} // namespace

TEST_CASE("answers in flight beyond the budget are 503 until others have ended",
          "[server][answers][hostile]") {
    ServerOptions options = test_options();
    std::string other = "127.0.0.1";
    SECTION("all clients together") {
        options.answer_bytes_in_flight = 20 * mebibyte;
        options.answer_bytes_per_address = 20 * mebibyte;
        other = "127.0.0.2";
    }
    SECTION("one address") {
        options.answer_bytes_in_flight = 160 * mebibyte; // the share of one address is an eighth
    }
    const RunningServer server{options};
    for (int person = 1; person <= 3; ++person)
        server.put(person, make_jpeg_of_size(large, static_cast<std::uint32_t>(person)));
    server.put(4, make_png());
    std::vector<RawConnection> slow;
    slow.push_back(non_reader(server, 1));
    slow.push_back(non_reader(server, 2));
    REQUIRE(eventually([&] { return held_by_answers(server) == 2 * large; }));

    auto refused = connect_from(server, other);
    refused.send(signed_in_request("GET", image_path(3), {{"X-Request-Id", "mine"}}));
    const RawResponse response = refused.read_response();
    CHECK(response.status == 503);
    CHECK(response.field("Retry-After") == "1");
    CHECK(response.field("X-Request-Id") == "mine");
    CHECK(response.body.find("\"service.answer_bytes_in_flight\"") != std::string::npos);
    // The connection stays open, and requests that need little or no memory are answered on it.
    refused.send(signed_in_request("HEAD", image_path(3)));
    CHECK(refused.read_response(true).field("Content-Length") == std::to_string(large));
    refused.send(signed_in_request("GET", image_path(4)));
    CHECK(refused.read_response().status == 200);
    refused.send(signed_in_request("PUT", image_path(4), {}, text_of(make_png())));
    CHECK(refused.read_response().status == 200);
    CHECK(held_by_answers(server) == 2 * large);

    slow.pop_back();
    REQUIRE(eventually([&] { return held_by_answers(server) == large; }));
    refused.send(signed_in_request("GET", image_path(3)));
    CHECK(refused.read_response().body.size() == large);
    slow.clear();
    CHECK(eventually([&] { return held_by_answers(server) == 0; }));
    const auto accesses = server.log->accesses();
    const auto logged = std::find_if(accesses.begin(), accesses.end(),
                                     [](const LoggedAccess& access) { return access.request_id == "mine"; });
    REQUIRE(logged != accesses.end());
    CHECK(logged->status == 503);
    CHECK(logged->principal == "tje0");
}

TEST_CASE("a picture counts once for any number of slow readers", "[server][answers][hostile]") {
    ServerOptions options = test_options();
    options.answer_bytes_in_flight = 20 * mebibyte;
    options.answer_bytes_per_address = 20 * mebibyte;
    const RunningServer server{options};
    server.put(1, make_jpeg_of_size(large, 1));
    std::vector<RawConnection> slow;
    for (int count = 0; count < 40; ++count)
        slow.push_back(non_reader(server, 1));
    REQUIRE(eventually([&] { return server.server->statistics().requests_in_flight == 40; }));
    CHECK(server.get(1).body.size() == large);
    CHECK(held_by_answers(server) == large);
    slow.clear();
    CHECK(eventually([&] { return held_by_answers(server) == 0; }));
}

TEST_CASE("a range of a picture counts as the whole picture", "[server][answers][hostile]") {
    const RunningServer server;
    server.put(1, make_jpeg_of_size(large, 1));
    auto connection = server.connect();
    connection.send(signed_in_request("GET", image_path(1), {{"Range", "bytes=0-5000000"}}));
    CHECK(eventually([&] { return held_by_answers(server) == large; }));
}

TEST_CASE("pictures as base64 text share the picture's bytes while they are sent",
          "[server][answers][hostile]") {
    ServerOptions options = test_options();
    options.answer_bytes_in_flight = 20 * mebibyte;
    options.answer_bytes_per_address = 20 * mebibyte;
    const RunningServer server{options};
    server.put(1, make_jpeg_of_size(large, 1));
    const auto ask = [&](RawConnection& connection) {
        connection.send(signed_in_request(
            "POST", "/api/v1/Agents/Person/GetPersonImage",
            {{"Content-Type", "application/json"}, {"Accept", "application/json"}}, R"({"PersonId":1})"));
    };
    std::vector<RawConnection> slow;
    for (int count = 0; count < 10; ++count) {
        slow.push_back(server.connect());
        ask(slow.back());
    }
    REQUIRE(eventually([&] { return server.server->statistics().requests_in_flight == 10; }));
    REQUIRE(eventually([&] { return held_by_answers(server) >= large; }));
    CHECK(held_by_answers(server) < large + mebibyte + 10 * 70'000); // and a piece of text for each answer
    auto reader = server.connect();
    for (int count = 0; count < 2; ++count) { // over one connection: the length is known
        ask(reader);
        const auto response = reader.read_response();
        CHECK(response.status == 200);
        CHECK(response.field("Content-Length") == std::to_string((large + 2) / 3 * 4 + 2));
        CHECK(response.find("Transfer-Encoding") == nullptr);
        CHECK(response.body.size() == (large + 2) / 3 * 4 + 2);
    }
    slow.clear();
    CHECK(eventually([&] { return held_by_answers(server) == 0; }));
}

TEST_CASE("answers behind a trusted proxy count for the client that it names", "[server][answers][proxy]") {
    ServerOptions options = test_options();
    options.trusted_proxies = {*Network::parse("127.0.0.1")};
    options.answer_bytes_per_address = 10 * mebibyte;
    const RunningServer server{options};
    for (int person = 1; person <= 3; ++person)
        server.put(person, make_jpeg_of_size(large, static_cast<std::uint32_t>(person)));
    const auto ask = [&](int person, const std::string& client) {
        auto connection = server.connect();
        connection.send(signed_in_request("GET", image_path(person), {{"X-Forwarded-For", client}}));
        return connection;
    };
    const auto first = ask(1, "192.0.2.1");
    REQUIRE(eventually([&] { return held_by_answers(server) == large; }));
    CHECK(ask(2, "192.0.2.1").read_response().status == 503);
    CHECK(ask(3, "192.0.2.2").read_response().status == 200);
}

// Takes real seconds: the window has ten.
TEST_CASE("the connection of a client below the lowest rate over ten seconds is closed",
          "[server][answers][timeout]") {
    const RunningServer server;
    server.put(1, make_jpeg_of_size(large, 1));
    server.put(2, make_jpeg_of_size(100'000, 1));
    auto nothing = non_reader(server, 1); // reads nothing of an answer that is being sent
    auto pipelined = server.connect();    // reads nothing of many answers that fit into the kernel's buffers
    for (int count = 0; count < 40; ++count)
        pipelined.send(signed_in_request("GET", image_path(2)));
    auto trickling = non_reader(server, 1); // reads a tenth of the lowest rate
    auto steady = non_reader(server, 1);    // reads at four times the lowest rate
    auto idle = server.connect();           // has read its answer
    idle.send(signed_in_request("GET", image_path(1)));
    CHECK(idle.read_response().status == 200);
    REQUIRE(server.server->statistics().connections == 5);

    const auto began = std::chrono::steady_clock::now();
    const auto elapsed = [&] { return std::chrono::steady_clock::now() - began; };
    while (server.server->statistics().connections > 2 && elapsed() < 55s) {
        steady.read_at_most(26'000);
        if (server.server->statistics().slow_readers < 3 && trickling.readable_within(0ms))
            trickling.read_at_most(600);
        std::this_thread::sleep_for(100ms);
    }
    CHECK(elapsed() > 9s);
    CHECK(elapsed() < 50s); // five times the window
    CHECK(server.server->statistics().slow_readers == 3);
    CHECK(server.server->statistics().connections == 2);
    CHECK(eventually([&] { return held_by_answers(server) == large; })); // the answer to `steady`
    for (int count = 0; count < 30; ++count) {
        steady.read_at_most(26'000);
        std::this_thread::sleep_for(100ms);
    }
    CHECK(server.server->statistics().slow_readers == 3);
    idle.send(signed_in_request("GET", image_path(1)));
    CHECK(idle.read_response().status == 200);
    nothing.close();
    CHECK(server.still_serves());
}

} // namespace server_answers_test
