#pragma once

#include "rows/connection.hpp"
#include "rows/transaction.hpp"
#include "segments/reserve.hpp"
#include "segments/segments.hpp"

#include <portrait/sqlite/image_store.hpp>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace portrait::sqlite {

/// What a write does with the room on a full disk.
enum class Room {
    takes, ///< such as a save; refused while the reserve isn't held
    frees, ///< such as a removal; may use the reserve
};

/// A write that waits for the next commit.
class Member {
public:
    virtual ~Member() = default;

    /// Changes rows inside a savepoint, on the committing thread. After an error the changes are undone. May
    /// be called again when the transaction was rolled back.
    [[nodiscard]] virtual result<void> apply(Transaction& transaction) = 0;
    /// Calls the completion with the outcome of `apply` or, when `failure` isn't null, with that error.
    virtual void answer(const Error* failure) noexcept = 0;

    /// The range whose bytes have to be durable before the row; freed when the write fails.
    std::optional<Reservation> written;
    Room room = Room::takes;
    /// Whether the last `apply` changed something that the audit log has to record.
    bool recorded = false;
};

/// A `Member` of a completion and a function, which returns a result.
template<class T, class Apply>
class WriteMember final : public Member {
public:
    WriteMember(Apply apply, Completion<T> completion)
        : apply_{std::move(apply)}
        , completion_{std::move(completion)} {}

    [[nodiscard]] result<void> apply(Transaction& transaction) override {
        try {
            outcome_.emplace(apply_(transaction));
        } catch (const std::bad_alloc&) {
            outcome_.emplace(Error{errc::service_busy});
        } catch (const std::exception& exception) {
            outcome_.emplace(Error{errc::internal}.with_cause(exception.what()));
        }
        return *outcome_ ? result<void>{} : outcome_->error();
    }

    void answer(const Error* failure) noexcept override {
        try {
            completion_(failure != nullptr ? result<T>{*failure} : std::move(*outcome_));
            // NOLINTNEXTLINE(bugprone-empty-catch): later completions must be called all the same
        } catch (...) {
        }
    }

private:
    Apply apply_;
    Completion<T> completion_;
    std::optional<result<T>> outcome_;
};

/// Calls `start` with a completion and waits until it is called.
template<class T, class Start>
[[nodiscard]] result<T> wait_for(Start&& start) {
    const auto promise = std::make_shared<std::promise<result<T>>>();
    auto outcome = promise->get_future();
    std::forward<Start>(start)([promise](result<T> value) { promise->set_value(std::move(value)); });
    return outcome.get();
}

/// The only writer of the database. Its thread takes all writes that wait, syncs their segments, and commits
/// their rows in one transaction. Thread-safe.
class Committer {
public:
    struct Settings {
        std::filesystem::path database;
        std::size_t max_waiting = 0;
        std::chrono::milliseconds reopen_delay{};
        std::shared_ptr<AuditLog> audit{}; ///< may be null
        // All of these are called on the committing thread.
        /// Checks that the folder is there, before each commit.
        std::function<result<void>()> check_folder;
        /// Checks the store when it is reopened; an error keeps it closed.
        std::function<result<void>(Connection&)> check;
        /// Called before each commit with the rows that it changes. Must not throw, as the next.
        std::function<void(const RowChanges&)> committing;
        /// Called after it, before its writes are answered. After a failed commit readers may see its rows
        /// all the same.
        std::function<void(const RowChanges&, bool durable)> committed;
        /// Gets the ranges that a durable commit freed, before its writes are answered.
        std::function<void(const std::vector<SegmentRange>&)> freed;
    };

    Committer(Settings settings, std::unique_ptr<Connection> connection, Segments& segments,
              Reserve& reserve);
    /// Commits the waiting writes first.
    ~Committer();

    /// Adds a write, or answers it at once when the store is closed or too many writes wait.
    void add(std::unique_ptr<Member> member);

    /// Does a write and waits for it. `service_busy` on the committing thread, which would wait for itself.
    template<class T, class Apply>
    [[nodiscard]] result<T> run(Apply apply, Room room = Room::takes) {
        if (on_own_thread())
            return Error{errc::service_busy}.with_cause("a completion called a write");
        return wait_for<T>([&](Completion<T> completion) {
            auto member = std::make_unique<WriteMember<T, Apply>>(std::move(apply), std::move(completion));
            member->room = room;
            add(std::move(member));
        });
    }

