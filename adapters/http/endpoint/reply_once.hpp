#pragma once

#include <portrait/http/message.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace portrait::http {

/// Calls a completion once, whatever happens: a second answer, such as that of an exception after the first
/// was given, is dropped. Copies share. Thread-safe.
template<class Value>
class CallOnce {
public:
    explicit CallOnce(std::function<void(Value)> completion)
        : shared_{std::make_shared<Shared>(std::move(completion))} {}

    void operator()(Value value) const {
        if (!shared_->called.exchange(true))
            shared_->completion(std::move(value));
    }

private:
    struct Shared {
        explicit Shared(std::function<void(Value)> of)
            : completion{std::move(of)} {}
        std::function<void(Value)> completion;
        std::atomic<bool> called{false};
    };
    std::shared_ptr<Shared> shared_;
};

using ReplyOnce = CallOnce<Response>;

} // namespace portrait::http
