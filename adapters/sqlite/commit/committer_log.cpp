// The committer's care for the write-ahead log: copying it, emptying it, and opening the store again.

#include "commit/committer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace portrait::sqlite {
namespace {

/// The log is copied into the database when it has this many pages.
constexpr int checkpoint_pages = 1000;
/// A database of more bytes isn't written anew: that takes as much memory, and writes wait for it.
constexpr std::uint64_t largest_vacuum = 64ULL << 20;
constexpr std::chrono::milliseconds longest_reopen_delay{60'000};

} // namespace

result<void> Committer::empty_log(bool vacuum) {
    if (on_own_thread())
        return Error{errc::service_busy}.with_cause("a completion emptied the log");
    return wait_for<void>([&](Completion<void> completion) {
        std::unique_lock lock{mutex_};
        if (!closed_ && !stopping_) {
            emptyings_.push_back({vacuum, std::move(completion)});
            lock.unlock();
            return changed_.notify_one();
        }
        const auto error = closed_.value_or(Error{errc::store_closed});
        lock.unlock();
        completion(error);
    });
}

void Committer::answer_emptyings(std::vector<Emptying> emptyings) {
    const bool vacuum = std::any_of(emptyings.begin(), emptyings.end(),
                                    [](const Emptying& emptying) { return emptying.vacuum; });
    const auto emptied = contained([&] { return do_empty_log(vacuum); });
    if (!emptied && emptied.error() == errc::store_io)
        close(emptied.error());
    for (const auto& emptying : emptyings)
        emptying.completion(emptied);
}

result<void> Committer::do_empty_log(bool vacuum) {
    PORTRAIT_TRY(open());
    // A database that is too large keeps its unused parts; the caller searches them again.
    if (vacuum)
        (void)connection_->vacuum(largest_vacuum);
    PORTRAIT_TRY(copy_log(*connection_));
    PORTRAIT_TRY(connection_->empty_log());
    const auto path = settings_.database.string() + "-wal";
    const auto file = FileDescriptor::open(path, O_RDWR);
    if (!file || ::fsync(file.get()) != 0)
        return error_of_errno(errno, "fsync", path);
    return {};
}

void Committer::checkpoint() noexcept {
    if (connection_->log_pages() < checkpoint_pages)
        return;
    const auto copied = contained([&] { return copy_log(*connection_); });
    // After other errors, such as a full disk or busy readers, the log only stays longer.
    if (!copied && copied.error() == errc::store_io)
        close(copied.error());
}

result<void> Committer::copy_log(Connection& connection) {
    auto copied = connection.checkpoint(false);
    while (!copied && copied.error() == errc::store_full && reserve_.give_up())
        copied = connection.checkpoint(false);
    (void)reserve_.hold();
    return copied;
}

void Committer::close(const Error& reason) noexcept {
    reopen_at_ = std::chrono::steady_clock::now() + reopen_delay_;
    reopen_delay_ = std::min(reopen_delay_ * 2, longest_reopen_delay);
    const std::scoped_lock lock{mutex_};
    closed_ = Error{errc::store_closed}.with_cause(reason);
}

void Committer::try_to_reopen() {
    if (const auto reopened = contained([&] { return reopen(); }); !reopened)
        return close(reopened.error());
    reopen_delay_ = settings_.reopen_delay;
    const std::scoped_lock lock{mutex_};
    closed_.reset();
    ++statistics_.reopened;
}

result<void> Committer::reopen() {
    PORTRAIT_TRY(settings_.check_folder());
    (void)connection_->roll_back(); // it would keep the log from being emptied
    PORTRAIT_TRY_GET(opened, Connection::open(settings_.database, Connection::Access::read_write));
    // The old connection is still open, and with it the log's index, which has only the commits that
    // succeeded. So this copies exactly those into the database, syncs it, and empties the log: a failed
    // commit is gone for good, and nothing depends on the pages that a failed sync may have left in the log.
    PORTRAIT_TRY(copy_log(*opened));
    PORTRAIT_TRY(opened->checkpoint(true));
    PORTRAIT_TRY(settings_.check(*opened));
    for (const auto& range : uncertain_) {
        PORTRAIT_TRY_GET(named, opened->has_row("SELECT 1 FROM blob WHERE segment = ? AND range_offset = ?",
                                                range.segment, range.offset));
        if (!named)
            abandon(range);
    }
    uncertain_.clear();
    for (const auto& ticket : undecided_)
        settings_.audit->conclude(ticket, AuditOutcome::failed);
    undecided_.clear();
    segments_.forget_failed();
    connection_ = std::move(opened);
    watch(*connection_);
    return {};
}

void Committer::watch(Connection& connection) noexcept {
    connection.watch(
        [](void* changes, std::string_view table, std::int64_t id) noexcept {
            if (table == "blob" || table == "person_image")
                static_cast<RowChanges*>(changes)->note(
                    {.table = table == "blob" ? RowChange::Table::blob : RowChange::Table::person_image,
                     .id = static_cast<std::int32_t>(id)});
        },
        &changes_);
}

} // namespace portrait::sqlite
