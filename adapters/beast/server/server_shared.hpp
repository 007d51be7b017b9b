#pragma once

#include "server/body_budget.hpp"

#include <portrait/beast/server.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace portrait::http {

class TlsContext;

/// What all connections of a server share. It outlives the server while an endpoint still owes a completion,
/// and keeps the endpoint alive for it. Thread-safe.
struct ServerShared {
    ServerShared(std::shared_ptr<Endpoint> served, ServerOptions chosen, std::shared_ptr<Log> told)
        : endpoint{std::move(served)}
        , options{std::move(chosen)}
        , log{std::move(told)}
        , transport_security{transport_security_of(options)}
        , budget{std::make_shared<BodyBudget>(options.body_bytes_in_flight, options.body_bytes_per_address)}
        , answers{std::make_shared<AnswerBudget>(options.answer_bytes_in_flight,
                                                 options.answer_bytes_per_address)} {}

    const std::shared_ptr<Endpoint> endpoint;
    const ServerOptions options;
    const std::shared_ptr<Log> log;
    const std::string transport_security; ///< the field's value; empty: none is sent
    const std::shared_ptr<BodyBudget> budget;
    const std::shared_ptr<AnswerBudget> answers;

    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> requests_in_flight{0};
    std::atomic<std::uint64_t> failed_handshakes{0};
    std::atomic<std::uint64_t> abandoned_requests{0};
    std::atomic<std::uint64_t> slow_readers{0};
    std::atomic<bool> draining{false};
    std::atomic<bool> cutting{false};

    /// Loads what new connections speak TLS by, and tells the log; after an error they go on with what they
    /// had.
    [[nodiscard]] result<void> load_tls();
    /// Null: no TLS is spoken.
    std::shared_ptr<const TlsContext> tls() const;

    /// What the client with this address holds; of IPv6 its /64 network, which a single client has.
    std::shared_ptr<AddressShare> share_of(const std::string& address) const;

    /// Each accept loop and each connection, those that are turned away included, enters and leaves once.
    void enter();
    void leave();
    std::uint64_t active() const;
    /// Waits until all have left; false when `patience` was over first.
    bool wait_until_empty(std::chrono::milliseconds patience);
    void wait_until_empty();

    void event(Severity severity, std::string_view message, std::string_view request_id = {}) const noexcept;

private:
    static std::string transport_security_of(const ServerOptions& options);

    mutable std::mutex tls_mutex_;
    std::shared_ptr<const TlsContext> tls_;
    mutable std::mutex mutex_;
    std::condition_variable empty_;
    std::uint64_t active_ = 0;
};

} // namespace portrait::http
