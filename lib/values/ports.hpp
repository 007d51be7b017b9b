#pragma once

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

namespace portrait {

/// Returns the port; throws `std::invalid_argument` with the message when it is null.
template<class Port>
std::shared_ptr<Port> required(std::shared_ptr<Port> port, const char* message) {
    if (!port)
        throw std::invalid_argument{message};
    return port;
}

/// A value that one thread waits for. Unlike a promise, it can be given up without memory.
template<class Value>
class AwaitedValue {
public:
    /// Throws `std::future_error` at the second call.
    void give(Value value) {
        const std::scoped_lock lock{mutex_};
        if (value_)
            throw std::future_error{std::future_errc::promise_already_satisfied};
        value_.emplace(std::move(value));
        given_.notify_one();
    }
    void give_up() noexcept {
        const std::scoped_lock lock{mutex_};
        given_up_ = true;
        given_.notify_one();
    }
    Value wait() {
        std::unique_lock lock{mutex_};
        given_.wait(lock, [this] { return value_ || given_up_; });
        if (!value_)
            throw std::future_error{std::future_errc::broken_promise};
        return *std::move(value_);
    }

private:
    std::mutex mutex_;
    std::condition_variable given_;
    std::optional<Value> value_;
    bool given_up_ = false;
};

/// Calls `start` with a completion and waits until that is called, on any thread. Throws `std::future_error`
/// when the completion is destroyed without having been called.
template<class Value, class Start>
Value awaited(const Start& start) {
    // Shared: the calling thread may still be inside `give` when the waiting thread continues.
    const auto value = std::make_shared<AwaitedValue<Value>>();
    // The last copy of the completion gives up; it does nothing once the value is given.
    std::shared_ptr<AwaitedValue<Value>> giver{value.get(), [value](auto* waiting) { waiting->give_up(); }};
    start([giver = std::move(giver)](Value given) { giver->give(std::move(given)); });
    return value->wait();
}

} // namespace portrait
