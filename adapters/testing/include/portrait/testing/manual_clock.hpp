#pragma once

#include <portrait/clock.hpp>
#include <portrait/export.hpp>

#include <atomic>
#include <chrono>

namespace portrait::testing {

/// A clock that moves only by `advance`. Thread-safe.
class PORTRAIT_EXPORT ManualClock final : public Clock {
public:
    explicit ManualClock(Timestamp start = Timestamp{std::chrono::milliseconds{1'700'000'000'000}})
        : now_{start.time_since_epoch().count()} {}

    Timestamp now() const override { return Timestamp{Timestamp::duration{now_.load()}}; }
    void advance(std::chrono::milliseconds by) { now_ += by.count(); }

private:
    std::atomic<Timestamp::rep> now_;
};

/// A steady clock that moves only by `advance`. Thread-safe.
class PORTRAIT_EXPORT ManualSteadyClock final : public SteadyClock {
public:
    SteadyTimestamp now() const override { return SteadyTimestamp{SteadyTimestamp::duration{now_.load()}}; }
    /// A negative duration sets it back, which no real clock does.
    void advance(SteadyTimestamp::duration by) { now_ += by.count(); }

private:
    std::atomic<SteadyTimestamp::rep> now_{0};
};

} // namespace portrait::testing
