#pragma once

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
#include <string>
#include <vector>

namespace portrait::sqlite {

/// Finds rows without waiting for the disk. Its connections stay in one read transaction as long as nothing
/// is committed, because beginning one takes locks that all of them share. Thread-safe.
class ResidentReaders {
public:
    /// `vfs`: the name of the database's resident VFS; with null nothing is found. `limit`: of connections.
    ResidentReaders(std::filesystem::path database, std::shared_ptr<const std::string> vfs,
                    std::size_t limit);

    /// A person's blob, of the last commit before the last `note_commit` or a later one. Absent also when a
    /// page isn't in memory, when no connection is idle, and after any error. Never waits.
    std::optional<BlobRow> find(PersonId person_id);

    /// Opens a connection if `find` had none. Does nothing for a second after a failure, such as of memory.
    /// May block.
    void open_missing() noexcept;

    /// Makes later `find`s read a commit. Call it before the commit's outcome is reported.
    void note_commit() noexcept { state_.fetch_add(1); }

    /// Ends the transactions that are kept open, so that SQLite's log can be emptied.
    void end_transactions();

private:
    struct Reader {
        std::unique_ptr<Connection> connection;
        /// The number of commits when the open transaction began; absent when none is open.
        std::optional<std::uint64_t> state;

        /// False when the transaction of an earlier state can't be ended or none can be begun.
        [[nodiscard]] bool begin(std::uint64_t present);
        /// False when the transaction can't be ended; such a connection has to be closed.
        [[nodiscard]] bool end() noexcept;
    };

    /// Gives a reader back at its end, also after an exception.
    struct Loan {
        ResidentReaders& readers;
        Reader reader;

        ~Loan() { readers.give_back(std::move(reader)); }
    };

    std::optional<Reader> take();
    /// Null after an error.
    std::unique_ptr<Connection> open() const noexcept;
    void give_back(Reader reader) noexcept;

    const std::filesystem::path database_;
    const std::shared_ptr<const std::string> vfs_;
    const std::size_t limit_;
    std::atomic<std::uint64_t> state_ = 0; ///< the number of commits
    std::atomic<bool> missing_ = false;

    std::mutex mutex_; ///< for the rest; never held during I/O
    std::vector<Reader> idle_;
    std::size_t made_ = 0;
    std::chrono::steady_clock::time_point next_try_; ///< to open a missing connection
};

} // namespace portrait::sqlite
