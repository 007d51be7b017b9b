#pragma once

#include "client/connector.hpp"
#include "commit/batch.hpp"
#include "commit/member.hpp"

#include <portrait/audit_log.hpp>
#include <portrait/error.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace portrait::postgres {

/// Figures of the writes since the start.
struct CommitFigures {
    std::uint64_t commits = 0;
    std::uint64_t writes = 0;
    std::uint64_t refused_writes = 0;
    std::uint64_t largest_batch = 0;
    std::uint64_t repeated_batches = 0;
    std::uint64_t lost_answers = 0; ///< to COMMIT
};

/// Commits writes in batches: those that arrive while one is under way are the next.
class Committer {
public:
    struct Settings {
        std::size_t connections = 2; ///< with a thread each
        std::size_t largest_batch = 32;
        std::uint64_t most_batch_bytes = 8U << 20U; ///< or one picture
        std::size_t most_waiting = 4096;
        std::uint64_t most_waiting_bytes = std::uint64_t{256} << 20U;
        std::chrono::milliseconds limit{10'000}; ///< of each write, its waiting included
    };

    /// `audit` may be null.
    Committer(Connector& connector, std::shared_ptr<AuditLog> audit, Settings settings);
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;
    /// Completes what was submitted.
    ~Committer();

    /// Doesn't block. A refused member is answered before it returns.
    void submit(std::unique_ptr<Member> member);
    Deadline deadline() const { return Deadline::clock::now() + settings_.limit; }
    /// Runs statements on a connection for writes, and waits. They are repeated after a lost connection, so
    /// a repetition has to do no harm.
    [[nodiscard]] result<void> run(std::function<attempt<void>(Connection&, Deadline)> statements);
    /// As above, without waiting. `done` is called once, perhaps before it returns; must be quick and must
    /// not throw.
    void submit(std::function<attempt<void>(Connection&, Deadline)> statements,
                std::function<void(result<void>)> done);

    /// Whether commits wait too long for a standby. Each write would take a connection of PostgreSQL until
    /// the standby is back, so they are refused meanwhile.
    void set_unconfirmed(bool unconfirmed) noexcept { unconfirmed_ = unconfirmed; }
    [[nodiscard]] result<void> writable() const;
    CommitFigures figures() const;

private:
    struct Task {
        std::function<attempt<void>(Connection&, Deadline)> statements;
        std::function<void(result<void>)> done;
        Deadline deadline;
    };

    void loop();
    /// Why no write is accepted.
    std::optional<Error> refusal() const;
    void run_task(std::unique_ptr<Connection>& connection, const Task& task);
    void process(std::unique_ptr<Connection>& connection, std::span<std::unique_ptr<Member>> members);
    void answer(std::span<std::unique_ptr<Member>> members, const BatchAttempt& ended);
    static void answer_all(std::span<std::unique_ptr<Member>> members, const Error& error);
    /// After a lost answer; absent when it can't be found out in time, or before the process ends.
    std::optional<bool> find_out(std::unique_ptr<Connection>& connection, BatchAttempt& lost,
                                 Deadline deadline);
    [[nodiscard]] result<void> connect(std::unique_ptr<Connection>& connection, Deadline deadline);
    Members take_batch();

    Connector& connector_;
    const std::shared_ptr<AuditLog> audit_;
    const Settings settings_;

    std::atomic<bool> unconfirmed_{false};

    mutable std::mutex mutex_;
    std::condition_variable submitted_;
    std::deque<std::unique_ptr<Member>> waiting_;
    std::deque<Task> tasks_;
    std::uint64_t waiting_bytes_ = 0;
    bool stopping_ = false;
    CommitFigures figures_;

    std::vector<std::thread> threads_;
};

} // namespace portrait::postgres
