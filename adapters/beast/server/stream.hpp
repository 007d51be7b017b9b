#pragma once

#include "server/asio.hpp"
#include "server/reader_watch.hpp"

#include <boost/asio/buffer.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace portrait::http {

class TlsContext;
class TlsLayer;

/// One connection's bytes: those of its socket, or those inside of TLS on it. Lives on its io thread's
/// thread; one operation at a time. An operation's error is what Asio's would be; a peer that ends TLS as it
/// should is `eof`, and one that only closes is not.
class Stream {
public:
    /// What is written together; some may be empty.
    using Pieces = std::array<net::const_buffer, 3>;

    /// Without a context the bytes are the socket's.
    Stream(Socket socket, std::shared_ptr<const TlsContext> context) noexcept;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    /// TLS is to be spoken and hasn't been agreed on yet.
    bool needs_handshake() const noexcept { return context_ != nullptr; }
    Awaitable<void> handshake(beast::error_code& error);
    /// What the peer sent instead of a handshake was a plain HTTP request; the stream has become a plain one,
    /// to tell the peer.
    bool met_plain_http() const noexcept { return met_plain_http_; }
    /// Why the handshake failed, for the log.
    std::string handshake_fault(const beast::error_code& error) const;
    /// The bytes are inside of TLS.
    bool is_secure() const noexcept { return tls_ != nullptr; }

    /// Until there is something to read, or the end.
    Awaitable<void> wait_readable(beast::error_code& error);
    Awaitable<std::size_t> read_some(net::mutable_buffer buffer, beast::error_code& error);
    /// As `read_some`, but what it returns has been read at this very moment. `read_some` reads a plain
    /// socket at once and returns when it is its turn, so that thousands of streams may hold what nobody has
    /// counted.
    Awaitable<std::size_t> read_now(net::mutable_buffer buffer, beast::error_code& error);
    /// Writes all of them, unless there is an error; returns how many bytes were written.
    Awaitable<std::size_t> write(Pieces pieces, beast::error_code& error);

    /// Tells the peer that nothing more will come.
    void end_sending() noexcept;
    /// Reads what the peer still sends and drops it; of TLS without a look inside. `room` is for it.
    Awaitable<std::size_t> drop_some(net::mutable_buffer room, beast::error_code& error);

    /// Something has arrived that wasn't read.
    bool has_unread() noexcept;
    /// The peer has closed, or won't send any more, whatever of it is still unread.
    bool peer_has_ended() noexcept;
    /// Ends the operation under way by an error. One that was just completing may miss it: say it again.
    void cancel() noexcept;
    void close() noexcept;
    /// Closes without sending what is still waiting for the peer, which the kernel drops at once.
    void reset() noexcept;

    /// What became of what was written; of TLS with its own bytes.
    SentBytes sent() noexcept;

private:
    Awaitable<std::size_t> read_socket_now(net::mutable_buffer buffer, beast::error_code& error);

    Socket socket_;
    unsigned reads_at_once_ = 0;                ///< since it last waited
    std::shared_ptr<const TlsContext> context_; ///< until the handshake
    std::unique_ptr<TlsLayer> tls_;
    bool met_plain_http_ = false;
};

} // namespace portrait::http
