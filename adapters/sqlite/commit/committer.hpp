#pragma once

#include "rows/connection.hpp"
#include "rows/transaction.hpp"
#include "segments/segments.hpp"

#include <portrait/image_store.hpp>
#include <portrait/sqlite/image_store.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace portrait::sqlite {

/// A write that waits for the next commit.
class Member {
public:
    virtual ~Member() = default;

    /// Changes rows inside a savepoint, on the committing thread. After an error nothing of it stays.
    [[nodiscard]] virtual result<void> apply(Transaction& transaction) = 0;
    /// Tells the outcome of `apply`, or the error that came instead or afterwards.
    virtual void answer(const Error* failure) noexcept = 0;

    /// The range whose bytes have to be durable before the row; freed when the write fails.
    std::optional<Reservation> written;
};

/// A `Member` of a function and a completion.
template<class T, class Apply>
class WriteMember final : public Member {
public:
    WriteMember(Apply apply, Completion<T> completion)
        : apply_{std::move(apply)}
        , completion_{std::move(completion)} {}

    [[nodiscard]] result<void> apply(Transaction& transaction) override {
        outcome_.emplace(apply_(transaction));
        if (!*outcome_)
            return outcome_->error();
        return {};
    }

    void answer(const Error* failure) noexcept override {
        try {
            completion_(failure != nullptr ? result<T>{*failure} : std::move(*outcome_));
            // NOLINTNEXTLINE(bugprone-empty-catch): completions mustn't throw; the others still get theirs
        } catch (...) {
        }
    }

private:
    Apply apply_;
    Completion<T> completion_;
    std::optional<result<T>> outcome_;
};

/// The one writer of the database. Its thread takes all writes that wait, syncs the segments they touched,
/// and commits them in one transaction. Thread-safe.
class Committer {
public:
    struct Settings {
        std::filesystem::path database;
        std::size_t max_waiting = 0;
        std::chrono::milliseconds reopen_delay{};
        // All of these are called on the committing thread.
        /// Checks the store when it is reopened; writes are accepted again only after success.
        std::function<result<void>(Connection&)> check;
        /// Called after each commit, before its writes are answered. Also after a commit that failed: its
        /// rows may show all the same.
        std::function<void()> committed;
        /// Ends the read transactions that are kept open. Called before the log is copied into the database,
        /// so that all of it can be copied, and again afterwards: a transaction that begins then needs
        /// nothing of the log, so that SQLite can write the log anew from its start.
        std::function<void()> end_reads;
        /// Gets the ranges that a durable commit freed, before its writes are answered.
        std::function<void(std::vector<SegmentRange>)> freed;
    };

    Committer(Settings settings, std::unique_ptr<Connection> connection, Segments& segments);
    /// Commits what waits, then ends.
    ~Committer();

    /// Takes a write over. It is answered at once when the store is closed or too much waits.
    void add(std::unique_ptr<Member> member);

    /// Does a write and waits for it. `service_busy` on the committing thread, which would wait for itself.
    template<class T, class Apply>
    [[nodiscard]] result<T> run(Apply apply) {
        if (on_own_thread())
            return Error{errc::service_busy}.with_cause("a completion called a write");
        const auto promise = std::make_shared<std::promise<result<T>>>();
        auto outcome = promise->get_future();
        add(std::make_unique<WriteMember<T, Apply>>(
            std::move(apply), [promise](result<T> value) { promise->set_value(std::move(value)); }));
        return outcome.get();
    }

    bool on_own_thread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }

    /// Has a range freed by the next commit; for bytes whose write came to nothing.
    void abandon(const SegmentRange& range);

    /// Blocks until all writes that were added before are answered.
    void drain();

    /// Success, or `store_closed` after a failed sync or commit. Doesn't block on the disk.
    [[nodiscard]] result<void> writable() const;

    StoreStatistics statistics() const;

private:
    using Batch = std::vector<std::unique_ptr<Member>>;
    using Refusals = std::vector<std::optional<Error>>; ///< one for each member

    /// Why a batch failed as a whole.
    struct Failure {
        Error error;
        bool closes = false; ///< the store has to be reopened; the commit may have been made all the same
    };

    std::optional<Error> try_to_add(std::unique_ptr<Member>& member);
    void work();
    void process(Batch batch);
    [[nodiscard]] result<void> sync(const Batch& batch);
    std::optional<Failure> commit(const Batch& batch, Refusals& refusals, std::vector<SegmentRange>& freed);
    [[nodiscard]] result<void> apply_all(const Batch& batch, Refusals& refusals, Transaction& transaction);
    [[nodiscard]] result<void> apply_one(Member& member, std::optional<Error>& refusal,
                                         Transaction& transaction);
    void fail(const Batch& batch, const Failure& failure);
    void count(const Batch& batch, const Refusals& refusals, std::chrono::steady_clock::duration took);
    void checkpoint();
    /// Copies the log into the database, and ends the read transactions that need the log.
    [[nodiscard]] result<void> copy_log(Connection& connection);

    void close(const Error& reason);
    void try_to_reopen();
    [[nodiscard]] result<void> reopen();
    [[nodiscard]] result<void> judge_uncertain(Connection& connection);

    const Settings settings_;
    Segments& segments_;

    // The committing thread's own.
    std::unique_ptr<Connection> connection_;
    std::vector<SegmentRange> uncertain_; ///< of commits that failed; nobody knows yet whether they are named
    std::chrono::steady_clock::time_point reopen_at_{};
    std::chrono::milliseconds reopen_delay_{};

    mutable std::mutex mutex_; ///< for the rest
    std::condition_variable changed_;
    std::condition_variable idle_;
    Batch waiting_;
    std::vector<SegmentRange> abandoned_;
    std::uint64_t added_ = 0;
    std::uint64_t answered_ = 0;
    bool stopping_ = false;
    std::optional<Error> closed_; ///< what writes get until the store has been reopened
    StoreStatistics statistics_;

    std::thread thread_;
};

} // namespace portrait::sqlite