    bool on_own_thread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }

    /// Frees a range with the next commit. For bytes of a failed write. Without memory the range stays until
    /// the folder is opened again.
    void abandon(const SegmentRange& range) noexcept;

    /// Blocks until all writes that were added before are answered.
    void drain();

    /// Copies all of the log into the database, and empties and syncs the log's file: older states of rows
    /// are gone from it then. `service_busy` while a reader needs the log. With `vacuum`, writes a small
    /// database anew before, so that its pages have no unused parts.
    [[nodiscard]] result<void> empty_log(bool vacuum = false);

    /// Success, or `store_closed` after a failed sync or commit. Doesn't block on the disk.
    [[nodiscard]] result<void> open() const;
    /// Success, or `store_full` while the reserve isn't held.
    [[nodiscard]] result<void> has_room() const;
    /// The error that a write would get: that of `open`, or that of the audit log.
    [[nodiscard]] result<void> writable() const;

    StoreStatistics statistics() const;

private:
    using Batch = std::vector<std::unique_ptr<Member>>;
    /// A call of `empty_log`.
    struct Emptying {
        bool vacuum;
        Completion<void> completion;
    };
    using Refusals = std::vector<std::optional<Error>>; ///< one for each member

    void work();
    void process(Batch batch);
    /// Writes the batch, without the members that have to be refused.
    [[nodiscard]] result<std::vector<SegmentRange>> write_allowed(const Batch& batch, Refusals& refusals);
    /// Makes the bytes durable, commits the rows, and returns the freed ranges. Its `store_io` closes the
    /// store, because the batch may be durable or not. Without memory it is that or `service_busy`.
    [[nodiscard]] result<std::vector<SegmentRange>> write(const Batch& batch, Refusals& refusals) noexcept;
    [[nodiscard]] result<void> sync(const Batch& batch);
    [[nodiscard]] result<void> commit(const Batch& batch, Refusals& refusals, Transaction& transaction);
    [[nodiscard]] result<void> apply_all(const Batch& batch, Refusals& refusals, Transaction& transaction);
    /// Commits between the two calls of the audit log.
    [[nodiscard]] result<void> commit_recorded(const Transaction& transaction);
    /// Answers the calls of `empty_log`.
    void answer_emptyings(std::vector<Emptying> emptyings);
    [[nodiscard]] result<void> do_empty_log(bool vacuum);
    [[nodiscard]] result<void> apply_one(Member& member, std::optional<Error>& refusal,
                                         Transaction& transaction);
    void fail(const Batch& batch, const Error& error);
    void note_uncertain(const SegmentRange& range) noexcept;
    void note_answered(std::size_t members);
    void count(const Batch& batch, const Refusals& refusals, std::chrono::steady_clock::duration took);
    void checkpoint() noexcept;
    /// Copies the log into the database as far as readers allow.
    [[nodiscard]] result<void> copy_log(Connection& connection);
    void close(const Error& reason) noexcept;
    void try_to_reopen();
    /// As `step`; without memory `service_busy`: an exception would end the committing thread.
    template<class Step>
    [[nodiscard]] static auto contained(const Step& step) noexcept -> decltype(step()) {
        try {
            return step();
        } catch (const std::bad_alloc&) {
            return Error{errc::service_busy};
        }
    }
    [[nodiscard]] result<void> reopen();
    /// Lets the connection report changed rows.
    void watch(Connection& connection) noexcept;

    const Settings settings_;
    Segments& segments_;
    Reserve& reserve_;

    // Used by the committing thread only.
    std::unique_ptr<Connection> connection_;
    RowChanges changes_;                  ///< of the present transaction
    std::vector<SegmentRange> uncertain_; ///< of failed commits; rows may name them or not
    std::vector<AuditTicket> undecided_;  ///< of failed commits; concluded when the store is reopened
    std::chrono::steady_clock::time_point reopen_at_{};
    std::chrono::milliseconds reopen_delay_{};

    mutable std::mutex mutex_; ///< for the rest
    std::condition_variable changed_;
    std::condition_variable idle_;
    Batch waiting_;
    std::vector<SegmentRange> abandoned_;
    std::vector<Emptying> emptyings_;
    std::uint64_t added_ = 0;
    std::uint64_t answered_ = 0;
    bool stopping_ = false;
    std::optional<Error> closed_; ///< the error of all writes until the store is reopened
    StoreStatistics statistics_;

    std::thread thread_;
};

} // namespace portrait::sqlite
