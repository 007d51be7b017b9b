#include "rows/transaction.hpp"

#include "rows/blob_rows.hpp"

namespace portrait::sqlite {

[[nodiscard]] result<Counters> load_counters(Connection& connection) {
    auto query = connection.query("SELECT last_blob_id, last_version, last_segment FROM counters");
    const auto row = query.next();
    if (!row)
        return row.error();
    if (!*row)
        return Error{errc::store_corrupt}.with_cause("the counters are missing");
    return Counters{query.integer(0), query.integer(1), query.integer(2)};
}

[[nodiscard]] result<void> store_counters(Connection& connection, const Counters& counters) {
    return connection.query("UPDATE counters SET last_blob_id = ?, last_version = ?, last_segment = ?")
        .bind(counters.last_blob_id)
        .bind(counters.last_version)
        .bind(counters.last_segment)
        .run();
}

result<void> Transaction::free(const SegmentRange& range) {
    if (const auto noted = insert_range_to_free(connection, range); !noted)
        return noted.error();
    freed.push_back(range);
    return {};
}

} // namespace portrait::sqlite
