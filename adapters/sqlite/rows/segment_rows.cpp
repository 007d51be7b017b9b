#include "rows/segment_rows.hpp"

namespace portrait::sqlite {

result<bool> is_named(Connection& connection, const SegmentRange& range) {
    auto query = connection.query("SELECT 1 FROM blob WHERE segment = ? AND range_offset = ?");
    return query.bind(static_cast<std::int64_t>(range.segment))
        .bind(static_cast<std::int64_t>(range.offset))
        .next();
}

result<bool> is_unnamed(Connection& connection, std::uint64_t segment) {
    auto query = connection.query("SELECT 1 FROM blob WHERE segment = ? LIMIT 1");
    const auto row = query.bind(static_cast<std::int64_t>(segment)).next();
    if (!row)
        return row.error();
    return !*row;
}

result<bool> nothing_to_free(Connection& connection, std::uint64_t segment) {
    auto query = connection.query("SELECT 1 FROM range_to_free WHERE segment = ? LIMIT 1");
    const auto row = query.bind(static_cast<std::int64_t>(segment)).next();
    if (!row)
        return row.error();
    return !*row;
}

result<void> forget_segment(Connection& connection, std::uint64_t segment) {
    const auto number = static_cast<std::int64_t>(segment);
    if (auto deleted = connection.query("DELETE FROM range_to_free WHERE segment = ?").bind(number).run();
        !deleted)
        return deleted;
    return connection.query("DELETE FROM segment WHERE number = ?").bind(number).run();
}

result<std::vector<SegmentRange>> ranges_to_free(Connection& connection) {
    auto query = connection.query("SELECT segment, range_offset, range_length FROM range_to_free");
    std::vector<SegmentRange> ranges;
    for (;;) {
        const auto row = query.next();
        if (!row)
            return row.error();
        if (!*row)
            return ranges;
        ranges.push_back({query.unsigned_integer(0), query.unsigned_integer(1), query.unsigned_integer(2)});
    }
}

} // namespace portrait::sqlite
