#include "resident/resident_readers.hpp"

#include <algorithm>
#include <new>

namespace portrait::sqlite {
namespace {

constexpr std::chrono::seconds pause_after_failure{1};

} // namespace

bool ResidentReaders::Reader::begin(std::uint64_t present) {
    if (state == present)
        return true;
    // The first query chooses the state that the transaction reads; it runs later than `present` was read.
    if (!end() || !connection->run("BEGIN"))
        return false;
    state = present;
    return true;
}

bool ResidentReaders::Reader::end() noexcept {
    state.reset();
    return connection->roll_back();
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
    if (!loan.reader.begin(state_))
        return std::nullopt;
    auto row = find_blob(*loan.reader.connection, person_id);
    if (row)
        return *std::move(row);
    (void)loan.reader.end(); // usually a page isn't in memory
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
    bool usable = true;
    if (reader.state != state_) {
        // End the transaction now: as long as it is open, SQLite can't write the log from its start.
        lock.unlock();
        usable = reader.end();
        lock.lock();
    }
    if (usable)
        idle_.push_back(std::move(reader)); // within the reserved capacity
    else
        --made_;
}

std::unique_ptr<Connection> ResidentReaders::open() const noexcept {
    try {
        // Run a first query: SQLite opens the log and reads the schema for it, which may block.
        if (auto connection = Connection::open(database_, Connection::Access::query_only, vfs_->c_str());
            connection && (*connection)->integer("SELECT last_version FROM counters"))
            return *std::move(connection);
        // NOLINTNEXTLINE(bugprone-empty-catch): `open_missing` tries again later
    } catch (const std::bad_alloc&) {
    }
    return nullptr;
}

void ResidentReaders::open_missing() noexcept {
    if (!missing_)
        return;
    {
        const std::scoped_lock lock{mutex_};
        if (made_ >= limit_ || std::chrono::steady_clock::now() < next_try_)
            return;
        missing_ = false;
        ++made_;
    }
    if (auto connection = open())
        return give_back({std::move(connection), {}});
    const std::scoped_lock lock{mutex_};
    --made_;
    next_try_ = std::chrono::steady_clock::now() + pause_after_failure;
}

void ResidentReaders::end_transactions() {
    note_commit(); // readers on loan end their transactions when they are given back
    const std::scoped_lock lock{mutex_};
    made_ -= std::erase_if(idle_, [](auto& reader) { return !reader.end(); });
}

} // namespace portrait::sqlite
