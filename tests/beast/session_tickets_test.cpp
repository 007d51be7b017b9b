#include "server/stream.hpp"
#include "server/tls_context.hpp"

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace session_tickets_test {

using namespace portrait::http; // NOLINT(google-build-using-namespace)
using portrait::testing::TemporaryFolder;
using tcp = net::ip::tcp;
using std::chrono::minutes;
using Session = std::shared_ptr<SSL_SESSION>;
using ClientContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

namespace {

/// The files of a certificate with a new key.
TlsOptions make_certificate(const TemporaryFolder& folder, const std::string& name) {
    TlsOptions options{.certificate = folder / (name + ".pem").c_str(),
                       .key = folder / (name + ".key").c_str()};
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=localhost -keyout " +
        options.key.string() + " -out " + options.certificate.string() + " 2>/dev/null && chmod 600 " +
        options.key.string();
    REQUIRE(std::system(command.c_str()) == 0); // NOLINT(concurrency-mt-unsafe): no other thread yet
    return options;
}

/// What a client has after a connection.
struct Visit {
    bool succeeded = false;
    bool resumed = false;
    bool exchanged_keys = false; ///< ephemeral ones, in this handshake
    bool has_ticket = false;
    Session session; ///< to be resumed
};

/// Connects to `port` with the session of an earlier visit, and reads until the server ends TLS.
Visit visit(SSL_CTX* context, std::uint16_t port, SSL_SESSION* session) {
    net::io_context io;
    tcp::socket socket{io};
    socket.connect({net::ip::address_v4::loopback(), port});
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context), SSL_free};
    SSL_set_fd(ssl.get(), socket.native_handle());
    if (session != nullptr)
        SSL_set_session(ssl.get(), session);
    Visit result;
    std::array<char, 16> room{};
    if (SSL_connect(ssl.get()) == 1 && SSL_write(ssl.get(), "word", 4) == 4 &&
        SSL_read(ssl.get(), room.data(), room.size()) == 6) // the ticket is read before it
        result.succeeded = SSL_read(ssl.get(), room.data(), room.size()) == 0;
    result.resumed = SSL_session_reused(ssl.get()) == 1;
    EVP_PKEY* key = nullptr;
    result.exchanged_keys = SSL_get_peer_tmp_key(ssl.get(), &key) == 1;
    EVP_PKEY_free(key);
    result.session = Session{SSL_get1_session(ssl.get()), SSL_SESSION_free};
    SSL_shutdown(ssl.get()); // otherwise the session can't be resumed
    result.has_ticket = SSL_SESSION_has_ticket(result.session.get()) == 1;
    return result;
}

/// A server for one connection at a time, and a client of it.
class Pair {
public:
    explicit Pair(const TlsOptions& options, minutes offset = minutes{0})
        : offset_{offset}
        , context_{TlsContext::load(options, [this] {
                       return std::chrono::system_clock::now() + offset_.load();
                   }).value()} {}

    void turn_clock(minutes offset) { offset_ = offset; }

    Visit operator()(const ClientContext& client, const Session& session = nullptr) {
        net::io_context io{1};
        tcp::acceptor acceptor{io, {net::ip::address_v4::loopback(), 0}};
        Visit result;
        std::thread thread{[&, port = acceptor.local_endpoint().port()] {
            result = visit(client.get(), port, session.get());
        }};
        Socket accepted{io};
        acceptor.accept(accepted);
        net::co_spawn(io, serve(std::make_unique<Stream>(std::move(accepted), context_)),
                      [](const std::exception_ptr& failure) { CHECK_FALSE(failure); });
        io.run();
        thread.join();
        CHECK(result.succeeded);
        return result;
    }

private:
    static Awaitable<void> serve(std::unique_ptr<Stream> stream) {
        beast::error_code error;
        co_await stream->handshake(error);
        CHECK_FALSE(error);
        std::array<char, 16> room{};
        const std::size_t read = co_await stream->read_some(net::buffer(room), error);
        CHECK(read == 4);
        const Stream::Pieces pieces{net::buffer("answer", 6)};
        const std::size_t written = co_await stream->write(pieces, error);
        CHECK(written == 6);
        stream->end_sending();
        co_await stream->discard_some(net::buffer(room), error);
    }

    std::atomic<minutes> offset_;
    std::shared_ptr<const TlsContext> context_;
};

