#include "server/server_shared.hpp"

#include "server/tls_context.hpp"

#include <fmt/format.h>

namespace portrait::http {

std::string ServerShared::transport_security_of(const ServerOptions& options) {
    return options.tls && options.tls->hsts.count() > 0 ? fmt::format("max-age={}", options.tls->hsts.count())
                                                        : std::string{};
}

result<void> ServerShared::load_tls() {
    if (!options.tls)
        return {};
    auto loaded = TlsContext::load(*options.tls);
    if (!loaded)
        return loaded.error();
    {
        const std::lock_guard lock{tls_mutex_};
        tls_ = *loaded;
    }
    event((*loaded)->is_out_of_date() ? Severity::warning : Severity::info,
          fmt::format("The TLS certificate is {}{}", (*loaded)->description(),
                      (*loaded)->is_out_of_date() ? ": clients reject it today" : ""));
    return {};
}

std::shared_ptr<const TlsContext> ServerShared::tls() const {
    if (!options.tls)
        return nullptr;
    const std::lock_guard lock{tls_mutex_};
    return tls_;
}

void ServerShared::enter() {
    const std::lock_guard lock{mutex_};
    ++active_;
}

void ServerShared::leave() {
    const std::lock_guard lock{mutex_};
    if (--active_ == 0)
        empty_.notify_all();
}

bool ServerShared::wait_until_empty(std::chrono::milliseconds timeout) {
    std::unique_lock lock{mutex_};
    return empty_.wait_for(lock, timeout, [this] { return active_ == 0; });
}

void ServerShared::event(Severity severity, std::string_view message,
                         std::string_view request_id) const noexcept {
    try {
        if (log)
            log->event(severity, message, request_id);
    } catch (...) { // NOLINT(bugprone-empty-catch): a log that fails can't be reported
    }
}

} // namespace portrait::http
