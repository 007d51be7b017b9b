#include "commit/reader_pins.hpp"

namespace portrait::sqlite {

std::uint64_t ReaderPins::advance() {
    const std::scoped_lock lock{mutex_};
    return epoch_++;
}

bool ReaderPins::wait_until_gone(std::uint64_t epoch) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return given_up_ || pins_.empty() || pins_.begin()->first > epoch; });
    return !given_up_;
}

void ReaderPins::give_up() {
    {
        const std::scoped_lock lock{mutex_};
        given_up_ = true;
    }
    changed_.notify_all();
}

std::uint64_t ReaderPins::take() {
    const std::scoped_lock lock{mutex_};
    ++pins_[epoch_];
    return epoch_;
}

void ReaderPins::drop(std::uint64_t epoch) {
    {
        const std::scoped_lock lock{mutex_};
        const auto found = pins_.find(epoch);
        if (--found->second != 0)
            return;
        pins_.erase(found);
    }
    changed_.notify_all();
}

} // namespace portrait::sqlite
