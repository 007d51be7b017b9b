#include <portrait/clock.hpp>

namespace portrait {

namespace {

class SystemClock final : public Clock {
public:
    Timestamp now() const override {
        return std::chrono::floor<Timestamp::duration>(std::chrono::system_clock::now());
    }
};

} // namespace

std::shared_ptr<const Clock> system_clock() {
    static const auto clock = std::make_shared<const SystemClock>();
    return clock;
}

} // namespace portrait
