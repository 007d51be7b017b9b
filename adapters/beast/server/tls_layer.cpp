#include "server/tls_layer.hpp"

#include "server/tls_context.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include <sys/socket.h>

namespace portrait::http {
namespace {

constexpr std::size_t record_size = std::size_t{16} * 1024; // the most data that one holds
constexpr unsigned most_at_once = 16; // steps, before other connections of the thread get their turn

std::size_t size_of(const Stream::Pieces& pieces) {
    std::size_t size = 0;
    for (const net::const_buffer& piece : pieces)
        size += piece.size();
    return size;
}

/// The content of the next record. Short pieces are joined, so that head and body of a small answer are one
/// segment. They are joined in memory that all connections of the thread share: a retried write joins the
/// same pieces again.
net::const_buffer next_record(const Stream::Pieces& pieces, std::size_t written) {
    static thread_local std::array<char, record_size> together;
    std::size_t size = 0;
    for (const net::const_buffer& whole : pieces) {
        const net::const_buffer piece = whole + std::min(written, whole.size());
        written -= std::min(written, whole.size());
        if (piece.size() == 0)
            continue;
        const bool last = &whole == &pieces.back() || (&whole + 1)->size() == 0;
        if (size == 0 && (piece.size() >= record_size || last))
            return net::buffer(piece, record_size);
        const std::size_t count = std::min(piece.size(), record_size - size);
        std::memcpy(together.data() + size, piece.data(), count);
        size += count;
        if (size == record_size)
            break;
    }
    return {together.data(), size};
}

} // namespace

TlsLayer::TlsLayer(const TlsContext& context, Socket& socket)
    : socket_{socket}
    , ssl_{SSL_new(context.handle())} {
    BIO* const bio = ssl_ ? BIO_new(socket_methods()) : nullptr;
    if (bio == nullptr) {
        ERR_clear_error();
        throw std::bad_alloc{};
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
}

const BIO_METHOD* TlsLayer::socket_methods() {
    static const BIO_METHOD* const methods = [] {
        BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "portrait socket");
        if (made == nullptr)
            throw std::bad_alloc{};
        BIO_meth_set_write(made, &TlsLayer::send);
        BIO_meth_set_read(made, &TlsLayer::receive);
        BIO_meth_set_ctrl(made, &TlsLayer::control);
        return made;
    }();
    return methods;
}

int TlsLayer::send(BIO* bio, const char* data, int size) {
    const auto& layer = *static_cast<const TlsLayer*>(BIO_get_data(bio));
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (layer.more_follows() ? MSG_MORE : 0);
    const ssize_t count = ::send(layer.socket_.native_handle(), data, static_cast<std::size_t>(size), flags);
    BIO_clear_retry_flags(bio);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return static_cast<int>(count);
}

int TlsLayer::receive(BIO* bio, char* data, int size) {
    const auto& layer = *static_cast<const TlsLayer*>(BIO_get_data(bio));
    const ssize_t count =
        ::recv(layer.socket_.native_handle(), data, static_cast<std::size_t>(size), MSG_DONTWAIT);
    BIO_clear_retry_flags(bio);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    if (count == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(count);
}

long TlsLayer::control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0; // nothing is buffered
}

/// Whether the kernel may wait for more bytes before it sends a segment: the records of an answer share
/// segments, and close_notify that of the FIN.
bool TlsLayer::more_follows() const noexcept {
    return record_follows_ || (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0;
}

/// Repeats a step, and the waits that it needs in between, until it has completed or failed.
template<class Step>
Awaitable<void> TlsLayer::drive(Step step, beast::error_code& error) {
    cancelled_ = false;
    error = {};
    for (;;) {
        if (!socket_.is_open()) {
            error = net::error::bad_descriptor;
            co_return;
        }
        ERR_clear_error();
        errno = 0;
        const int outcome = step();
        if (outcome == 1)
            break;
        const int kind = SSL_get_error(ssl_.get(), outcome);
        if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
            error = fault(kind);
            co_return;
        }
        co_await wait_for(kind, error);
        if (error)
            co_return;
    }
    if (++at_once_ == most_at_once) {
        at_once_ = 0;
        co_await net::post(socket_.get_executor(), use_awaitable);
    }
}

Awaitable<void> TlsLayer::wait_for(int wanted, beast::error_code& error) {
    at_once_ = 0;
    co_await socket_.async_wait(wanted == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write,
                                net::redirect_error(use_awaitable, error));
    if (!error && cancelled_)
        error = net::error::operation_aborted;
}

beast::error_code TlsLayer::fault(int kind) {
    if (kind == SSL_ERROR_ZERO_RETURN)
        return net::error::eof;
    failed_ = true;
    const int reason = ERR_GET_REASON(ERR_peek_error());
    received_plain_http_ = reason == SSL_R_HTTP_REQUEST;
    reason_ = ERR_reason_error_string(ERR_peek_error());
    const int system = errno;
    ERR_clear_error();
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return net::error::connection_aborted; // no close_notify: the data may be truncated
    if (kind == SSL_ERROR_SYSCALL && system != 0)
        return {system, boost::system::system_category()};
    return make_error_code(boost::system::errc::protocol_error);
}

std::string TlsLayer::fault_reason(const beast::error_code& error) const {
    return reason_ == nullptr ? error.message() : reason_;
}

Awaitable<void> TlsLayer::handshake(beast::error_code& error) {
    return drive([ssl = ssl_.get()] { return SSL_do_handshake(ssl); }, error);
}

Awaitable<std::size_t> TlsLayer::read_some(net::mutable_buffer buffer, beast::error_code& error) {
    std::size_t count = 0;
    co_await drive([&] { return SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count); }, error);
    co_return count;
}

Awaitable<std::size_t> TlsLayer::write(Stream::Pieces pieces, beast::error_code& error) {
    std::size_t written = 0;
    for (const std::size_t size = size_of(pieces); written < size && !error;) {
        std::size_t count = 0;
        co_await drive(
            [&] {
                const net::const_buffer record = next_record(pieces, written);
                record_follows_ = written + record.size() < size;
                return SSL_write_ex(ssl_.get(), record.data(), record.size(), &count);
            },
            error);
        written += count;
    }
    record_follows_ = false;
    co_return written;
}

void TlsLayer::send_close_notify() noexcept {
    if (!failed_ && socket_.is_open() && SSL_is_init_finished(ssl_.get()) == 1) {
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }
}

} // namespace portrait::http
