#pragma once

#include <portrait/beast/tls_options.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/http/endpoint.hpp>
#include <portrait/http/log.hpp>
#include <portrait/http/network.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace portrait::http {

/// A server's address, threads, TLS and limits. The defaults are safe on the open internet without a proxy.
struct ServerOptions {
    std::string address = "127.0.0.1"; ///< IPv4 or IPv6; `0.0.0.0` and `::` are all interfaces
    std::uint16_t port = 8080;         ///< 0: any free one, see `Server::port`
    std::size_t threads = 0;           ///< io threads; 0: one per core
    std::optional<TlsOptions> tls{};   ///< absent: plain HTTP
    /// Proxies whose X-Forwarded-For, -Proto and -Host are used: the client is the right-most address that
    /// isn't a trusted proxy's, its scheme decides whether cookies are Secure, and scheme and host are the
    /// origin of this site's own pages. Limits and logs use that client; the proxies' own connections aren't
    /// limited by address. From other peers the fields are ignored.
    std::vector<Network> trusted_proxies{};

    std::uint32_t header_limit = 16U * 1024;           ///< bytes of request line and fields, else 431
    std::uint32_t target_limit = 8U * 1024;            ///< bytes of the request's target, else 414
    std::uint64_t body_bytes_in_flight = 256ULL << 20; ///< of all requests, as received, else 503
    /// Of one client address (of a /64 network in IPv6); 0: an eighth of `body_bytes_in_flight`. A body that
    /// is the only one of its address may exceed it. Raise it behind a proxy that isn't trusted, where all
    /// clients have the proxy's address.
    std::uint64_t body_bytes_per_address = 0;
    /// Memory of the bodies of all answers, from when an answer is ready until its last byte was written to
    /// the socket, else 503. A picture that several answers send is in memory once and counts once. Bodies
    /// over 64 KiB leave a sixteenth of it to smaller ones. Should be more than the largest picture.
    std::uint64_t answer_bytes_in_flight = 256ULL << 20;
    /// Of one client address (of a /64 network in IPv6); 0: an eighth of `answer_bytes_in_flight`. An answer
    /// that is the only one of its address may exceed it. Raise it behind a proxy that isn't trusted.
    std::uint64_t answer_bytes_per_address = 0;
    /// Beyond it the oldest idle connection is closed; when there is none, the new one is answered 503 and
    /// closed.
    std::uint32_t connection_limit = 10'000;
    /// Of one client address (of a /64 network in IPv6), else 503; 0: `connection_limit`. Raise it behind a
    /// proxy that isn't trusted.
    std::uint32_t connections_per_address = 256;
    std::uint32_t requests_per_connection = 10'000;
    /// From a request's first byte to the last of its head, else 408; and of a TLS handshake, else closes.
    std::chrono::milliseconds header_timeout = std::chrono::seconds{10};
    /// For a body, plus its length at `body_rate` (of a chunked one as it arrives), else 408.
    std::chrono::milliseconds body_timeout = std::chrono::seconds{30};
    std::uint64_t body_rate = 64ULL * 1024; ///< bytes a second of the slowest client
    /// Between requests, else closes.
    std::chrono::milliseconds idle_timeout = std::chrono::seconds{60};
    /// For each of the endpoint's two steps, else 503.
    std::chrono::milliseconds handler_timeout = std::chrono::seconds{30};
    /// For an answer, plus its length at `body_rate`, else closes. A client that receives below `body_rate`
    /// over any ten seconds is closed earlier.
    std::chrono::milliseconds write_timeout = std::chrono::seconds{30};
};

/// Counts since the start, unless they are of the present.
struct ServerStatistics {
    std::uint64_t connections = 0; ///< open at present
    std::uint64_t accepted = 0;
    std::uint64_t requests = 0;
    std::uint64_t body_bytes_in_flight = 0;
    std::uint64_t answer_bytes_in_flight = 0; ///< a shared picture counts once
    std::uint64_t requests_in_flight = 0;     ///< from a head's arrival to its answer's end
    std::uint64_t failed_handshakes = 0;      ///< of TLS, aborted and late ones included
    std::uint64_t abandoned_requests = 0;     ///< clients that had gone before the answer was ready
    std::uint64_t slow_readers = 0;           ///< connections closed for receiving below `body_rate`
};

/// An HTTP/1.1 server (Boost.Beast, Asio coroutines) for an endpoint, with io threads of its own that never
/// access the disk. Handles TLS, framing, keep-alive, `Expect: 100-continue`, timeouts, limits and draining.
/// Thread-safe.
///
/// ```
/// auto server = Server::start(endpoint, {.address = "0.0.0.0", .port = 8080});
/// if (!server)
///     return fail(server.error().message());
/// wait_for_signal();
/// (*server)->drain(std::chrono::seconds{10});
/// ```
///
/// A client that closes its sending direction while its answer is made counts as gone within a quarter of a
/// second, as in nginx: `RequestHead::stop` is requested, and the endpoint drops waiting reads and renditions
/// that no other client waits for. Writes are completed. The answer is still sent.
class PORTRAIT_EXPORT Server {
public:
    /// Listens before it returns. Errors: `errc::listen_failed` with address and port in the message when the
    /// address can't be bound, those of `check_tls`. The endpoint is shared until the last connection has
    /// ended.
    [[nodiscard]] static result<std::unique_ptr<Server>>
    start(std::shared_ptr<Endpoint> endpoint, ServerOptions options = {}, std::shared_ptr<Log> log = nullptr);
    /// As `drain(0 s)`.
    ~Server();

    std::uint16_t port() const noexcept;
    ServerStatistics statistics() const noexcept;

    /// Reloads certificate and key for new connections. Does nothing without TLS. Errors: those of
    /// `check_tls`; the old ones stay in use then.
    [[nodiscard]] result<void> reload_tls();

    /// Stops accepting, makes `/readyz` answer 503, lets requests in flight finish (their answers have
    /// `Connection: close`) and closes idle connections. Returns true when all connections have ended, false
    /// after `timeout`, when the rest was closed; a further call returns the same. Running calls of the store
    /// are waited for by the endpoint's destructor only. Must not be called from a completion of the
    /// endpoint.
    bool drain(std::chrono::milliseconds timeout);

private:
    class PORTRAIT_HIDDEN State;
    explicit Server(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
