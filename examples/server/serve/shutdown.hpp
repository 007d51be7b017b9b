#pragma once

#include <chrono>
#include <functional>

namespace portrait_server {

/// Blocks SIGTERM, SIGINT and SIGHUP, so that `wait` receives them. Construct it before the first thread
/// starts: threads inherit the blocked signals.
class ShutdownSignals {
public:
    ShutdownSignals();

    /// Waits for the first SIGTERM or SIGINT. Until then each SIGHUP calls `on_hangup` on this thread.
    /// Afterwards another SIGTERM or SIGINT ends the process at once with 128 plus its number, and SIGHUP is
    /// ignored.
    void wait(const std::function<void()>& on_hangup);
};

/// Ends the process when closing takes longer than a limit, such as on a disk that hangs. Answered writes are
/// durable already.
class ClosingLimit {
public:
    explicit ClosingLimit(std::chrono::seconds limit);
    ClosingLimit(const ClosingLimit&) = delete;
    ClosingLimit& operator=(const ClosingLimit&) = delete;
    ~ClosingLimit();
};

} // namespace portrait_server
