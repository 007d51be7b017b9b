#include "commit/committer.hpp"

#include <portrait/injection_point.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace portrait::sqlite {
namespace {

/// Whether an error is the disk's or SQLite's and so fails the whole transaction, not only the write that met
/// it.
bool fails_whole_batch(errc code) noexcept {
    return code == errc::store_io || code == errc::store_full || code == errc::store_read_only ||
           code == errc::service_busy;
}

Error no_room() {
    return Error{errc::store_full}.with_cause(
        fmt::format("the disk has less than {} bytes left, which are kept for removals", reserve_bytes));
}

/// Refuses what takes room, and nothing else: what failed beside it was decided by a state that is rolled
/// back.
void allow_removals_only(const std::vector<std::unique_ptr<Member>>& batch,
                         std::vector<std::optional<Error>>& refusals, const Error& error) {
    for (std::size_t index = 0; index < batch.size(); ++index)
        refusals[index] = batch[index]->room == Room::takes ? std::optional{error} : std::nullopt;
}

} // namespace

Committer::Committer(Settings settings, std::unique_ptr<Connection> connection, Segments& segments,
                     Reserve& reserve)
    : settings_{std::move(settings)}
    , segments_{segments}
    , reserve_{reserve}
    , connection_{std::move(connection)}
    , reopen_delay_{settings_.reopen_delay} {
    watch(*connection_);
    thread_ = std::thread{[this] { work(); }};
}

Committer::~Committer() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Committer::add(std::unique_ptr<Member> member) {
    std::unique_lock lock{mutex_};
    std::optional<Error> refused;
    if (closed_)
        refused = closed_;
    else if (stopping_)
        refused = Error{errc::store_closed};
    else if (waiting_.size() >= settings_.max_waiting)
        refused = Error{errc::service_busy}.with_limit(waiting_.size() + 1, settings_.max_waiting);
    if (!refused) {
        waiting_.push_back(std::move(member));
        ++added_;
        lock.unlock();
        return changed_.notify_one();
    }
    if (member->written)
        abandoned_.push_back(member->written->place.range);
    lock.unlock();
    member->answer(&*refused);
}

void Committer::abandon(const SegmentRange& range) noexcept {
    (void)contained([&]() -> result<void> {
        const std::scoped_lock lock{mutex_};
        abandoned_.push_back(range);
        return {};
    });
}

void Committer::drain() {
    std::unique_lock lock{mutex_};
    const auto until = added_;
    idle_.wait(lock, [&] { return answered_ >= until; });
}

result<void> Committer::writable() const {
    PORTRAIT_TRY(open());
    return settings_.audit ? settings_.audit->writable() : result<void>{};
}

result<void> Committer::open() const {
    const std::scoped_lock lock{mutex_};
    if (closed_)
        return *closed_;
    return {};
}

result<void> Committer::has_room() const {
    return reserve_.hold() ? result<void>{} : no_room();
}

StoreStatistics Committer::statistics() const {
    const std::scoped_lock lock{mutex_};
    return statistics_;
}

void Committer::work() {
    for (;;) {
        Batch batch;
        std::vector<Emptying> emptyings;
        {
            std::unique_lock lock{mutex_};
            const auto called = [this] { return stopping_ || !waiting_.empty() || !emptyings_.empty(); };
            if (closed_)
                changed_.wait_until(lock, reopen_at_, called);
            else
                changed_.wait(lock, called);
            if (stopping_ && waiting_.empty() && emptyings_.empty())
                return;
            batch.swap(waiting_);
            emptyings.swap(emptyings_);
        }
        if (!batch.empty())
            process(std::move(batch));
        if (!emptyings.empty())
            answer_emptyings(std::move(emptyings));
        if (!open() && std::chrono::steady_clock::now() >= reopen_at_)
            try_to_reopen();
    }
}

void Committer::process(Batch batch) {
    Refusals refusals;
    const auto began = std::chrono::steady_clock::now();
    auto freed = contained([&]() -> result<std::vector<SegmentRange>> {
        refusals.resize(batch.size());
        return write_allowed(batch, refusals);
    });
    (void)reserve_.hold(); // before others take the room
    if (!freed)
        return fail(batch, freed.error());
    count(batch, refusals, std::chrono::steady_clock::now() - began);
    if (!freed->empty())
        settings_.freed(*freed);
    const auto size = batch.size();
    for (std::size_t index = 0; index < size; ++index)
        batch[index]->answer(refusals[index] ? &*refusals[index] : nullptr);
    batch.clear();
    note_answered(size);
    checkpoint();
}

result<std::vector<SegmentRange>> Committer::write_allowed(const Batch& batch, Refusals& refusals) {
    if (!reserve_.hold())
        allow_removals_only(batch, refusals, no_room());
    auto freed = write(batch, refusals);
    const bool removes = std::any_of(batch.begin(), batch.end(),
                                     [](const auto& member) { return member->room == Room::frees; });
    const auto failed_by = [&](errc code) { return !freed && freed.error() == code; };
    const auto write_with_reserve = [&] {
        if (!removes || !reserve_.give_up())
            return false;
        allow_removals_only(batch, refusals, freed.error());
        freed = write(batch, refusals);
        return true;
    };
    // The audit log may be on the same disk.
    if (failed_by(errc::audit_unavailable))
        write_with_reserve();
    while (failed_by(errc::store_full) && write_with_reserve()) {
    }
    if (failed_by(errc::audit_unavailable)) {
        // Refuse what needs a record, and also what failed beside it: that was decided by a state that is
        // rolled back.
        for (std::size_t index = 0; index < batch.size(); ++index)
            if (batch[index]->recorded || refusals[index])
                refusals[index] = freed.error();
        freed = write(batch, refusals);
    }
    return freed;
}

