#pragma once

#include <future>
#include <memory>
#include <optional>
#include <utility>

namespace portrait {

/// Waits for what `start` is to give to the function that it is called with, on whatever thread. Throws
/// `std::future_error` when that function is dropped without having been called. One type of promise serves
/// all values, since each type that is instantiated makes the library larger by kilobytes.
template<class Value, class Start>
Value awaited(const Start& start) {
    const auto value = std::make_shared<std::optional<Value>>();
    // Shared: whoever calls the promise may still be inside it when the waiting thread is through.
    auto promise = std::make_shared<std::promise<void>>();
    auto ready = promise->get_future();
    start([value, promise = std::move(promise)](Value given) {
        value->emplace(std::move(given));
        promise->set_value();
    });
    ready.get();
    return *std::move(*value);
}

} // namespace portrait
