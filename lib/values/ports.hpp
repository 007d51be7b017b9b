#pragma once

#include <future>
#include <memory>
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

/// Calls `start` with a completion and waits until that is called, on any thread. Throws `std::future_error`
/// when the completion is destroyed without having been called.
template<class Value, class Start>
Value awaited(const Start& start) {
    // Shared: the calling thread may still be inside `set_value` when the waiting thread continues.
    auto promise = std::make_shared<std::promise<Value>>();
    auto value = promise->get_future();
    start([promise = std::move(promise)](Value given) { promise->set_value(std::move(given)); });
    return value.get();
}

} // namespace portrait
