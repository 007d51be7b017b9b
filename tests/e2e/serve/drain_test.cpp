#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>

namespace drain_test {

using namespace portrait::testing;

namespace {

const std::string target = "/api/v1/Person/7/Image";

RawFields demo_user() {
    return {{"Authorization", basic_authorization("tje0", "Tje0")}};
}

std::string picture() {
    const auto bytes = make_jpeg_of_size(200'000);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An upload with a complete head and a part of the body; the server waits for the rest.
class HalfUpload {
public:
    explicit HalfUpload(std::uint16_t port)
        : body_{picture()}
        , connection_{port} {
        auto fields = demo_user();
        fields.emplace_back("Expect", "100-continue");
        const auto request = request_text("PUT", target, fields, body_);
        connection_.send(request.substr(0, request.size() - body_.size()));
        REQUIRE(connection_.read_response().status == 100); // now the request is in flight
        connection_.send(body_.substr(0, body_.size() / 2));
    }

    RawResponse finish() {
        connection_.send(body_.substr(body_.size() / 2));
        return connection_.read_response();
    }
    bool was_cut() { return connection_.wait_for_close(); }

private:
    std::string body_;
    RawConnection connection_;
};

bool refuses_connections(std::uint16_t port) {
    try {
        RawConnection connection{port};
        return connection.wait_for_close(); // accepted by the kernel's queue, and closed without an answer
    } catch (const std::runtime_error&) {
        return true;
    }
}

} // namespace

TEST_CASE("SIGTERM and SIGINT end an idle server with code 0", "[e2e][drain]") {
    const int signal = GENERATE(SIGTERM, SIGINT);
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    RawConnection idle{server.port()};
    idle.send(request_text("GET", "/healthz"));
    REQUIRE(idle.read_response().status == 200);

    server.send_signal(signal);
    const auto end = server.wait();
    CHECK(end.exit_code == 0);
    CHECK(end.err.find("closed") != std::string::npos);
    CHECK(idle.wait_for_close());
}

TEST_CASE("a request in flight is answered and stored, and new connections are refused meanwhile",
          "[e2e][drain]") {
    const TemporaryFolder folder;
    {
        ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
        const auto port = server.port();
        HalfUpload upload{port};
        server.send_signal(SIGTERM);
        server.wait_for_err("draining");
        CHECK(refuses_connections(port));
        const auto answer = upload.finish();
        CHECK(answer.status == 200);
        const auto end = server.wait();
        CHECK(end.exit_code == 0);
        CHECK(end.err.find("were cut") == std::string::npos);
    }
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    CHECK(fetch(server.port(), "GET", target, demo_user()).body == picture());
}

TEST_CASE("an unfinished request is cut, and the exit is still graceful", "[e2e][drain]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    HalfUpload upload{server.port()};
    server.send_signal(SIGTERM);
    const auto end = server.wait();
    CHECK(end.exit_code == 0);
    CHECK(end.err.find("were cut") != std::string::npos);
    CHECK(upload.was_cut());
}

TEST_CASE("a second signal ends the server at once with the signal's code", "[e2e][drain]") {
    const int signal = GENERATE(SIGTERM, SIGINT);
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    HalfUpload upload{server.port()};
    server.send_signal(SIGTERM);
    server.wait_for_err("draining");
    server.send_signal(signal);
    const auto end = server.wait();
    CHECK(end.exit_code == 128 + signal);
    CHECK(upload.was_cut());
}

TEST_CASE("a client that disconnects is harmless", "[e2e][drain]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    REQUIRE(fetch(port, "PUT", target, demo_user(), picture()).status == 200);
    for (int attempt = 0; attempt < 20; ++attempt) {
        RawConnection connection{port};
        std::string requests;
        for (int count = 0; count < 20; ++count)
            requests += request_text("GET", target, demo_user());
        connection.try_send(requests);
        connection.close(true); // resets while answers are written
    }
    CHECK(fetch(port, "GET", target, demo_user()).body == picture());
    CHECK(server.terminate().exit_code == 0);
}

} // namespace drain_test
