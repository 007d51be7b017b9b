#include "upkeep/placed_records.hpp"

#include <algorithm>

namespace portrait::sqlite {

result<std::pair<std::uint64_t, std::uint64_t>> totals_of(Connection& connection) {
    auto query =
        connection.query("SELECT count(*), coalesce(sum(size), 0) FROM blob WHERE segment IS NOT NULL");
    PORTRAIT_TRY(query.next());
    return std::pair{query.unsigned_integer(0), query.unsigned_integer(1)};
}

result<std::vector<std::uint64_t>> segments_with_records(Connection& connection) {
    auto query =
        connection.query("SELECT DISTINCT segment FROM blob WHERE segment IS NOT NULL ORDER BY segment");
    std::vector<std::uint64_t> numbers;
    PORTRAIT_TRY(query.each([&] { numbers.push_back(query.unsigned_integer(0)); }));
    return numbers;
}

result<std::vector<PlacedRecord>> records_of(Connection& connection, std::uint64_t segment) {
    auto query = connection.query("SELECT blob_id, range_offset, range_length, sequence, size, digest "
                                  "FROM blob WHERE segment = ? ORDER BY range_offset",
                                  segment);
    std::vector<PlacedRecord> records;
    PORTRAIT_TRY(query.each([&] {
        PlacedRecord record{.blob_id = query.integer(0),
                            .place = {{segment, query.unsigned_integer(1), query.unsigned_integer(2)},
                                      query.unsigned_integer(3)},
                            .size = query.unsigned_integer(4),
                            .digest = {}};
        const auto digest = query.bytes(5);
        std::copy_n(digest.begin(), std::min(digest.size(), record.digest.bytes.size()),
                    record.digest.bytes.begin());
        records.push_back(record);
    }));
    return records;
}

Damage damage_of(Connection& connection, const PlacedRecord& record, const Error& error) {
    constexpr int max_persons = 10;
    Damage damage{
        .blob_id = {}, .persons = {}, .what = error.cause().empty() ? error.message() : error.cause()};
    if (const auto blob_id = BlobId::from(record.blob_id))
        damage.blob_id = *blob_id;
    // Without the persons after an error: the record's damage is the report.
    auto query = connection.query("SELECT person_id FROM person_image WHERE blob_id = ? ORDER BY 1 LIMIT ?",
                                  record.blob_id, max_persons);
    (void)query.each([&] {
        if (const auto person_id = PersonId::from(query.integer(0)))
            damage.persons.push_back(*person_id);
    });
    return damage;
}

} // namespace portrait::sqlite
