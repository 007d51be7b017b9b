#pragma once

#include <portrait/export.hpp>

#include <chrono>
#include <memory>

namespace portrait {

/// A moment in UTC, in milliseconds.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Port: where the time comes from. Thread-safe, never fails.
class PORTRAIT_EXPORT Clock {
public:
    virtual ~Clock() = default;
    virtual Timestamp now() const = 0;
};

/// The system's clock.
PORTRAIT_EXPORT std::shared_ptr<const Clock> system_clock();

} // namespace portrait
