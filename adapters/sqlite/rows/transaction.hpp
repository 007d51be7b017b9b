#pragma once

#include "rows/connection.hpp"
#include "segments/segment_file.hpp"

#include <cstdint>
#include <vector>

namespace portrait::sqlite {

/// What only grows. Read when a transaction begins and written before it ends.
struct Counters {
    std::int64_t last_blob_id = 0;
    std::int64_t last_version = 0; ///< of blobs and links alike, so that no two states share one
    std::int64_t last_segment = 0;

    friend bool operator==(const Counters&, const Counters&) = default;
};

[[nodiscard]] result<Counters> load_counters(Connection& connection);
[[nodiscard]] result<void> store_counters(Connection& connection, const Counters& counters);

/// What a write works with inside the committer's transaction.
struct Transaction {
    Connection& connection;
    Counters counters;
    std::vector<SegmentRange> freed; ///< ranges that this transaction put into range_to_free

    std::int64_t next_version() noexcept { return ++counters.last_version; }

    /// Notes that nothing names this range any more.
    [[nodiscard]] result<void> free(const SegmentRange& range);
};

} // namespace portrait::sqlite
