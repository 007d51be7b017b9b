#pragma once

#include "server/asio.hpp"
#include "server/reader_watch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace portrait::http {

class TlsContext;
class TlsLayer;

/// The byte stream of one connection: plain, or TLS on its socket. Used by its io thread only, one operation
/// at a time. Errors are Asio's; a peer that ends TLS by close_notify is `eof`, one that only closes the
/// socket isn't.
class Stream {
public:
    /// Buffers that are written together; some may be empty.
    using Pieces = std::array<net::const_buffer, 3>;

    /// Without a context the stream is plain.
    Stream(Socket socket, std::shared_ptr<const TlsContext> context) noexcept;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    /// TLS is required and the handshake hasn't been done yet.
    bool needs_handshake() const noexcept { return context_ != nullptr; }
    Awaitable<void> handshake(beast::error_code& error);
    /// The peer sent a plain HTTP request instead of a handshake. The stream is plain from then on, so that
    /// an answer can be sent.
    bool received_plain_http() const noexcept { return received_plain_http_; }
    /// Why the handshake failed, for the log.
    std::string handshake_fault(const beast::error_code& error) const;
    /// TLS is used.
    bool is_secure() const noexcept { return tls_ != nullptr; }

    /// Until the socket has something to read, or the end. An operation with the error: it needs no
    /// coroutine's frame. Bytes that TLS `has_received` don't end it.
    auto wait_readable() { return socket_.async_wait(Socket::wait_read, net::as_tuple(net::deferred)); }
    /// TLS has taken bytes from the socket that haven't been read yet.
    bool has_received() const noexcept;
    Awaitable<std::size_t> read_some(net::mutable_buffer buffer, beast::error_code& error);
    // As above for a plain stream, without a coroutine's frame.
    auto read_plain(net::mutable_buffer buffer) {
        return socket_.async_read_some(buffer, net::as_tuple(net::deferred));
    }
    /// As `read_some`, but reads when the caller is resumed. `read_some` reads a plain socket first and
    /// resumes its caller later, so that thousands of streams could hold bytes that aren't counted yet.
    Awaitable<std::size_t> read_now(net::mutable_buffer buffer, beast::error_code& error);
    /// Writes all pieces, unless there is an error; returns the number of bytes written.
    Awaitable<std::size_t> write(Pieces pieces, beast::error_code& error);
    /// Writes what a plain socket takes without waiting, and nothing of pieces that would occupy the thread;
    /// `write` has to follow with the rest, and reports errors.
    std::size_t write_now(const Pieces& pieces) noexcept;
    /// The pieces without their first bytes.
    static Pieces rest_of(Pieces pieces, std::size_t written) noexcept;

    /// Ends the sending direction, of TLS by close_notify.
    void end_sending() noexcept;
    /// Reads bytes of the peer into `room` and discards them; TLS isn't decrypted.
    Awaitable<std::size_t> discard_some(net::mutable_buffer room, beast::error_code& error);

    /// Unread bytes have arrived.
    bool has_unread() noexcept;
    /// The peer has closed its sending direction; there may be unread bytes.
    bool peer_has_ended() noexcept;
    /// Ends the pending operation by an error. An operation that is just completing may miss it: call it
    /// again.
    void cancel() noexcept;
    void close() noexcept;
    /// Closes and makes the kernel discard unsent bytes.
    void reset() noexcept;

    /// The kernel's count of sent bytes; of TLS as encrypted.
    SentBytes sent() noexcept;

private:
    Awaitable<std::size_t> read_socket_now(net::mutable_buffer buffer, beast::error_code& error);

    Socket socket_;
    unsigned reads_at_once_ = 0;                ///< since it last waited
    std::shared_ptr<const TlsContext> context_; ///< until the handshake
    std::unique_ptr<TlsLayer> tls_;
    bool received_plain_http_ = false;
};

} // namespace portrait::http
