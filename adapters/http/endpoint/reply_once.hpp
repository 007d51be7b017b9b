#pragma once

#include <portrait/http/message.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace portrait::http {

/// Calls a completion once, whatever happens: a second answer, such as that of an exception after the first
/// was given, is dropped. Copies share. Thread-safe.
class ReplyOnce {
public:
    explicit ReplyOnce(std::function<void(Response)> reply)
        : shared_{std::make_shared<Shared>(std::move(reply))} {}

    void operator()(Response response) const {
        if (!shared_->called.exchange(true))
            shared_->reply(std::move(response));
    }

private:
    struct Shared {
        explicit Shared(std::function<void(Response)> completion)
            : reply{std::move(completion)} {}
        std::function<void(Response)> reply;
        std::atomic<bool> called{false};
    };
    std::shared_ptr<Shared> shared_;
};

} // namespace portrait::http
