#include "resident/resident_readers.hpp"

#include <algorithm>
#include <utility>

namespace portrait::sqlite {

namespace {

constexpr std::chrono::seconds pause_after_failure{1};

} // namespace

void ResidentReaders::Reader::look_at(std::uint64_t present) {
    if (state == present)
        return;
    let_go();
    // Which state the transaction is of is settled by its first query, later than `present` was read.
    if (connection->query("BEGIN").run())
        state = present;
}

void ResidentReaders::Reader::let_go() {
    if (connection->in_transaction())
        (void)connection->query("COMMIT").run();
    state.reset();
}

ResidentReaders::ResidentReaders(std::filesystem::path database, const ResidentFiles* files,
                                 std::size_t limit)
    : database_{std::move(database)}
    , files_{files}
    , limit_{std::max<std::size_t>(limit, 1)} {
    idle_.reserve(limit_);
}

ResidentReaders::~ResidentReaders() = default;

std::optional<BlobRow> ResidentReaders::find(PersonId person_id) {
    auto idle = take();
    if (!idle)
        return std::nullopt;
    Loan loan{*this, *std::move(idle)};
    loan.reader.look_at(state_);
    auto row = find_blob(*loan.reader.connection, person_id);
    if (!row) {
        loan.reader.let_go();
        return std::nullopt;
    }
    return *std::move(row);
}

std::optional<ResidentReaders::Reader> ResidentReaders::take() {
    const std::scoped_lock lock{mutex_};
    if (idle_.empty()) {
        missing_ = files_ != nullptr && made_ < limit_;
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
            // Nobody may need it for long, and until then the log couldn't be begun anew.
            lock.unlock();
            reader.let_go();
            lock.lock();
        }
        idle_.push_back(std::move(reader));
    } catch (...) { // no memory: this connection goes
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
    if (auto connection = Connection::open_non_blocking(database_, files_->vfs_name());
        connection && (*connection)->integer("SELECT last_version FROM counters"))
        return give_back({std::move(*connection), {}});
    const std::scoped_lock lock{mutex_};
    --made_;
    next_try_ = std::chrono::steady_clock::now() + pause_after_failure;
}

void ResidentReaders::end_transactions() {
    note_commit(); // a reader on loan ends its transaction when it is given back
    const std::scoped_lock lock{mutex_};
    for (auto& reader : idle_)
        reader.let_go();
}

} // namespace portrait::sqlite
