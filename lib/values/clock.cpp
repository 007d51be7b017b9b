#include <portrait/clock.hpp>

namespace portrait {

std::shared_ptr<const Clock> system_clock() {
    class SystemClock final : public Clock {
        Timestamp now() const override {
            return std::chrono::floor<Timestamp::duration>(std::chrono::system_clock::now());
        }
    };
    static const auto clock = std::make_shared<const SystemClock>();
    return clock;
}

std::shared_ptr<const SteadyClock> system_steady_clock() {
    class SystemSteadyClock final : public SteadyClock {
        SteadyTimestamp now() const override { return std::chrono::steady_clock::now(); }
    };
    static const auto clock = std::make_shared<const SystemSteadyClock>();
    return clock;
}

} // namespace portrait
