#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/upkeep.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

/// Maintenance of a data folder: reports of `SqliteImageStore::check` and `backup`, and `restore`.
namespace portrait::sqlite {

using portrait::CheckReport;
using portrait::Damage;
using portrait::ErasureCheck;
using portrait::Progress;
using portrait::ProgressListener;

/// The result of a backup or a restoration.
struct CopyReport {
    std::uint64_t pictures = 0;        ///< in the copy
    std::uint64_t bytes = 0;           ///< of these pictures
    std::uint64_t copied_pictures = 0; ///< pictures that an earlier backup lacked
    std::uint64_t copied_bytes = 0;    ///< of these
    std::vector<Damage> damages;       ///< damaged pictures, which the copy lacks; the first thousand
    std::uint64_t damage_count = 0;
    std::uint64_t erased_persons = 0; ///< persons of `restore`'s backup that the copy lacks, since erased

    bool ok() const noexcept { return damage_count == 0; }
};

/// Copies a backup, or any data folder that isn't open, into a new data folder, and verifies all digests.
/// `folder` must be missing, or have no pictures and no database: nothing is overwritten. An interrupted
/// restoration is continued. The counters are the backup's, so later ids may be given again; the epoch is
/// another one.
///
/// `erased_in` is the data folder that the backup was made of, or a copy of it: what was erased there after
/// the backup isn't restored. It may be open. Without it, erased pictures come back.
///
/// Errors: `store_in_use` when the backup is open or `folder` holds data, `store_folder_missing`,
/// `file_invalid` (see `SqliteImageStore::backup`; both folders), `store_not_a_database` when there is no
/// backup, `store_newer_schema`, `cancelled`, those of the disk.
[[nodiscard]] PORTRAIT_EXPORT result<CopyReport>
restore(const std::filesystem::path& backup, const std::filesystem::path& folder,
        const ProgressListener& listener = {},
        const std::optional<std::filesystem::path>& erased_in = std::nullopt);

} // namespace portrait::sqlite
