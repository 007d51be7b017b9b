#include "server_core.hpp"

namespace portrait::http {

void ServerCore::enter() {
    const std::lock_guard lock{mutex_};
    ++active_;
}

void ServerCore::leave() {
    const std::lock_guard lock{mutex_};
    if (--active_ == 0) {
        empty_.notify_all();
    }
}

std::uint64_t ServerCore::active() const {
    const std::lock_guard lock{mutex_};
    return active_;
}

bool ServerCore::wait_until_empty(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    return empty_.wait_for(lock, patience, [this] { return active_ == 0; });
}

void ServerCore::wait_until_empty() {
    std::unique_lock lock{mutex_};
    empty_.wait(lock, [this] { return active_ == 0; });
}

void ServerCore::event(Severity severity, std::string_view message,
                       std::string_view request_id) const noexcept {
    try {
        if (log) {
            log->event(severity, message, request_id);
        }
    } catch (...) { // NOLINT(bugprone-empty-catch): there is nobody left to tell
    }
}

} // namespace portrait::http
