#pragma once

#include "rows/connection.hpp"
#include "segments/segment_file.hpp"

#include <portrait/sqlite/upkeep.hpp>

#include <vector>

namespace portrait::sqlite {

/// A picture as the rows know it: what has to be where.
struct PlacedRecord {
    std::int64_t blob_id = 0;
    RecordPlace place;
    std::uint64_t size = 0;
    Digest digest;

    std::uint64_t end() const noexcept { return place.range.offset + place.range.length; }
    /// Whether both name the same bytes at the same place.
    bool is_same_as(const PlacedRecord& other) const noexcept {
        return place == other.place && size == other.size && digest == other.digest;
    }
};

/// The pictures of all segments together.
struct Totals {
    std::uint64_t pictures = 0;
    std::uint64_t bytes = 0;
};

[[nodiscard]] result<Totals> totals_of(Connection& connection);

/// The numbers of the segments that rows of blobs name, in order.
[[nodiscard]] result<std::vector<std::uint64_t>> segments_with_records(Connection& connection);

/// The records of a segment that rows of blobs name, by offset.
[[nodiscard]] result<std::vector<PlacedRecord>> records_of(Connection& connection, std::uint64_t segment);

/// Says of a record what is wrong with it, and whose it is.
Damage damage_of(Connection& connection, const PlacedRecord& record, const Error& error);

/// Keeps the first thousand, counts all.
template<class Report>
void add_damage(Report& report, Damage damage) {
    constexpr std::size_t most = 1000;
    if (report.damages.size() < most)
        report.damages.push_back(std::move(damage));
    ++report.damage_count;
}

} // namespace portrait::sqlite
