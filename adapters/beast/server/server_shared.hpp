#pragma once

#include "server/memory_budget.hpp"

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

/// Shared by all connections of a server. Outlives the server while a completion of the endpoint is pending,
/// and keeps the endpoint alive for it. Thread-safe.
struct ServerShared {
    ServerShared(std::shared_ptr<Endpoint> served, ServerOptions chosen, std::shared_ptr<Log> access_log)
        : endpoint{std::move(served)}
        , options{std::move(chosen)}
        , log{std::move(access_log)}
        , transport_security{transport_security_of(options)}
        , budgets{new MemoryBudgets{
              {MemoryBudget::Of::requests, options.body_bytes_in_flight, options.body_bytes_per_address},
              {MemoryBudget::Of::answers, options.answer_bytes_in_flight,
               options.answer_bytes_per_address}}} {}

    const std::shared_ptr<Endpoint> endpoint;
    const ServerOptions options;
    const std::shared_ptr<Log> log;
    const std::string transport_security; ///< the field's value; empty: none is sent
    const std::shared_ptr<MemoryBudgets> budgets;
    AddressShares shares{budgets}; ///< by `client_network`, which a single client has

    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> requests_in_flight{0};
    std::atomic<std::uint64_t> failed_handshakes{0};
    std::atomic<std::uint64_t> abandoned_requests{0};
    std::atomic<std::uint64_t> slow_readers{0};
    std::atomic<bool> draining{false};
    std::atomic<bool> cutting{false};

    /// Loads the TLS context of new connections and logs it; after an error the old one stays.
    [[nodiscard]] result<void> load_tls();
    /// Null: no TLS.
    std::shared_ptr<const TlsContext> tls() const;

    /// Each accept loop and each connection, rejected ones included, enters and leaves once.
    void enter();
    void leave();
    /// Waits until all have left; false after `timeout`.
    bool wait_until_empty(std::chrono::milliseconds timeout);

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
