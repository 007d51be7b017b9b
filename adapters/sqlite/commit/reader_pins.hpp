#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>

namespace portrait::sqlite {

/// The readers of the time before a commit. A reader takes a pin before it reads a row and keeps it until it
/// has the bytes. Ranges that a commit freed may be erased when all pins from before it are gone.
/// Thread-safe.
class ReaderPins {
public:
    class Pin {
    public:
        explicit Pin(ReaderPins& pins)
            : pins_{pins}
            , epoch_{pins.take()} {}
        Pin(const Pin&) = delete;
        Pin& operator=(const Pin&) = delete;
        ~Pin() { pins_.drop(epoch_); }

    private:
        ReaderPins& pins_;
        const std::uint64_t epoch_;
    };

    /// Ends an epoch and returns its number. Pins that were taken before have this epoch or an earlier one.
    std::uint64_t advance() {
        const std::scoped_lock lock{mutex_};
        return epoch_++;
    }

    /// Blocks until no pin of `epoch` or an earlier one is left. False after `give_up`.
    bool wait_until_gone(std::uint64_t epoch) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return given_up_ || pins_.empty() || pins_.begin()->first > epoch; });
        return !given_up_;
    }

    /// Ends all waiting, also that of later calls.
    void give_up() {
        {
            const std::scoped_lock lock{mutex_};
            given_up_ = true;
        }
        changed_.notify_all();
    }

private:
    std::uint64_t take() {
        const std::scoped_lock lock{mutex_};
        ++pins_[epoch_];
        return epoch_;
    }

    void drop(std::uint64_t epoch) {
        {
            const std::scoped_lock lock{mutex_};
            const auto found = pins_.find(epoch);
            if (--found->second != 0)
                return;
            pins_.erase(found);
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t epoch_ = 1;
    std::map<std::uint64_t, std::uint64_t> pins_; ///< counts by epoch
    bool given_up_ = false;
};

} // namespace portrait::sqlite
