#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/id.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What an operator does with a data folder beside serving it: `SqliteImageStore::check` and `backup` on one
/// that is open, `restore` into one that isn't there yet.
namespace portrait::sqlite {

/// How far a long piece of work has come.
struct Progress {
    std::string_view step;   ///< such as "pictures"; the strings are literals
    std::uint64_t done = 0;  ///< bytes of this step
    std::uint64_t total = 0; ///< bytes of this step; 0: not known
};

/// Told of progress, on the thread that does the work, many times a second. False ends the work with
/// `errc::cancelled`.
using ProgressListener = std::function<bool(const Progress&)>;

/// Something in a data folder that isn't as it should be.
struct Damage {
    std::optional<BlobId> blob_id; ///< of the picture that can't be read; absent when it is no picture
    std::vector<PersonId> persons; ///< who has this picture, the first ten
    std::string what;              ///< for the operator: file, place and what is wrong there
};

/// What a check found.
struct CheckReport {
    std::uint64_t pictures = 0;  ///< that were read and compared with their digests
    std::uint64_t bytes = 0;     ///< of these pictures
    std::vector<Damage> damages; ///< the first thousand
    std::uint64_t damage_count = 0;
    std::uint64_t unreferenced_bytes = 0; ///< in segment files, of no picture and not waiting to be freed

    bool ok() const noexcept { return damage_count == 0 && unreferenced_bytes == 0; }
};

/// A person who has a picture.
struct PersonWithImage {
    PersonId id;
    std::optional<std::string> name; ///< as the table of persons has it; absent when the person isn't there
};

/// What a backup or a restoration did.
struct CopyReport {
    std::uint64_t pictures = 0;        ///< in the copy
    std::uint64_t bytes = 0;           ///< of these pictures
    std::uint64_t copied_pictures = 0; ///< that weren't there from an earlier backup
    std::uint64_t copied_bytes = 0;    ///< of these
    std::vector<Damage>
        damages; ///< pictures that couldn't be read and aren't in the copy; the first thousand
    std::uint64_t damage_count = 0;

    bool ok() const noexcept { return damage_count == 0; }
};

/// Copies a backup (or any data folder that nobody has open) into a new data folder, digests compared on the
/// way. `folder` has to be missing, or without pictures and a database: nothing is ever overwritten. A
/// restoration that was interrupted goes on where it was. Schema and counters are the backup's, so ids that
/// were given out after it may be given again.
/// Errors: `store_in_use` when somebody has the backup open or `folder` holds data, `store_folder_missing`,
/// `store_not_a_database` when there is no backup, `store_newer_schema`, `cancelled`, those of the disk.
[[nodiscard]] PORTRAIT_EXPORT result<CopyReport> restore(const std::filesystem::path& backup,
                                                         const std::filesystem::path& folder,
                                                         const ProgressListener& listener = {});

} // namespace portrait::sqlite
