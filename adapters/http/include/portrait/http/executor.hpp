#pragma once

#include <portrait/export.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace portrait::http {

/// Port: runs work that may block on disk. Thread-safe.
class PORTRAIT_EXPORT Executor {
public:
    virtual ~Executor() = default;

    /// Accepts the task, or returns false (full, stopping) and never runs it.
    virtual bool execute(std::function<void()> task) = 0;
};

/// Runs every task on the calling thread: for tests and for hosts with a thread per request.
class PORTRAIT_EXPORT InlineExecutor final : public Executor {
public:
    bool execute(std::function<void()> task) override;
};

/// Threads with a bounded queue. The destructor runs the accepted tasks.
class PORTRAIT_EXPORT WorkerPool final : public Executor {
public:
    /// Starts at least one thread. `queue_limit` bounds the waiting tasks.
    WorkerPool(std::size_t threads, std::size_t queue_limit);
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;
    ~WorkerPool() override;

    bool execute(std::function<void()> task) override;

private:
    class PORTRAIT_HIDDEN State;
    std::shared_ptr<State> state_; // shared with the threads
};

} // namespace portrait::http
