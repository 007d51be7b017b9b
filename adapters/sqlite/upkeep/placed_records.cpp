#include "upkeep/placed_records.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portrait::sqlite {

namespace {} // namespace

[[nodiscard]] result<Totals> totals_of(Connection& connection) {
    auto query =
        connection.query("SELECT count(*), coalesce(sum(size), 0) FROM blob WHERE segment IS NOT NULL");
    if (const auto row = query.next(); !row)
        return row.error();
    return Totals{query.unsigned_integer(0), query.unsigned_integer(1)};
}

[[nodiscard]] result<std::vector<std::uint64_t>> segments_with_records(Connection& connection) {
    auto query =
        connection.query("SELECT DISTINCT segment FROM blob WHERE segment IS NOT NULL ORDER BY segment");
    std::vector<std::uint64_t> numbers;
    for (;;) {
        const auto row = query.next();
        if (!row)
            return row.error();
        if (!*row)
            return numbers;
        numbers.push_back(query.unsigned_integer(0));
    }
}

[[nodiscard]] result<std::vector<PlacedRecord>> records_of(Connection& connection, std::uint64_t segment) {
    auto query = connection.query("SELECT blob_id, range_offset, range_length, sequence, size, digest "
                                  "FROM blob WHERE segment = ? ORDER BY range_offset");
    query.bind(static_cast<std::int64_t>(segment));
    std::vector<PlacedRecord> records;
    for (;;) {
        const auto row = query.next();
        if (!row)
            return row.error();
        if (!*row)
            return records;
        PlacedRecord record{.blob_id = query.integer(0),
                            .place = {{segment, query.unsigned_integer(1), query.unsigned_integer(2)},
                                      query.unsigned_integer(3)},
                            .size = query.unsigned_integer(4),
                            .digest = {}};
        const auto digest = query.bytes(5);
        std::copy_n(digest.begin(), std::min(digest.size(), record.digest.bytes.size()),
                    record.digest.bytes.begin());
        records.push_back(record);
    }
}

Damage damage_of(Connection& connection, const PlacedRecord& record, const Error& error) {
    constexpr int most_persons = 10;
    Damage damage{.blob_id = BlobId::from(record.blob_id).has_value()
                                 ? std::optional{BlobId::from(record.blob_id).value()}
                                 : std::nullopt,
                  .persons = {},
                  .what = error.cause().empty() ? error.message() : error.cause()};
    auto query = connection.query("SELECT person_id FROM person_image WHERE blob_id = ? ORDER BY 1 LIMIT ?");
    query.bind(record.blob_id).bind(std::int64_t{most_persons});
    for (auto row = query.next(); row && *row; row = query.next())
        if (const auto person_id = PersonId::from(query.integer(0)))
            damage.persons.push_back(*person_id);
    return damage;
}

} // namespace portrait::sqlite
