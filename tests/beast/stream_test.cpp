#include "server/stream.hpp"
#include "server/tls_context.hpp"

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <openssl/ssl.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

namespace stream_test {

using namespace portrait::http; // NOLINT(google-build-using-namespace)
using portrait::testing::TemporaryFolder;
using tcp = net::ip::tcp;

namespace {

std::shared_ptr<const TlsContext> make_context(const TemporaryFolder& folder) {
    const std::string key = (folder / "key").string();
    const std::string certificate = (folder / "certificate").string();
    const std::string command =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout " + key + " -out " +
        certificate + " 2>/dev/null && chmod 600 " + key;
    REQUIRE(std::system(command.c_str()) == 0); // NOLINT(concurrency-mt-unsafe): no other thread yet
    return TlsContext::load({.certificate = certificate, .key = key}).value();
}

/// Performs the TLS handshake as a client and sends a word.
void run_client(int descriptor) {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    SSL* const ssl = SSL_new(context);
    SSL_set_fd(ssl, descriptor);
    if (SSL_connect(ssl) == 1)
        SSL_write(ssl, "word", 4);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

/// Runs one operation until it completes.
template<class T>
T finished(net::io_context& context, Awaitable<T> operation) {
    T outcome{};
    net::co_spawn(context, std::move(operation), [&](const std::exception_ptr& failure, T value) {
        CHECK_FALSE(failure);
        outcome = value;
    });
    context.restart();
    context.run();
    return outcome;
}

} // namespace

// The kernel reuses descriptors: soon after a close, OpenSSL's descriptor may belong to another connection.
TEST_CASE("a closed TLS stream neither reads from nor writes to the next owner of its descriptor",
          "[stream][tls]") {
    const TemporaryFolder folder;
    net::io_context context{1};
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    std::thread client{run_client, ends[1]};
    Stream stream{Socket{context, tcp::v4(), ends[0]}, make_context(folder)};
    beast::error_code error;
    const auto shake = [](Stream& shaken, beast::error_code& outcome) -> Awaitable<bool> {
        co_await shaken.handshake(outcome);
        co_return shaken.is_secure();
    };
    CHECK(finished(context, shake(stream, error)));
    CHECK_FALSE(error);
    std::array<char, 16> room{};
    CHECK(finished(context, stream.read_some(net::buffer(room), error)) == 4);
    client.join();

    stream.close();
    std::array<int, 2> others{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, others.data()) == 0);
    const int next_owner = others[0] == ends[0] ? others[0] : ::dup2(others[0], ends[0]);
    REQUIRE(next_owner == ends[0]);
    REQUIRE(::send(others[1], "secret", 6, 0) == 6);
    CHECK(finished(context, stream.read_some(net::buffer(room), error)) == 0);
    CHECK(error == net::error::bad_descriptor);
    const Stream::Pieces pieces{net::buffer("answer", 6)};
    CHECK(finished(context, stream.write(pieces, error)) == 0);
    CHECK(error == net::error::bad_descriptor);
    stream.end_sending();
    CHECK(::recv(next_owner, room.data(), room.size(), MSG_DONTWAIT) == 6);
    CHECK(::recv(others[1], room.data(), room.size(), MSG_DONTWAIT) == -1);
    for (const int descriptor : {next_owner, others[0], others[1], ends[1]})
        ::close(descriptor);
}

} // namespace stream_test
