#include "resident/resident_readers.hpp"

#include <algorithm>

namespace portrait::sqlite {
namespace {

constexpr std::chrono::seconds pause_after_failure{1};

} // namespace

void ResidentReaders::Reader::begin(std::uint64_t present) {
    if (state == present)
        return;
    end();
    // The first query chooses the state that the transaction reads; it runs later than `present` was read.
    if (connection->run("BEGIN"))
        state = present;
}

void ResidentReaders::Reader::end() {
    connection->roll_back();
    state.reset();
}

ResidentReaders::ResidentReaders(std::filesystem::path database, std::shared_ptr<const std::string> vfs,
                                 std::size_t limit)
    : database_{std::move(database)}
    , vfs_{std::move(vfs)}
    , limit_{std::max<std::size_t>(limit, 1)} {
    idle_.reserve(limit_);
}

std::optional<BlobRow> ResidentReaders::find(PersonId person_id) {
    auto idle = take();
    if (!idle)
        return std::nullopt;
    Loan loan{*this, *std::move(idle)};
    loan.reader.begin(state_);
    auto row = find_blob(*loan.reader.connection, person_id);
    if (row)
        return *std::move(row);
    loan.reader.end(); // usually a page isn't in memory
    return std::nullopt;
}

std::optional<ResidentReaders::Reader> ResidentReaders::take() {
    const std::scoped_lock lock{mutex_};
    if (idle_.empty()) {
        missing_ = vfs_ != nullptr && made_ < limit_;
        return std::nullopt;
    }
    auto reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
}

void ResidentReaders::give_back(Reader reader) noexcept {
    std::unique_lock lock{mutex_};
    try {
        if (reader.state != state_) {
            // End the transaction now: as long as it is open, SQLite can't write the log from its start.
            lock.unlock();
            reader.end();
            lock.lock();
        }
        idle_.push_back(std::move(reader));
    } catch (...) { // no memory: close this connection
        if (!lock)
            lock.lock();
        --made_;
    }
}

void ResidentReaders::open_missing() {
    if (!missing_)
        return;
    {
        const std::scoped_lock lock{mutex_};
        if (made_ >= limit_ || std::chrono::steady_clock::now() < next_try_)
            return;
        missing_ = false;
        ++made_;
    }
    // Run a first query: SQLite opens the log and reads the schema for it, which may block.
    if (auto connection = Connection::open(database_, Connection::Access::query_only, vfs_->c_str());
        connection && (*connection)->integer("SELECT last_version FROM counters"))
        return give_back({*std::move(connection), {}});
    const std::scoped_lock lock{mutex_};
    --made_;
    next_try_ = std::chrono::steady_clock::now() + pause_after_failure;
}

void ResidentReaders::end_transactions() {
    note_commit(); // readers on loan end their transactions when they are given back
    const std::scoped_lock lock{mutex_};
    for (auto& reader : idle_)
        reader.end();
}

} // namespace portrait::sqlite
