#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace portrait::http {

/// Counts the work in progress, so that an object can wait for its end before it is destroyed. Thread-safe.
class WorkInProgress {
public:
    /// Returns a token; the work is in progress until the last copy of it is destroyed. Tokens may outlive
    /// this object: they share the count.
    std::shared_ptr<void> begin() const {
        {
            const std::lock_guard lock{count_->mutex};
            ++count_->running;
        }
        return {nullptr, [count = count_](void*) {
                    const std::lock_guard lock{count->mutex};
                    if (--count->running == 0)
                        count->none.notify_all();
                }};
    }

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

} // namespace portrait::http
