#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace portrait::http {

/// Port: runs work that may block on disk. Thread-safe.
class Executor {
public:
    virtual ~Executor() = default;

    /// Takes the task over and returns true, or returns false (full, stopping) and the task is never run.
    virtual bool execute(std::function<void()> task) = 0;
};

/// Runs every task at once on the calling thread: for tests and for hosts with a thread per request.
class InlineExecutor final : public Executor {
public:
    bool execute(std::function<void()> task) override;
};

/// Threads of its own with a bounded queue. The destructor finishes what was taken.
class WorkerPool final : public Executor {
public:
    /// At least one thread. `queue_limit` counts tasks that wait.
    WorkerPool(std::size_t threads, std::size_t queue_limit);
    ~WorkerPool() override;

    bool execute(std::function<void()> task) override;

private:
    class State;
    std::shared_ptr<State> state_; // shared with the threads
};

} // namespace portrait::http
