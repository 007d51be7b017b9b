#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

namespace portrait::sqlite {

/// Who is reading, and since when. A reader takes a pin before it reads a row and keeps it until it has the
/// bytes; what a commit frees may be erased when every pin taken before that commit is gone. Thread-safe.
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

    /// Ends an epoch and says which: every pin taken until now is of it or older, every later one is younger.
    std::uint64_t advance();

    /// Blocks until no pin of `epoch` or older is left. False when `give_up()` came first.
    bool wait_until_gone(std::uint64_t epoch);

    /// Ends waiting for good.
    void give_up();

private:
    std::uint64_t take();
    void drop(std::uint64_t epoch);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t epoch_ = 1;
    std::map<std::uint64_t, std::uint64_t> pins_; ///< epoch → how many
    bool given_up_ = false;
};

} // namespace portrait::sqlite
