#pragma once

#include <portrait/accounts/file_authenticator.hpp>

#include <future>
#include <memory>

namespace portrait::testing {

/// Keeps the authenticator's one hashing thread inside a completion until it is released.
class HeldThread {
public:
    explicit HeldThread(http::FileAuthenticator& authenticator) {
        const auto entered = std::make_shared<std::promise<void>>();
        authenticator.authenticate(
            http::BasicCredentials{"nobody", "holds the thread"}, "192.0.2.250",
            [entered, go = release_.get_future().share()](const http::AuthenticationOutcome&) {
                entered->set_value();
                go.wait();
            });
        entered->get_future().wait();
    }
    ~HeldThread() { release(); }
    HeldThread(const HeldThread&) = delete;
    HeldThread& operator=(const HeldThread&) = delete;

    void release() {
        if (!released_)
            release_.set_value();
        released_ = true;
    }

private:
    std::promise<void> release_;
    bool released_ = false;
};

} // namespace portrait::testing
