#include "server_fixture.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <string>

namespace server_body_test {

using namespace portrait::http;          // NOLINT(google-build-using-namespace)
using namespace portrait::http::testing; // NOLINT(google-build-using-namespace)
using portrait::testing::chunked;
using portrait::testing::fetch;
using portrait::testing::make_jpeg_of_size;
using portrait::testing::make_png;
using portrait::testing::request_text;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

// A head that declares a length, without the body.
std::string declaring(int person, std::size_t length, RawFields more = {}) {
    more.emplace_back("Content-Length", std::to_string(length));
    return signed_in_request("PUT", image_path(person), std::move(more));
}

std::string chunked_request(int person, std::string_view body, std::size_t chunk_size) {
    return signed_in_request("PUT", image_path(person), {{"Transfer-Encoding", "chunked"}},
                             chunked(body, chunk_size));
}

void check_refused(RawConnection& connection, unsigned status, std::string_view rule) {
    const RawResponse response = connection.read_response();
    CHECK(response.status == status);
    CHECK(response.body.find(rule) != std::string::npos);
    CHECK(response.field("Connection") == "close");
    CHECK(connection.wait_for_close());
}

} // namespace

TEST_CASE("a client that waits for 100 Continue gets it when its head is accepted", "[server][body]") {
    const RunningServer server;
    const auto picture = make_png(30, 20);
    RawConnection connection = server.connect();
    connection.send(declaring(1, picture.size(), {{"Expect", "100-continue"}}));
    const RawResponse go_on = connection.read_response();
    CHECK(go_on.status == 100);
    CHECK(go_on.fields.empty());
    CHECK(server.store->saves == 0);
    connection.send(text_of(picture));
    CHECK(connection.read_response().status == 200);
    connection.send(signed_in_request("GET", image_path(1)));
    CHECK(connection.read_response().body == text_of(picture));
}

TEST_CASE("a client whose head is refused gets no 100 Continue", "[server][body]") {
    const RunningServer server;
    SECTION("wrong password") {
        RawConnection connection = server.connect();
        connection.send(
            request_text("PUT", image_path(1),
                         {{"Authorization", portrait::testing::basic_authorization("tje0", "wrong")},
                          {"Expect", "100-continue"},
                          {"Content-Length", "1000"}}));
        const RawResponse response = connection.read_response();
        CHECK(response.status == 401);
        CHECK(response.field("Connection") == "close");
        CHECK(connection.wait_for_close());
    }
    SECTION("a declared length over the limit") {
        RawConnection connection = server.connect();
        connection.send(declaring(1, 20 * mebibyte, {{"Expect", "100-continue"}}));
        check_refused(connection, 413, "request.body_too_large");
    }
    SECTION("an unknown expectation") {
        RawConnection connection = server.connect();
        connection.send(declaring(1, 10, {{"Expect", "miracles"}}));
        check_refused(connection, 417, "request.expectation");
    }
    CHECK(server.still_serves());
    CHECK(server.store->saves == 0);
}

