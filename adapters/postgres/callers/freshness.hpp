#pragma once

#include "client/connection.hpp"

#include <portrait/error.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace portrait::postgres {

/// Whether the revocations of all servers are known here. Thread-safe.
class Freshness {
public:
    /// Answers hold for this time from the start of their question.
    static constexpr std::chrono::milliseconds duration{1000};

    /// Must not throw.
    using Done = std::function<void(result<void>)>;

    /// The number of the last change; absent: there may be a later one.
    std::optional<std::int64_t> number() const;

    /// Calls `done` before it returns, or after the next answer. Errors: that of the last question,
    /// `service_busy` when too many wait.
    void when_fresh(Done done);

    // For the thread that asks.

    /// Waits until a question is due or somebody waits for an answer. False: closed.
    bool wait_until(Deadline due);
    /// After an answer to a question that began at this time, and after everything it brought is applied.
    void set(Deadline begun, std::int64_t number);
    void fail(const Error& error);
    /// From now on there are no answers.
    void close();

private:
    mutable std::mutex mutex_;
    std::condition_variable wake_up_;
    std::int64_t number_ = 0;
    Deadline until_ = Deadline::min();
    std::optional<Error> fault_; ///< of the last question
    std::vector<Done> waiting_;
    bool closed_ = false;
};

} // namespace portrait::postgres