std::string ticket_of(const Session& session) {
    const unsigned char* ticket = nullptr;
    std::size_t size = 0;
    SSL_SESSION_get0_ticket(session.get(), &ticket, &size);
    REQUIRE(size > 64);
    return {reinterpret_cast<const char*>(ticket), size};
}

ClientContext make_client(int version = TLS1_3_VERSION) {
    ClientContext context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    return context;
}

} // namespace

TEST_CASE("a TLS 1.3 session is resumed by a ticket, with new ephemeral keys and without early data",
          "[session_tickets][tls]") {
    const TemporaryFolder folder;
    Pair server{make_certificate(folder, "one")};
    const ClientContext client = make_client();
    SSL_CTX_set_options(client.get(), SSL_OP_ALLOW_NO_DHE_KEX); // the server has to insist on new keys
    Session session;
    std::set<std::string> vectors;
    for (int count = 0; count < 3; ++count) { // each visit gets a ticket for the next one
        const Visit seen = server(client, session);
        CHECK(seen.resumed == (count > 0));
        CHECK(seen.exchanged_keys);
        CHECK(seen.has_ticket);
        CHECK(SSL_SESSION_get_max_early_data(seen.session.get()) == 0);
        CHECK(SSL_SESSION_get_ticket_lifetime_hint(seen.session.get()) == 3600);
        session = seen.session;
        vectors.insert(ticket_of(session).substr(16, 16)); // after the key's name
    }
    CHECK(vectors.size() == 3);
}

TEST_CASE("a ticket is accepted by every server with the same private key, and by no other",
          "[session_tickets][tls]") {
    const TemporaryFolder folder;
    const TlsOptions one = make_certificate(folder, "one");
    Pair server{one};
    Pair same_key{one};
    Pair other_key{make_certificate(folder, "other")};
    const ClientContext client = make_client();
    const Session session = server(client).session;
    CHECK(same_key(client, session).resumed);
    const Visit refused = other_key(client, session);
    CHECK_FALSE(refused.resumed);
    CHECK(other_key(client, refused.session).resumed);
    CHECK_FALSE(server(client, refused.session).resumed);
}

TEST_CASE("a ticket is accepted in the hour that it was issued in and in the next one",
          "[session_tickets][tls]") {
    const TemporaryFolder folder;
    Pair server{make_certificate(folder, "one")};
    const ClientContext client = make_client();
    const Session session = server(client).session;
    CHECK(server(client, session).resumed);
    server.turn_clock(minutes{60});
    const Visit next_hour = server(client, session);
    CHECK(next_hour.resumed);
    server.turn_clock(minutes{120});
    CHECK_FALSE(server(client, session).resumed);
    CHECK(server(client, next_hour.session).resumed);
    server.turn_clock(minutes{-60}); // a clock that was set back
    CHECK_FALSE(server(client, next_hour.session).resumed);
}

TEST_CASE("a changed ticket leads to a complete handshake", "[session_tickets][tls]") {
    const TemporaryFolder folder;
    Pair server{make_certificate(folder, "one")};
    const ClientContext client = make_client();
    const Session session = server(client).session;
    const unsigned char* ticket = nullptr;
    std::size_t size = 0;
    SSL_SESSION_get0_ticket(session.get(), &ticket, &size);
    REQUIRE(size > 64);
    for (const std::size_t at : {std::size_t{0}, std::size_t{20}, std::size_t{40}, size - 1}) {
        const_cast<unsigned char*>(ticket)[at] ^= 1; // NOLINT(cppcoreguidelines-pro-type-const-cast)
        CHECK_FALSE(server(client, session).resumed);
        const_cast<unsigned char*>(ticket)[at] ^= 1; // NOLINT(cppcoreguidelines-pro-type-const-cast)
    }
    CHECK(server(client, session).resumed);
}

TEST_CASE("TLS 1.2 gets no ticket; one server resumes its sessions from memory", "[session_tickets][tls]") {
    const TemporaryFolder folder;
    const TlsOptions one = make_certificate(folder, "one");
    Pair server{one};
    Pair same_key{one};
    const ClientContext client = make_client(TLS1_2_VERSION);
    const Visit first = server(client);
    CHECK_FALSE(first.has_ticket);
    CHECK(server(client, first.session).resumed);
    CHECK_FALSE(same_key(client, first.session).resumed);
}

} // namespace session_tickets_test
