#include "upkeep/erasing.hpp"

#include "rows/erasures.hpp"
#include "rows/image_writes.hpp"
#include "rows/row_bytes.hpp"

#include <portrait/sqlite/person_directory.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace portrait::sqlite {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// An erasure waits as long for readers that began before it.
constexpr std::chrono::seconds patience{5};
constexpr std::chrono::milliseconds pause_between_tries{20};

constexpr const char* range_left =
    "The bytes may still be in a segment file, since a backup, a check or a read that began before has not "
    "ended or the disk failed; verify the erasure later";
constexpr const char* log_left = "The file portrait.db-wal may still have the row, since a reader needs it; "
                                 "verify the erasure later";
constexpr const char* page_left =
    "An unused part of portrait.db still has a copy of the row; a backup that is restored has none";
constexpr const char* unsearched = "The file portrait.db can't be searched for copies of the row";

/// Tries again while a reader needs the log.
bool empty_log(DataFolder& folder, bool vacuum, SteadyClock::time_point deadline) {
    for (;;) {
        const auto emptied = folder.committer().empty_log(vacuum);
        if (emptied || emptied.error() != errc::service_busy || SteadyClock::now() >= deadline)
            return emptied.has_value();
        std::this_thread::sleep_for(pause_between_tries);
    }
}

[[nodiscard]] result<bool> database_contains(DataFolder& folder, std::span<const std::string> rows) {
    PORTRAIT_TRY_GET(connection, folder.readers().take());
    for (const auto& row : rows) {
        PORTRAIT_TRY_GET(found, connection->file_contains(row));
        if (found)
            return true;
    }
    return false;
}

} // namespace

std::vector<std::string> erase_leftovers(DataFolder& folder, std::span<const std::string> rows) {
    const auto deadline = SteadyClock::now() + patience;
    std::vector<std::string> unproven;
    if (!folder.erase_freed(deadline))
        unproven.emplace_back(range_left);
    if (!empty_log(folder, false, deadline))
        unproven.emplace_back(log_left);
    auto found = database_contains(folder, rows);
    if (found && *found && empty_log(folder, true, deadline))
        found = database_contains(folder, rows);
    if (!found)
        unproven.emplace_back(unsearched);
    else if (*found)
        unproven.emplace_back(page_left);
    return unproven;
}

result<std::uint64_t> repeat_erasures(Connection& from, Connection& to) {
    PORTRAIT_TRY_GET(epoch, read_epoch(to));
    PORTRAIT_TRY_GET(erasures, find_erasures(from, std::nullopt));
    std::uint64_t repeated = 0;
    for (const auto& row : erasures) {
        const auto& erasure = row.erasure;
        const auto person = row.person_id.value();
        PORTRAIT_TRY_GET(known, to.has_row("SELECT 1 FROM erasure WHERE epoch = ? AND number = ?",
                                           std::string_view{erasure.epoch}, erasure.number));
        if (known)
            continue;
        PORTRAIT_TRY(insert_erasure(to, row));
        PORTRAIT_TRY_GET(blob, find_blob(to, row.person_id));
        if (blob && erasure.epoch != epoch && last_change(blob->info) > erasure.at)
            continue;
        Transaction transaction{to, {}};
        if (blob)
            PORTRAIT_TRY(remove_picture(transaction, row.person_id, *blob));
        PORTRAIT_TRY_GET(forgotten,
                         from.has_row("SELECT 1 FROM forgotten_person WHERE person_id = ?", person));
        if (forgotten) {
            PORTRAIT_TRY(to.run("DELETE FROM person WHERE person_id = ?", person));
            PORTRAIT_TRY(to.run("INSERT OR IGNORE INTO forgotten_person (person_id) VALUES (?)", person));
        }
        if (blob || forgotten)
            ++repeated;
    }
    return repeated;
}

result<ErasedImage> SqliteImageStore::erase(EraseImage command) {
    std::vector<std::string> rows;
    auto erased = folder_->committer().run<ErasedImage>(
        [&](Transaction& transaction) -> result<ErasedImage> {
            PORTRAIT_TRY_GET(row, find_blob(transaction.connection, command.person_id));
            rows.clear();
            if (row && row->place)
                rows.push_back(bytes_of_blob(*row));
            return apply_erase(transaction, command, folder_->epoch());
        },
        Room::frees);
    if (!erased)
        return erased;
    if (erased->erased.empty()) // a blob that is kept stays in its row
        rows.clear();
    erased->unproven = erase_leftovers(*folder_, rows);
    return erased;
}

result<std::optional<Erasure>> SqliteImageStore::last_erasure(PersonId person_id) const {
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    PORTRAIT_TRY_GET(rows, find_erasures(*connection, person_id));
    return rows.empty() ? std::optional<Erasure>{} : std::optional{std::move(rows.back().erasure)};
}

result<std::int64_t> SqliteImageStore::erasures() const {
    PORTRAIT_TRY_GET(connection, folder_->readers().take());
    return count_erasures(*connection, folder_->epoch());
}

std::string SqliteImageStore::epoch() const {
    return folder_->epoch();
}

result<ForgottenPerson> SqlitePersonDirectory::forget(PersonId person_id) {
    std::string row;
    const auto existed = folder_->committer().run<bool>(
        [&](Transaction& transaction) -> result<bool> {
            auto& connection = transaction.connection;
            row.clear();
            auto query = connection.query("SELECT name FROM person WHERE person_id = ?", person_id.value());
            PORTRAIT_TRY_GET(found, query.next());
            if (found)
                row = bytes_of_person(person_id, query.text(0));
            PORTRAIT_TRY(connection.run("DELETE FROM person WHERE person_id = ?", person_id.value()));
            PORTRAIT_TRY(connection.run("INSERT OR IGNORE INTO forgotten_person (person_id) VALUES (?)",
                                        person_id.value()));
            return found;
        },
        Room::frees);
    if (!existed)
        return existed.error();
    ForgottenPerson forgotten{.existed = *existed};
    if (*existed)
        forgotten.unproven = erase_leftovers(*folder_, {&row, 1});
    return forgotten;
}

} // namespace portrait::sqlite
