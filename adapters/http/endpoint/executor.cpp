#include <portrait/http/executor.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace portrait::http {

bool InlineExecutor::execute(std::function<void()> task) {
    task();
    return true;
}

// Shared with the threads: a thread whose task held the last reference to the pool destroys it, and must
// outlive it.
class WorkerPool::State {
public:
    explicit State(std::size_t queue_limit)
        : queue_limit_{queue_limit} {}

    static void start(const std::shared_ptr<State>& state, std::size_t threads) {
        state->idle_ = std::max<std::size_t>(threads, 1); // from the start, so that the first task has one
        for (std::size_t count = state->idle_; count != 0; --count)
            state->threads_.emplace_back([state] { state->run(); });
    }

    bool push(std::function<void()> task) {
        {
            const std::lock_guard lock{mutex_};
            // The limit doesn't count tasks that an idle thread takes at once.
            if (stopping_ || queue_.size() >= queue_limit_ + idle_)
                return false;
            queue_.push_back(std::move(task));
            if (!should_wake())
                return true;
        }
        ready_.notify_one();
        return true;
    }

    void stop() {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        ready_.notify_all();
        for (auto& thread : threads_)
            if (thread.get_id() == std::this_thread::get_id())
                thread.detach();
            else if (thread.joinable())
                thread.join();
    }

private:
    // Wakes one thread at a time, which wakes the next when the queue isn't empty: so many short tasks don't
    // cost a wake-up each.
    bool should_wake() {
        if (waking_ || queue_.empty() || asleep_ == 0)
            return false;
        waking_ = true;
        return true;
    }

    void run() {
        std::unique_lock lock{mutex_};
        for (;;) {
            while (!stopping_ && queue_.empty()) {
                ++asleep_;
                ready_.wait(lock);
                --asleep_;
                waking_ = false;
            }
            if (queue_.empty())
                return;
            --idle_;
            std::function<void()> task = std::move(queue_.front());
            queue_.pop_front();
            const bool more = should_wake();
            lock.unlock();
            if (more)
                ready_.notify_one();
            task();
            task = nullptr; // destroy its captures without the lock
            lock.lock();
            ++idle_;
        }
    }

    const std::size_t queue_limit_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::function<void()>> queue_;
    std::vector<std::thread> threads_; // only the constructing and the destroying thread change it
    std::size_t idle_ = 0;             ///< threads without a task
    std::size_t asleep_ = 0;           ///< idle threads that wait for a notification
    bool waking_ = false;              ///< one was notified and still sleeps
    bool stopping_ = false;
};

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_limit)
    : state_{std::make_shared<State>(queue_limit)} {
    try {
        State::start(state_, threads);
    } catch (...) {
        state_->stop();
        throw;
    }
}

WorkerPool::~WorkerPool() {
    state_->stop();
}

bool WorkerPool::execute(std::function<void()> task) {
    return state_->push(std::move(task));
}

} // namespace portrait::http
