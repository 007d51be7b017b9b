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

    /// Takes the task over and returns true, or returns false (full, stopping) and the task is never run.
    virtual bool execute(std::function<void()> task) = 0;
};

/// Runs every task at once on the calling thread: for tests and for hosts with a thread per request.
class PORTRAIT_EXPORT InlineExecutor final : public Executor {
public:
    bool execute(std::function<void()> task) override;
};

/// Threads of its own with a bounded queue. The destructor finishes what was taken.
class PORTRAIT_EXPORT WorkerPool final : public Executor {
public:
    /// At least one thread. `queue_limit` counts tasks that wait.
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
