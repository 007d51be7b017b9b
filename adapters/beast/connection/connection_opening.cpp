#include "connection/connection.hpp"

#include <fmt/format.h>

#include <chrono>

namespace portrait::http {

// Performs the TLS handshake, if the server uses TLS; false when the connection is over.
Awaitable<bool> Connection::open() {
    if (!stream_.needs_handshake())
        co_return true;
    set_deadline(shared_->options.header_timeout);
    idle_ = true;
    io_thread_->idle(*this);
    auto [error] = co_await stream_.wait_readable();
    io_thread_->busy(*this);
    idle_ = false;
    if (error || shared_->cutting)
        co_return false;
    co_await stream_.handshake(error);
    if (!error)
        co_return true;
    shared_->failed_handshakes.fetch_add(1, std::memory_order_relaxed);
    shared_->event(Severity::debug, fmt::format("The TLS handshake with {} failed: {}", remote_address_,
                                                stream_.handshake_fault(error)));
    if (stream_.received_plain_http())
        co_await answer_plain_http();
    co_return false;
}

Awaitable<void> Connection::answer_plain_http() {
    start_exchange();
    refuse(malformed("This port speaks TLS; use https:// instead of http://"));
    started_ = std::chrono::steady_clock::now();
    co_await answer_refused();
}

bool Connection::address_is_full() const noexcept {
    const std::uint32_t limit = shared_->options.connections_per_address;
    return limit != 0 && !is_trusted_proxy_ && share_->connections.load(std::memory_order_relaxed) > limit;
}

// Answers 503 and closes.
Awaitable<void> Connection::reject() {
    start_exchange();
    refuse(try_again("service.too_many_connections", "Too many connections at present; try again"));
    started_ = std::chrono::steady_clock::now();
    co_await answer_refused();
}

} // namespace portrait::http
