#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace portrait::http {

/// Counts what has begun and not ended, so that an object can wait for it before it goes away. Thread-safe.
class WorkInProgress {
public:
    /// Something that is under way for as long as the token (or a copy) lives. Tokens may outlive this
    /// object's waiting, not its counting: the count is shared.
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

    /// Returns when nothing is under way.
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
