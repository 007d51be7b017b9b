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

/// Where a server listens and what its clients may take. The defaults are safe for one that is open to
/// strangers, behind no proxy.
struct ServerOptions {
    std::string address = "127.0.0.1"; ///< an IPv4 or IPv6 address; `0.0.0.0` and `::` are everywhere
    std::uint16_t port = 8080;         ///< 0 picks a free one; `Server::port` tells
    std::size_t threads = 0;           ///< that serve sockets; 0: one a core
    std::optional<TlsOptions> tls{};   ///< absent: plain HTTP
    /// Proxies whose X-Forwarded-For and X-Forwarded-Proto count: the client is the right-most address that
    /// isn't one of theirs, and its scheme decides whether cookies are for TLS alone. Bounds and logs are
    /// about that client; the proxies' own connections aren't bounded by address. From everybody else the
    /// fields are ignored.
    std::vector<Network> trusted_proxies{};

    std::uint32_t header_limit = 16U * 1024;           ///< bytes of request line and fields; beyond it 431
    std::uint32_t target_limit = 8U * 1024;            ///< bytes of the request's target; beyond it 414
    std::uint64_t body_bytes_in_flight = 256ULL << 20; ///< of all requests, as received; beyond it 503
    /// Of one client address (of a /64 network in IPv6); 0: an eighth of `body_bytes_in_flight`. A body that
    /// is the only one of its address may pass it. Raise it behind a proxy that isn't trusted, where
    /// everybody has the proxy's address.
    std::uint64_t body_bytes_per_address = 0;
    /// Memory of the bodies of all answers, from when an answer is ready until its last byte was handed to
    /// the socket; beyond it 503. A picture that several answers send is in memory once and counts once.
    /// Bodies over 64 KiB leave a sixteenth of it to smaller ones. Should be more than the largest picture.
    std::uint64_t answer_bytes_in_flight = 256ULL << 20;
    /// Of one client address (of a /64 network in IPv6); 0: an eighth of `answer_bytes_in_flight`. An answer
    /// that is the only one of its address may pass it. Raise it behind a proxy that isn't trusted.
    std::uint64_t answer_bytes_per_address = 0;
    /// Beyond it the oldest connection without a request under way is closed; when there is none, the new one
    /// is answered 503 and closed.
    std::uint32_t connection_limit = 10'000;
    /// Of one client address (of a /64 network in IPv6): beyond it 503; 0: as many as `connection_limit`.
    /// Raise it behind a proxy that isn't trusted, where everybody has the proxy's address.
    std::uint32_t connections_per_address = 256;
    std::uint32_t requests_per_connection = 10'000;
    /// From a request's first byte to its head's last: 408. For a TLS handshake, from the connection on:
    /// closes.
    std::chrono::milliseconds header_timeout = std::chrono::seconds{10};
    /// For a body, plus its length at `body_rate` (of a chunked one as it arrives): 408.
    std::chrono::milliseconds body_timeout = std::chrono::seconds{30};
    std::uint64_t body_rate = 64ULL * 1024; ///< bytes a second that the slowest client may have
    /// Without a request: closes.
    std::chrono::milliseconds idle_timeout = std::chrono::seconds{60};
    /// For each of the endpoint's two steps: 503.
    std::chrono::milliseconds handler_timeout = std::chrono::seconds{30};
    /// For an answer, plus its length at `body_rate`: closes. A client that takes less than `body_rate` over
    /// any ten seconds is closed before.
    std::chrono::milliseconds write_timeout = std::chrono::seconds{30};
};

/// Figures since the start.
struct ServerStatistics {
    std::uint64_t connections = 0; ///< open now
    std::uint64_t accepted = 0;
    std::uint64_t requests = 0;
    std::uint64_t body_bytes_in_flight = 0;
    std::uint64_t answer_bytes_in_flight = 0; ///< of memory: a picture that several answers send counts once
    std::uint64_t requests_in_flight = 0;     ///< whose heads have come and whose answers haven't gone
    std::uint64_t failed_handshakes = 0;      ///< of TLS, those cut short or late among them
    std::uint64_t abandoned_requests = 0;     ///< whose clients were found gone before the answer was ready
    std::uint64_t slow_readers = 0;           ///< connections closed since they took less than the least rate
};

/// An HTTP/1.1 server (Boost.Beast, Asio coroutines) around an endpoint, with threads of its own that never
/// touch disk. Handles TLS, framing, keep-alive, `Expect: 100-continue`, timeouts, limits and a graceful end;
/// everything else is the endpoint's. Members may be called from any thread.
///
/// A client that closes, or says that it will send no more, while its answer is being made counts as gone
/// within a quarter of a second, as it does for nginx: `RequestHead::stop` is requested, upon which the
/// endpoint drops reads that still wait and renditions that nobody else wants. Writes are finished. Whatever
/// answer there is gets sent, so that who has only stopped sending may still read it.
class PORTRAIT_EXPORT Server {
public:
    /// Listens before it returns. Errors: `errc::internal` with a message that names address and port when
    /// the address can't be bound, those of `check_tls`. The endpoint is shared until the last connection has
    /// ended.
    [[nodiscard]] static result<std::unique_ptr<Server>>
    start(std::shared_ptr<Endpoint> endpoint, ServerOptions options = {}, std::shared_ptr<Log> log = nullptr);
    /// Drains without patience: as `drain(0 s)`.
    ~Server();

    std::uint16_t port() const noexcept;
    ServerStatistics statistics() const noexcept;

    /// Reads certificate and key again: connections that come from now on get them, and those that are open
    /// stay as they are. Does nothing without TLS. Errors: those of `check_tls`, and then what was stays.
    [[nodiscard]] result<void> reload_tls();

    /// Stops accepting, lets requests in flight finish (their answers say `Connection: close`), closes idle
    /// connections, makes `/readyz` say 503, and returns when all have ended or when `patience` is over and
    /// the rest was cut. Returns whether all had ended by themselves; a further call returns the same. A call
    /// to the store that is still running isn't waited for here but by the endpoint's destructor. Not to be
    /// called from a completion of the endpoint.
    bool drain(std::chrono::milliseconds patience);

private:
    class PORTRAIT_HIDDEN State;
    explicit Server(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
