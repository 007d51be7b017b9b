#pragma once

#include "rows/connection.hpp"
#include "segments/segments.hpp"

#include <portrait/sqlite/upkeep.hpp>

#include <filesystem>

namespace portrait::sqlite {

/// Where a copy goes, and what may be there.
struct CopyTarget {
    std::filesystem::path folder;
    bool may_hold_earlier_copy = false; ///< else a database that is there is a refusal
};

/// Copies the rows as they are at this moment, then the records that these rows name. The caller sees to it
/// that none of these is erased meanwhile. The database comes to its name last: until then an earlier copy
/// stays what it was, since records are only added to it. Errors: as `SqliteImageStore::backup`.
[[nodiscard]] result<CopyReport> copy_store(Connection& connection, Segments& segments,
                                            const CopyTarget& target, const ProgressListener& listener);

} // namespace portrait::sqlite
