#include <portrait/clock.hpp>

namespace portrait {

namespace {

class SystemClock final : public Clock {
public:
    Timestamp now() const override {
        return std::chrono::floor<Timestamp::duration>(std::chrono::system_clock::now());
    }
};

class SystemSteadyClock final : public SteadyClock {
public:
    SteadyTimestamp now() const override { return std::chrono::steady_clock::now(); }
};

} // namespace

std::shared_ptr<const Clock> system_clock() {
    static const auto clock = std::make_shared<const SystemClock>();
    return clock;
}

std::shared_ptr<const SteadyClock> system_steady_clock() {
    static const auto clock = std::make_shared<const SystemSteadyClock>();
    return clock;
}

} // namespace portrait
