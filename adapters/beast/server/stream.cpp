#include "server/stream.hpp"

#include "server/tls_context.hpp"
#include "server/tls_layer.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <tuple>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

namespace portrait::http {
namespace {

// Then other connections of the thread get their turn.
constexpr unsigned most_reads_at_once = 4;

// Asio writes at most 64 KiB at a time by default: a picture of 64 KiB would take a second call for the last
// bytes, and its reader a second wake-up.
constexpr std::size_t most_written_at_once = 256ULL * 1024;

std::size_t large_writes(const beast::error_code& error, std::size_t /*written*/) {
    return error ? 0 : most_written_at_once;
}

} // namespace

// Functions that aren't coroutines return the operation of the socket or of the TLS layer, so that plain
// connections allocate no frame here.

Stream::Stream(Socket socket, std::shared_ptr<const TlsContext> context) noexcept
    : socket_{std::move(socket)}
    , context_{std::move(context)} {}

Stream::~Stream() = default;

Awaitable<void> Stream::handshake(beast::error_code& error) {
    tls_ = std::make_unique<TlsLayer>(*std::exchange(context_, nullptr), socket_);
    co_await tls_->handshake(error);
    if (tls_->received_plain_http()) {
        received_plain_http_ = true;
        tls_.reset();
    }
}

std::string Stream::handshake_fault(const beast::error_code& error) const {
    return tls_ ? tls_->fault_reason(error) : std::string{"plain HTTP"};
}

Awaitable<std::size_t> Stream::read_some(net::mutable_buffer buffer, beast::error_code& error) {
    if (tls_)
        return tls_->read_some(buffer, error);
    return socket_.async_read_some(buffer, net::redirect_error(use_awaitable, error));
}

Awaitable<std::size_t> Stream::read_now(net::mutable_buffer buffer, beast::error_code& error) {
    return tls_ ? tls_->read_some(buffer, error) : read_socket_now(buffer, error);
}

Awaitable<std::size_t> Stream::read_socket_now(net::mutable_buffer buffer, beast::error_code& error) {
    error = {};
    for (;;) {
        if (++reads_at_once_ > most_reads_at_once) {
            reads_at_once_ = 0;
            co_await socket_.async_wait(Socket::wait_read, net::redirect_error(use_awaitable, error));
            if (error)
                co_return 0;
        }
        const ssize_t count = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count > 0)
            co_return static_cast<std::size_t>(count);
        if (count == 0) {
            error = net::error::eof;
            co_return 0;
        }
        if (errno == EAGAIN) {
            reads_at_once_ = most_reads_at_once;
        } else if (errno != EINTR) {
            error.assign(errno, boost::system::system_category());
            co_return 0;
        }
    }
}

Awaitable<std::size_t> Stream::write(Pieces pieces, beast::error_code& error) {
    if (tls_)
        return tls_->write(pieces, error);
    return net::async_write(socket_, pieces, large_writes, net::redirect_error(use_awaitable, error));
}

std::size_t Stream::write_now(const Pieces& pieces) noexcept {
    if (tls_ || net::buffer_size(pieces) > most_written_at_once)
        return 0;
    std::array<iovec, std::tuple_size_v<Pieces>> parts{};
    for (std::size_t index = 0; index < pieces.size(); ++index)
        parts[index] = {const_cast<void*>(pieces[index].data()), pieces[index].size()};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t count = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

Stream::Pieces Stream::rest_of(Pieces pieces, std::size_t written) noexcept {
    for (net::const_buffer& piece : pieces) {
        const std::size_t taken = std::min(written, piece.size());
        piece += taken;
        written -= taken;
    }
    return pieces;
}

void Stream::end_sending() noexcept {
    if (tls_)
        tls_->send_close_notify();
    beast::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

Awaitable<std::size_t> Stream::discard_some(net::mutable_buffer room, beast::error_code& error) {
    return socket_.async_read_some(room, net::redirect_error(use_awaitable, error));
}

bool Stream::has_received() const noexcept {
    return tls_ && tls_->has_received();
}

bool Stream::has_unread() noexcept {
    beast::error_code ignored;
    return has_received() || (socket_.is_open() && socket_.available(ignored) != 0);
}

bool Stream::peer_has_ended() noexcept {
    if (!socket_.is_open())
        return false;
    pollfd watched{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&watched, 1, 0) == 1;
}

void Stream::cancel() noexcept {
    if (tls_)
        tls_->cancel();
    beast::error_code ignored;
    socket_.cancel(ignored);
}

void Stream::close() noexcept {
    beast::error_code ignored;
    socket_.close(ignored);
}

void Stream::reset() noexcept {
    beast::error_code ignored;
    socket_.set_option(Socket::linger{true, 0}, ignored);
    socket_.close(ignored);
}

SentBytes Stream::sent() noexcept {
    return socket_.is_open() ? sent_bytes(socket_.native_handle()) : SentBytes{};
}

} // namespace portrait::http
