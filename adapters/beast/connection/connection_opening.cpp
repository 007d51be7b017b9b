#include "connection/connection.hpp"

#include "connection/request_framing.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace portrait::http {

// Agrees with the peer on TLS, where that is to be spoken; false when the connection is over.
Awaitable<bool> Session::open() {
    if (!stream_.needs_handshake()) {
        co_return true;
    }
    set_deadline(core_->options.header_timeout);
    idle_ = true;
    reactor_->idle(*this);
    beast::error_code error;
    co_await stream_.wait_readable(error);
    reactor_->busy(*this);
    idle_ = false;
    if (error || core_->cutting) {
        co_return false;
    }
    co_await stream_.handshake(error);
    if (!error) {
        co_return true;
    }
    core_->failed_handshakes.fetch_add(1, std::memory_order_relaxed);
    core_->event(Severity::debug,
                 fmt::format("no TLS with {}: {}", remote_address_, stream_.handshake_fault(error)));
    if (stream_.met_plain_http()) {
        co_await answer_plain_http();
    }
    co_return false;
}

Awaitable<void> Session::answer_plain_http() {
    start_exchange();
    refuse(malformed("this port speaks TLS: ask with https:// and not with http://"));
    started_ = std::chrono::steady_clock::now();
    co_await answer_refused();
}

bool Session::address_is_full() const noexcept {
    const std::uint32_t limit = core_->options.connections_per_address;
    return limit != 0 && !is_trusted_proxy_ && share_->connections.load(std::memory_order_relaxed) > limit;
}

// Sends an answer to somebody for whom there is no room.
Awaitable<void> Session::turn_away() {
    start_exchange();
    Problem problem;
    problem.status = 503;
    problem.rule = "service.too_many_connections";
    problem.message = "too many connections at present; try again";
    problem.retry_after = std::chrono::seconds{1};
    refuse(std::move(problem));
    started_ = std::chrono::steady_clock::now();
    co_await answer_refused();
}

} // namespace portrait::http
