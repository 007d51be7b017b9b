#pragma once

#include "server/stream.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>

namespace portrait::http {

/// TLS on a socket, by OpenSSL on the socket itself: an idle connection keeps no buffers, where Asio's own
/// stream keeps about 70 KiB. For `Stream` alone, whose rules hold here.
class TlsLayer {
public:
    TlsLayer(const TlsContext& context, Socket& socket);
    TlsLayer(const TlsLayer&) = delete;
    TlsLayer& operator=(const TlsLayer&) = delete;

    Awaitable<void> handshake(beast::error_code& error);
    Awaitable<std::size_t> read_some(net::mutable_buffer buffer, beast::error_code& error);
    Awaitable<std::size_t> write(Stream::Pieces pieces, beast::error_code& error);

    /// Marks the end of the data, so that the peer can detect truncation; does nothing after an error.
    void send_close_notify() noexcept;
    void cancel() noexcept { cancelled_ = true; }

    /// Bytes were received that haven't been read; they may be an incomplete record.
    bool has_received() const noexcept { return SSL_has_pending(ssl_.get()) == 1; }
    bool received_plain_http() const noexcept { return received_plain_http_; }
    /// OpenSSL's reason of the error.
    std::string fault_reason(const beast::error_code& error) const;

private:
    struct Free {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };

    static const BIO_METHOD* socket_methods();
    static int send(BIO* bio, const char* data, int size);
    static int receive(BIO* bio, char* data, int size);
    static long control(BIO* bio, int command, long number, void* pointer);
    bool more_follows() const noexcept;

    template<class Step>
    Awaitable<void> drive(Step step, beast::error_code& error);
    Awaitable<void> wait_for(int wanted, beast::error_code& error);
    beast::error_code fault(int kind);

    Socket& socket_;
    std::unique_ptr<SSL, Free> ssl_;
    bool cancelled_ = false;
    bool failed_ = false;
    bool record_follows_ = false; ///< the next record is written immediately after this one
    bool received_plain_http_ = false;
    const char* reason_ = nullptr; ///< of the failure; of static storage
    unsigned at_once_ = 0;         ///< steps since it last waited
};

} // namespace portrait::http
