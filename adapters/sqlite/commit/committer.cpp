#include "commit/committer.hpp"

#include "rows/segment_rows.hpp"

#include <algorithm>
#include <exception>

namespace portrait::sqlite {

namespace {

/// The log is copied into the database when it has grown to so many pages.
constexpr int checkpoint_pages = 1000;
constexpr std::chrono::milliseconds longest_reopen_delay{60'000};

/// Whether an error is the disk's or SQLite's and so hits the whole transaction, not just the write that met
/// it.
bool hits_everybody(errc code) noexcept {
    switch (code) {
    case errc::store_io:
    case errc::store_full:
    case errc::store_read_only:
    case errc::service_busy: return true;
    default: return false;
    }
}

[[nodiscard]] result<void> guarded_apply(Member& member, Transaction& transaction) {
    try {
        return member.apply(transaction);
    } catch (const std::exception& exception) {
        return Error{errc::internal}.with_cause(exception.what());
    }
}

} // namespace

Committer::Committer(Settings settings, std::unique_ptr<Connection> connection, Segments& segments)
    : settings_{std::move(settings)}
    , segments_{segments}
    , connection_{std::move(connection)}
    , reopen_delay_{settings_.reopen_delay}
    , thread_{[this] { work(); }} {}

Committer::~Committer() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Committer::add(std::unique_ptr<Member> member) {
    if (const auto refused = try_to_add(member))
        member->answer(&*refused);
    else
        changed_.notify_one();
}

std::optional<Error> Committer::try_to_add(std::unique_ptr<Member>& member) {
    const std::scoped_lock lock{mutex_};
    std::optional<Error> refused;
    if (closed_)
        refused = closed_;
    else if (stopping_)
        refused = Error{errc::store_closed};
    else if (waiting_.size() >= settings_.max_waiting)
        refused = Error{errc::service_busy}.with_limit(waiting_.size() + 1, settings_.max_waiting);
    if (refused) {
        if (member->written)
            abandoned_.push_back(member->written->place().range);
        return refused;
    }
    waiting_.push_back(std::move(member));
    ++added_;
    return std::nullopt;
}

void Committer::abandon(const SegmentRange& range) {
    const std::scoped_lock lock{mutex_};
    abandoned_.push_back(range);
}

void Committer::drain() {
    std::unique_lock lock{mutex_};
    const auto until = added_;
    idle_.wait(lock, [&] { return answered_ >= until; });
}

result<void> Committer::writable() const {
    const std::scoped_lock lock{mutex_};
    if (closed_)
        return *closed_;
    return {};
}

StoreStatistics Committer::statistics() const {
    const std::scoped_lock lock{mutex_};
    return statistics_;
}

void Committer::work() {
    for (;;) {
        Batch batch;
        {
            std::unique_lock lock{mutex_};
            const auto called = [this] { return stopping_ || !waiting_.empty(); };
            if (closed_)
                changed_.wait_until(lock, reopen_at_, called);
            else
                changed_.wait(lock, called);
            if (stopping_ && waiting_.empty())
                return;
            batch.swap(waiting_);
        }
        if (!batch.empty())
            process(std::move(batch));
        if (!writable() && std::chrono::steady_clock::now() >= reopen_at_)
            try_to_reopen();
    }
}

void Committer::process(Batch batch) {
    if (const auto open = writable(); !open)
        return fail(batch, {open.error(), false});
    const auto began = std::chrono::steady_clock::now();
    if (const auto synced = sync(batch); !synced) {
        close(synced.error());
        return fail(batch, {Error{errc::store_io}.with_cause(synced.error().cause()), true});
    }
    Refusals refusals(batch.size());
    std::vector<SegmentRange> freed;
    if (const auto failure = commit(batch, refusals, freed)) {
        if (failure->closes)
            close(failure->error);
        return fail(batch, *failure);
    }
    count(batch, refusals, std::chrono::steady_clock::now() - began);
    if (!freed.empty())
        settings_.freed(std::move(freed));
    const auto size = batch.size();
    for (std::size_t index = 0; index < size; ++index)
        batch[index]->answer(refusals[index] ? &*refusals[index] : nullptr);
    batch.clear();
    {
        const std::scoped_lock lock{mutex_};
        answered_ += size;
    }
    idle_.notify_all();
    checkpoint();
}

result<void> Committer::sync(const Batch& batch) {
    std::vector<SegmentFile*> touched;
    for (const auto& member : batch)
        if (member->written)
            touched.push_back(member->written->file().get());
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (auto* file : touched)
        if (auto synced = file->sync(); !synced)
            return synced;
    return {};
}

std::optional<Committer::Failure> Committer::commit(const Batch& batch, Refusals& refusals,
                                                    std::vector<SegmentRange>& freed) {
    std::vector<SegmentRange> abandoned;
    {
        const std::scoped_lock lock{mutex_};
        abandoned.swap(abandoned_);
    }
    const auto give_up = [&](const Error& error, bool closes) {
        if (connection_->in_transaction())
            (void)connection_->execute("ROLLBACK");
        const std::scoped_lock lock{mutex_};
        abandoned_.insert(abandoned_.end(), abandoned.begin(), abandoned.end());
        return Failure{error, closes};
    };

    Transaction transaction{*connection_, {}, {}};
    if (const auto begun = connection_->query("BEGIN IMMEDIATE").run(); !begun)
        return give_up(begun.error(), begun.error() == errc::store_io);
    for (const auto& range : abandoned)
        if (const auto noted = transaction.free(range); !noted)
            return give_up(noted.error(), noted.error() == errc::store_io);
    if (const auto applied = apply_all(batch, refusals, transaction); !applied)
        return give_up(applied.error(), applied.error() == errc::store_io);
    const auto committed = connection_->query("COMMIT").run();
    settings_.committed();
    if (!committed) {
        // A full disk is met before the log is synced, so it leaves no doubt; every other failure does.
        if (committed.error() == errc::store_full)
            return give_up(committed.error(), false);
        return give_up(Error{errc::store_io}.with_cause(committed.error().cause()), true);
    }
    freed = std::move(transaction.freed);
    return std::nullopt;
}

result<void> Committer::apply_all(const Batch& batch, Refusals& refusals, Transaction& transaction) {
    const auto counters = load_counters(*connection_);
    if (!counters)
        return counters.error();
    transaction.counters = *counters;
    for (std::size_t index = 0; index < batch.size(); ++index)
        if (const auto applied = apply_one(*batch[index], refusals[index], transaction); !applied)
            return applied.error();
    if (transaction.counters == *counters)
        return {};
    return store_counters(*connection_, transaction.counters);
}

result<void> Committer::apply_one(Member& member, std::optional<Error>& refusal, Transaction& transaction) {
    if (auto begun = connection_->query("SAVEPOINT member").run(); !begun)
        return begun;
    const auto freed = transaction.freed.size();
    const auto counters = transaction.counters;
    if (const auto applied = guarded_apply(member, transaction); !applied) {
        if (hits_everybody(applied.error().code()))
            return applied.error();
        if (auto undone = connection_->query("ROLLBACK TO member").run(); !undone)
            return undone;
        transaction.freed.resize(freed);
        transaction.counters = counters;
        refusal = applied.error();
        if (member.written)
            if (auto noted = transaction.free(member.written->place().range); !noted)
                return noted;
    }
    return connection_->query("RELEASE member").run();
}

void Committer::fail(const Batch& batch, const Failure& failure) {
    {
        const std::scoped_lock lock{mutex_};
        ++statistics_.failed_batches;
    }
    for (const auto& member : batch) {
        if (member->written) {
            if (failure.closes)
                uncertain_.push_back(member->written->place().range);
            else
                abandon(member->written->place().range);
        }
        member->answer(&failure.error);
    }
    {
        const std::scoped_lock lock{mutex_};
        answered_ += batch.size();
    }
    idle_.notify_all();
}

void Committer::count(const Batch& batch, const Refusals& refusals,
                      std::chrono::steady_clock::duration took) {
    const auto refused = static_cast<std::uint64_t>(std::count_if(
        refusals.begin(), refusals.end(), [](const auto& refusal) { return refusal.has_value(); }));
    const std::scoped_lock lock{mutex_};
    ++statistics_.commits;
    statistics_.commit_times.add(took);
    statistics_.batch_sizes.add(batch.size());
    statistics_.writes += batch.size() - refused;
    statistics_.refused_writes += refused;
    statistics_.largest_batch = std::max<std::uint64_t>(statistics_.largest_batch, batch.size());
}

void Committer::checkpoint() {
    if (connection_->log_pages() < checkpoint_pages)
        return;
    const auto done = copy_log(*connection_);
    // With a full disk or busy readers the log just stays longer; a failed sync is another matter.
    if (!done && done.error() == errc::store_io)
        close(done.error());
}

result<void> Committer::copy_log(Connection& connection) {
    settings_.end_reads();
    auto copied = connection.checkpoint(false);
    settings_.end_reads();
    return copied;
}

void Committer::close(const Error& reason) {
    reopen_at_ = std::chrono::steady_clock::now() + reopen_delay_;
    reopen_delay_ = std::min(reopen_delay_ * 2, longest_reopen_delay);
    const std::scoped_lock lock{mutex_};
    closed_ = Error{errc::store_closed}.with_cause(reason.cause());
}

void Committer::try_to_reopen() {
    if (const auto reopened = reopen(); !reopened)
        return close(reopened.error());
    reopen_delay_ = settings_.reopen_delay;
    const std::scoped_lock lock{mutex_};
    closed_.reset();
    ++statistics_.reopened;
}

result<void> Committer::reopen() {
    auto opened = Connection::open(settings_.database, Connection::Access::read_write);
    if (!opened)
        return opened.error();
    // The old connection is still there, and with it the log's index, which knows only commits that worked.
    // So this copies exactly those into the database, syncs it, and empties the log: a commit that failed is
    // gone for good, and nothing depends on what a failed sync may have left of the log.
    if (auto copied = copy_log(**opened); !copied)
        return copied;
    if (auto emptied = (*opened)->checkpoint(true); !emptied)
        return emptied;
    if (auto checked = settings_.check(**opened); !checked)
        return checked;
    if (auto judged = judge_uncertain(**opened); !judged)
        return judged;
    segments_.forget_failed();
    connection_ = std::move(*opened);
    return {};
}

result<void> Committer::judge_uncertain(Connection& connection) {
    for (const auto& range : uncertain_) {
        const auto named = is_named(connection, range);
        if (!named)
            return named.error();
        if (!*named)
            abandon(range);
    }
    uncertain_.clear();
    return {};
}

} // namespace portrait::sqlite
