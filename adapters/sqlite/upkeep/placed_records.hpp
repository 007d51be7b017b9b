#pragma once

#include "rows/connection.hpp"
#include "segments/segment_file.hpp"

#include <portrait/sqlite/upkeep.hpp>

#include <utility>
#include <vector>

namespace portrait::sqlite {

/// A picture by its row: the record that must be at a place.
struct PlacedRecord {
    std::int64_t blob_id = 0;
    RecordPlace place;
    std::uint64_t size = 0;
    Digest digest;

    std::uint64_t end() const noexcept { return place.range.end(); }
    /// Whether both are the same bytes at the same place, of whatever blob.
    bool is_same_as(const PlacedRecord& other) const noexcept {
        return place == other.place && size == other.size && digest == other.digest;
    }
};

/// The number of pictures with bytes, and their bytes in all.
[[nodiscard]] result<std::pair<std::uint64_t, std::uint64_t>> totals_of(Connection& connection);
/// The numbers of the segments with records, in order.
[[nodiscard]] result<std::vector<std::uint64_t>> segments_with_records(Connection& connection);
/// The records of a segment, by offset.
[[nodiscard]] result<std::vector<PlacedRecord>> records_of(Connection& connection, std::uint64_t segment);

/// The damage of a record whose reading gave this error, with the persons of its picture.
Damage damage_of(Connection& connection, const PlacedRecord& record, const Error& error);

/// Calls the listener if there is one. `cancelled` when it returns false.
[[nodiscard]] inline result<void> report_progress(const ProgressListener& listener,
                                                  const Progress& progress) {
    if (listener && !listener(progress))
        return Error{errc::cancelled};
    return {};
}

/// Keeps the first thousand damages and counts all.
template<class Report>
void add_damage(Report& report, Damage damage) {
    constexpr std::size_t limit = 1000;
    if (report.damages.size() < limit)
        report.damages.push_back(std::move(damage));
    ++report.damage_count;
}

} // namespace portrait::sqlite