result<std::vector<SegmentRange>> Committer::write(const Batch& batch, Refusals& refusals) noexcept {
    Transaction transaction{.connection = *connection_,
                            .counters = {},
                            .has_audit_log = settings_.audit != nullptr,
                            .changes = &changes_};
    std::vector<SegmentRange> abandoned;
    const auto done = contained([&]() -> result<void> {
        PORTRAIT_TRY(open());
        PORTRAIT_TRY(settings_.check_folder());
        PORTRAIT_TRY(sync(batch));
        {
            const std::scoped_lock lock{mutex_};
            abandoned.swap(abandoned_);
        }
        connection_->roll_back(); // a transaction that couldn't be ended
        changes_.clear();
        PORTRAIT_TRY(connection_->run("BEGIN IMMEDIATE"));
        for (const auto& range : abandoned)
            PORTRAIT_TRY(transaction.free(range));
        return commit(batch, refusals, transaction);
    });
    if (done)
        return std::move(transaction.freed);
    connection_->roll_back();
    for (const auto& range : abandoned)
        abandon(range);
    return done.error();
}

result<void> Committer::sync(const Batch& batch) {
    std::set<SegmentFile*> touched;
    for (const auto& member : batch)
        if (member->written)
            touched.insert(member->written->file.get());
    for (auto* file : touched)
        if (const auto synced = file->sync(); !synced)
            return Error{errc::store_io}.with_cause(synced.error());
    return {};
}

result<void> Committer::commit(const Batch& batch, Refusals& refusals, Transaction& transaction) {
    PORTRAIT_TRY(apply_all(batch, refusals, transaction));
    return commit_recorded(transaction);
}

result<void> Committer::commit_recorded(const Transaction& transaction) {
    std::optional<AuditTicket> ticket;
    if (!transaction.records.empty()) {
        undecided_.reserve(undecided_.size() + 1);
        PORTRAIT_TRY_GET(prepared, settings_.audit->prepare(transaction.records));
        ticket = prepared;
    }
    injection_point("sqlite/audit_prepared");
    settings_.committing(changes_);
    // Nothing throws from here: the commit may be durable.
    auto committed = contained([&] { return connection_->run("COMMIT"); });
    injection_point("sqlite/committed");
    settings_.committed(changes_, committed.has_value());
    // SQLite meets a full disk before it syncs the log, so nothing is in doubt. After other errors the commit
    // may be durable all the same.
    const bool in_doubt = !committed && committed.error() != errc::store_full;
    if (ticket && in_doubt)
        undecided_.push_back(*ticket);
    else if (ticket)
        settings_.audit->conclude(*ticket, committed ? AuditOutcome::committed : AuditOutcome::failed);
    if (in_doubt)
        return Error{errc::store_io}.with_cause(committed.error());
    return committed;
}

result<void> Committer::apply_all(const Batch& batch, Refusals& refusals, Transaction& transaction) {
    {
        auto row = connection_->query("SELECT last_blob_id, last_version, last_segment FROM counters");
        PORTRAIT_TRY_GET(found, row.next());
        if (!found)
            return Error{errc::store_corrupt}.with_cause("the counters are missing");
        transaction.counters = {row.integer(0), row.integer(1), row.integer(2)};
    }
    const auto counters = transaction.counters;
    for (std::size_t index = 0; index < batch.size(); ++index)
        PORTRAIT_TRY(apply_one(*batch[index], refusals[index], transaction));
    const auto& [last_blob_id, last_version, last_segment] = transaction.counters;
    if (transaction.counters == counters)
        return {};
    return connection_->run("UPDATE counters SET last_blob_id = ?, last_version = ?, last_segment = ?",
                            last_blob_id, last_version, last_segment);
}

result<void> Committer::apply_one(Member& member, std::optional<Error>& refusal, Transaction& transaction) {
    if (refusal) // by the audit log
        return member.written ? transaction.free(member.written->place.range) : result<void>{};
    PORTRAIT_TRY(connection_->run("SAVEPOINT member"));
    const auto freed = transaction.freed.size();
    const auto records = transaction.records.size();
    const auto changes = changes_.count();
    const auto counters = transaction.counters;
    if (const auto applied = member.apply(transaction); !applied) {
        if (fails_whole_batch(applied.error().code()))
            return applied.error();
        PORTRAIT_TRY(connection_->run("ROLLBACK TO member"));
        transaction.freed.resize(freed);
        transaction.records.resize(records);
        transaction.counters = counters;
        changes_.forget_rows(changes);
        refusal = applied.error();
        if (member.written)
            PORTRAIT_TRY(transaction.free(member.written->place.range));
    } else if (member.written && member.written->reused)
        PORTRAIT_TRY(delete_range_to_free(*connection_, member.written->place.range));
    member.recorded = transaction.records.size() != records;
    return connection_->run("RELEASE member");
}

void Committer::fail(const Batch& batch, const Error& error) {
    const bool in_doubt = error == errc::store_io;
    if (in_doubt)
        close(error);
    {
        const std::scoped_lock lock{mutex_};
        ++statistics_.failed_batches;
    }
    for (const auto& member : batch) {
        if (member->written && in_doubt)
            note_uncertain(member->written->place.range);
        else if (member->written)
            abandon(member->written->place.range);
        member->answer(&error);
    }
    note_answered(batch.size());
}

// Without memory the range stays until the folder is opened again, as in `abandon`.
void Committer::note_uncertain(const SegmentRange& range) noexcept {
    (void)contained([&]() -> result<void> {
        uncertain_.push_back(range);
        return {};
    });
}

void Committer::note_answered(std::size_t members) {
    {
        const std::scoped_lock lock{mutex_};
        answered_ += members;
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

} // namespace portrait::sqlite