TEST_CASE("a client that sends a body of 20 MiB at once gets the 413", "[server][body]") {
    const RunningServer server;
    const auto before = make_png();
    server.put(1, before);
    const std::string body(20 * mebibyte, 'x');
    for (int attempt = 0; attempt < 5; ++attempt) {
        RawConnection declared = server.connect();
        declared.try_send(declaring(1, body.size()) + body);
        check_refused(declared, 413, "request.body_too_large");
        RawConnection in_chunks = server.connect();
        in_chunks.try_send(chunked_request(1, body, 100'000));
        check_refused(in_chunks, 413, "request.body_too_large");
    }
    CHECK(server.get(1).body == text_of(before));
    CHECK(server.still_serves());
}

TEST_CASE("the answer to a large body has the limit", "[server][body]") {
    const RunningServer server;
    const RawResponse response =
        fetch(server.server->port(), "PUT", image_path(1),
              signed_in({{"Content-Length", "18446744073709551615"}, {"Content-Type", "image/png"}}));
    CHECK(response.status == 413);
    CHECK(response.body.find("10485760") != std::string::npos);
}

TEST_CASE("a chunked body is assembled from chunks of any size", "[server][body]") {
    const RunningServer server;
    const auto picture = make_jpeg_of_size(3 * mebibyte, 9);
    for (const std::size_t chunk_size : {std::size_t{1000}, std::size_t{65'536}, 4 * mebibyte}) {
        RawConnection connection = server.connect();
        connection.send(chunked_request(1, text_of(picture), chunk_size));
        CHECK(connection.read_response().status == 200);
        connection.send(signed_in_request("GET", image_path(1)));
        CHECK(connection.read_response().body == text_of(picture));
    }
    const auto small = make_png();
    RawConnection connection = server.connect();
    for (const char byte : chunked_request(2, text_of(small), 3))
        connection.send(std::string_view{&byte, 1});
    CHECK(connection.read_response().status == 200);
    CHECK(server.get(2).body == text_of(small));
}

TEST_CASE("trailers and chunk extensions are ignored", "[server][body]") {
    const RunningServer server;
    const auto picture = make_png();
    std::string body = chunked(text_of(picture), 1000);
    body.insert(body.find("\r\n"), ";name=value");
    body.insert(body.size() - 2, "X-Checksum: 1\r\n");
    RawConnection connection = server.connect();
    connection.send(signed_in_request("PUT", image_path(1), {{"Transfer-Encoding", "chunked"}}, body));
    CHECK(connection.read_response().status == 200);
    connection.send(signed_in_request("GET", image_path(1)));
    CHECK(connection.read_response().body == text_of(picture));
}

TEST_CASE("an incomplete body stores nothing", "[server][body]") {
    const RunningServer server;
    const auto before = make_png(3, 2, 1);
    server.put(1, before);
    const auto saves = server.store->saves.load();
    const auto picture = make_png(30, 20, 2);
    const bool reset = GENERATE(false, true);
    {
        RawConnection connection = server.connect();
        connection.send(declaring(1, picture.size() + 1));
        connection.send(text_of(picture));
        connection.close(reset);
    }
    {
        RawConnection connection = server.connect();
        connection.send(declaring(1, picture.size() + 1));
        connection.send(text_of(picture));
        connection.finish_sending();
        check_refused(connection, 400, "request.malformed");
    }
    {
        RawConnection connection = server.connect();
        const std::string text = chunked_request(1, text_of(picture), 100);
        connection.send(std::string_view{text}.substr(0, text.size() - 5));
        connection.close(reset);
    }
    server.wait_for_no_connections();
    CHECK(server.store->saves == saves);
    CHECK(server.get(1).body == text_of(before));
    CHECK(eventually([&] { return server.server->statistics().body_bytes_in_flight == 0; }));
}

TEST_CASE("the bytes after the declared length are a malformed request of their own", "[server][body]") {
    const RunningServer server;
    const auto picture = make_png();
    RawConnection connection = server.connect();
    connection.send(declaring(1, picture.size()));
    connection.send(std::string{text_of(picture)} + "more than was declared\r\n\r\n");
    CHECK(connection.read_response().status == 200);
    check_refused(connection, 400, "request.malformed");
    CHECK(server.get(1).body == text_of(picture));
}

TEST_CASE("bodies in flight beyond the budget are 503 until others have ended", "[server][body]") {
    ServerOptions options = test_options();
    SECTION("all clients together") {
        options.body_bytes_in_flight = mebibyte;
        options.body_bytes_per_address = mebibyte;
    }
    SECTION("one address") {
        options.body_bytes_in_flight = 8 * mebibyte; // the share of one address is an eighth
    }
    const RunningServer server{options};
    const auto held = make_jpeg_of_size(900'000, 1);
    const auto other = make_jpeg_of_size(300'000, 2);
    RawConnection slow = server.connect();
    slow.send(declaring(1, held.size()));
    slow.send(text_of(held).substr(0, 850'000));
    REQUIRE(eventually([&] { return server.server->statistics().body_bytes_in_flight == 850'000; }));

    RawConnection refused = server.connect();
    refused.try_send(signed_in_request("PUT", image_path(2), {}, text_of(other)));
    const RawResponse response = refused.read_response();
    CHECK(response.status == 503);
    CHECK(response.field("Retry-After") == "1");
    CHECK(response.field("Connection") == "close");
    RawConnection in_chunks = server.connect();
    in_chunks.try_send(chunked_request(2, text_of(other), 10'000));
    CHECK(in_chunks.read_response().status == 503);

    slow.send(text_of(held).substr(850'000));
    CHECK(slow.read_response().status == 200);
    CHECK(eventually([&] { return server.server->statistics().body_bytes_in_flight == 0; }));
    server.put(2, other);
    CHECK(server.get(1).body == text_of(held));
}

TEST_CASE("a single body may exceed the share of its address", "[server][body]") {
    ServerOptions options = test_options();
    options.body_bytes_in_flight = 4 * mebibyte;
    const RunningServer server{options};
    const auto picture = make_jpeg_of_size(3 * mebibyte, 1);
    server.put(1, picture);
    CHECK(server.get(1).body == text_of(picture));
    CHECK(eventually([&] { return server.server->statistics().body_bytes_in_flight == 0; }));
}

} // namespace server_body_test
