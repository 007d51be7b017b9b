#pragma once

#include <portrait/export.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace portrait {

/// A point in time in UTC, in milliseconds.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// RFC 3339 in UTC with milliseconds, such as `2026-05-17T09:30:00.125Z`.
PORTRAIT_EXPORT std::string utc_text(Timestamp at);

/// Port: the current time. Thread-safe, never fails.
class PORTRAIT_EXPORT Clock {
public:
    virtual ~Clock() = default;
    virtual Timestamp now() const = 0;
};

/// The system's clock.
inline std::shared_ptr<const Clock> system_clock() {
    class SystemClock final : public Clock {
        Timestamp now() const override {
            return std::chrono::floor<Timestamp::duration>(std::chrono::system_clock::now());
        }
    };
    static const auto clock = std::make_shared<const SystemClock>();
    return clock;
}

/// A point in time for measuring durations; not comparable between processes.
using SteadyTimestamp = std::chrono::steady_clock::time_point;

/// Port: the clock for durations. Never goes back, even when the system's time is set back. Thread-safe,
/// never fails.
class PORTRAIT_EXPORT SteadyClock {
public:
    virtual ~SteadyClock() = default;
    virtual SteadyTimestamp now() const = 0;
};

/// The system's steady clock (`std::chrono::steady_clock`).
inline std::shared_ptr<const SteadyClock> system_steady_clock() {
    class SystemSteadyClock final : public SteadyClock {
        SteadyTimestamp now() const override { return std::chrono::steady_clock::now(); }
    };
    static const auto clock = std::make_shared<const SystemSteadyClock>();
    return clock;
}

} // namespace portrait
