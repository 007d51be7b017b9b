#pragma once

#include "resident/resident_files.hpp"
#include "rows/blob_rows.hpp"
#include "rows/connection.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace portrait::sqlite {

/// Finds rows for those who must not wait: from what is in memory, or not at all. Keeps connections that stay
/// in one read transaction as long as nothing is committed, since beginning one takes locks that all of them
/// share. Thread-safe.
class ResidentReaders {
public:
    /// `files`: of the database, null where they can't be had and nothing is found here; `limit`: at most so
    /// many connections.
    ResidentReaders(std::filesystem::path database, const ResidentFiles* files, std::size_t limit);
    ~ResidentReaders();

    /// What a person has, as the last commit before `note_commit` left it or later. Nothing when the
    /// person has no picture, when a page would have to come from the disk, when no connection is idle, after
    /// any error. Never waits.
    std::optional<BlobRow> find(PersonId person_id);

    /// Opens one more connection if `find` lacked one; after a failure not again for a second. May block.
    void open_missing();

    /// Makes `find` see a commit. Call it before the commit's outcome is reported.
    void note_commit() noexcept { state_.fetch_add(1); }

    /// Ends the transactions that are kept open, so that SQLite's log can be emptied.
    void end_transactions();

private:
    struct Reader {
        std::unique_ptr<Connection> connection;
        /// Of the database when the open transaction began; absent when none is open.
        std::optional<std::uint64_t> state;

        void look_at(std::uint64_t present);
        void let_go();
    };

    /// A reader on loan.
    struct Loan {
        ResidentReaders& readers;
        Reader reader;

        ~Loan() { readers.give_back(std::move(reader)); }
    };

    std::optional<Reader> take();
    void give_back(Reader reader) noexcept;

    const std::filesystem::path database_;
    const ResidentFiles* const files_;
    const std::size_t limit_;
    std::atomic<std::uint64_t> state_ = 0; ///< how many commits there have been
    std::atomic<bool> missing_ = false;

    std::mutex mutex_; ///< for the rest; held while nothing is waited for
    std::vector<Reader> idle_;
    std::size_t made_ = 0;
    std::chrono::steady_clock::time_point next_try_; ///< to open a missing connection
};

} // namespace portrait::sqlite
