#pragma once

#include "callers/browser_sessions.hpp"
#include "routes/route.hpp"

#include <portrait/http/endpoint.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace portrait::http {

/// Counts the work in progress, so that an object can wait for its end before it is destroyed. Thread-safe.
class WorkInProgress {
    struct Count;

public:
    /// The work is in progress until its token is destroyed. Tokens may outlive the `WorkInProgress`: they
    /// share its count.
    class Token {
    public:
        explicit Token(std::shared_ptr<Count> count)
            : count_{std::move(count)} {
            const std::lock_guard lock{count_->mutex};
            ++count_->running;
        }
        Token(Token&&) noexcept = default;
        Token& operator=(Token&&) = delete;
        ~Token() {
            if (count_ == nullptr) // moved from
                return;
            const std::lock_guard lock{count_->mutex};
            if (--count_->running == 0)
                count_->none.notify_all();
        }

    private:
        std::shared_ptr<Count> count_;
    };

    Token begin() const { return Token{count_}; }

    /// Returns when no work is in progress.
    void wait() const {
        std::unique_lock lock{count_->mutex};
        count_->none.wait(lock, [this] { return count_->running == 0; });
    }

private:
    struct Count {
        std::mutex mutex;
        std::condition_variable none;
        std::size_t running = 0;
    };
    std::shared_ptr<Count> count_ = std::make_shared<Count>();
};

/// Marks the calling thread as running code of an object. The object's destructor, which waits for that code,
/// checks the mark: on a marked thread it would wait for itself. Lives on the stack.
class Inside {
public:
    explicit Inside(const void* object) noexcept
        : object_{object}
        , outer_{std::exchange(innermost, this)} {}
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { innermost = outer_; }

    /// Whether the calling thread runs code of that object.
    static bool is_inside(const void* object) noexcept {
        for (const auto* inside = innermost; inside != nullptr; inside = inside->outer_)
            if (inside->object_ == object)
                return true;
        return false;
    }

private:
    static inline thread_local const Inside* innermost = nullptr;

    const void* object_;
    const Inside* outer_;
};

/// The parts that all routes share. Lives as long as the endpoint, which waits for every request.
struct Contract {
    std::shared_ptr<PersonImageService> service;
    std::shared_ptr<Authenticator> authenticator;
    std::shared_ptr<Executor> readers;
    std::shared_ptr<Executor> writers;
    EndpointOptions options;
    std::shared_ptr<Log> log; ///< may be null
    std::unique_ptr<BrowserSessions> sessions;
    std::vector<Route> host_routes;
    mutable std::once_flag openapi_made;
    mutable std::string openapi; ///< the serialised document, without its server
    std::atomic<bool> draining{false};
    WorkInProgress work;

    bool can_render() const noexcept { return options.renditions != nullptr; }
};

} // namespace portrait::http
