#pragma once

#include <chrono>
#include <functional>

namespace portrait_server {

/// Turns SIGTERM, SIGINT and SIGHUP into something to wait for. Make it before any thread is started: threads
/// inherit that these signals are not theirs.
class ShutdownSignals {
public:
    ShutdownSignals();

    /// Waits for the first SIGTERM or SIGINT. From then on another one ends the process at once, with 128 and
    /// its number. Each SIGHUP meanwhile calls `on_hangup` on this thread, which is the way to say that files
    /// have changed; later ones are ignored.
    void wait(const std::function<void()>& on_hangup);
};

/// Ends the process when closing takes longer than a limit, as it does on a disk that hangs: what was
/// answered is durable already.
class ClosingLimit {
public:
    explicit ClosingLimit(std::chrono::seconds limit);
    ClosingLimit(const ClosingLimit&) = delete;
    ClosingLimit& operator=(const ClosingLimit&) = delete;
    ~ClosingLimit();
};

} // namespace portrait_server
