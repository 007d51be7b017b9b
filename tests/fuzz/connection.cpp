#include "endpoint.hpp"
#include "input.hpp"

#include <portrait/beast/server.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace portrait;
using namespace portrait::fuzzing;

namespace {

/// Fails on errors of the server: no input of a client may cause one.
class NoFaults final : public http::Log {
public:
    void event(http::Severity severity, std::string_view, std::string_view) override {
        require(severity != http::Severity::error);
    }
    void access(const http::AccessRecord& record) override {
        require(record.status >= 200 && record.status < 600 && record.status != 500);
    }
};

/// A server that is replaced every 500 inputs, so that the pictures of earlier inputs don't fill the memory.
class RenewedServer {
public:
    std::uint16_t port() {
        if (server_ == nullptr || ++inputs_ % inputs_per_server == 0)
            start();
        return server_->port();
    }

private:
    static constexpr unsigned inputs_per_server = 500;

    void start() {
        http::ServerOptions options;
        options.port = 0;
        options.threads = 1;
        server_.reset();
        auto started = http::Server::start(make_endpoint(), options, std::make_shared<NoFaults>());
        if (!started)
            throw std::runtime_error{started.error().message()};
        server_ = *std::move(started);
    }

    std::unique_ptr<http::Server> server_;
    unsigned inputs_ = 0;
};

/// Connects. Tries again when libFuzzer's timer interrupts the call, and while closed connections still
/// occupy all ports.
int connect_to(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int failure = 0;
    for (int tries = 0; tries < 1000; ++tries) {
        const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (client >= 0 &&
            ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            return client;
        failure = errno;
        ::close(client);
        if (failure != EINTR && failure != EADDRNOTAVAIL)
            break;
        ::usleep(failure == EINTR ? 0 : 100'000);
    }
    throw std::system_error{failure, std::generic_category(), "Connecting to the server failed"};
}

/// Reads until the server closes the connection. Fails when the server sends nothing for 15 s.
std::string read_to_end(int client) {
    std::string received;
    std::array<char, 16384> buffer{};
    for (;;) {
        pollfd wanted{client, POLLIN, 0};
        constexpr int timeout_milliseconds = 15'000;
        const int ready = ::poll(&wanted, 1, timeout_milliseconds);
        if (ready < 0 && errno == EINTR) // libFuzzer's timer
            continue;
        require(ready == 1);
        const auto count = ::recv(client, buffer.data(), buffer.size(), 0);
        if (count <= 0)
            return received;
        received.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

} // namespace

/// The input is everything that a client sends in one connection to the real server: several requests, parts
/// of requests, chunks.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static RenewedServer server;
    const int client = connect_to(server.port());
    (void)::send(client, data, size, MSG_NOSIGNAL);
    (void)::shutdown(client, SHUT_WR);
    const auto received = read_to_end(client);
    require(received.empty() || received.starts_with("HTTP/1.1 "));
    ::close(client);
    return 0;
}
