#include "folder/store_check.hpp"

#include "rows/blob_rows.hpp"
#include "rows/segment_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <unistd.h>

namespace portrait::sqlite {

namespace {

Error damaged(std::string cause) {
    return Error{errc::store_corrupt}.with_cause(std::move(cause));
}

/// The ranges of a segment that a table knows, by offset.
[[nodiscard]] result<std::vector<SegmentRange>> known_ranges(Connection& connection, std::uint64_t segment) {
    auto query = connection.query("SELECT range_offset, range_length FROM blob WHERE segment = ?1 UNION "
                                  "SELECT range_offset, range_length FROM range_to_free WHERE segment = ?1 "
                                  "ORDER BY range_offset");
    query.bind(static_cast<std::int64_t>(segment));
    std::vector<SegmentRange> ranges;
    for (;;) {
        const auto row = query.next();
        if (!row)
            return row.error();
        if (!*row)
            return ranges;
        ranges.push_back({segment, query.unsigned_integer(0), query.unsigned_integer(1)});
    }
}

/// Cuts off what lies behind the last known range: space taken in advance, and records that no row names.
[[nodiscard]] result<void> cut(const std::filesystem::path& path, std::uint64_t end) {
    std::error_code failure;
    const auto size = std::filesystem::file_size(path, failure);
    if (failure)
        return error_of_errno(failure.value(), "stat", path);
    if (size > end && ::truncate(path.c_str(), static_cast<off_t>(end)) != 0)
        return error_of_errno(errno, "truncate", path);
    return {};
}

[[nodiscard]] result<void> seal_segment(Connection& connection, Segments& segments, std::uint64_t segment) {
    const auto unnamed = is_unnamed(connection, segment);
    if (!unnamed)
        return unnamed.error();
    if (*unnamed) {
        if (auto removed = segments.remove(segment); !removed)
            return removed;
        return forget_segment(connection, segment);
    }
    const auto known = known_ranges(connection, segment);
    if (!known)
        return known.error();
    const auto path = SegmentFile::path_of(segments.folder(), segment);
    std::uint64_t end = 0;
    for (const auto& range : *known) {
        if (range.offset > end)
            if (auto noted = insert_range_to_free(connection, {segment, end, range.offset - end}); !noted)
                return noted;
        end = std::max(end, range.offset + range.length);
    }
    // A missing file shows when one of its pictures is read; the others must stay readable until then.
    if (std::error_code ignored; std::filesystem::exists(path, ignored))
        if (auto done = cut(path, end); !done)
            return done;
    return connection.query("UPDATE segment SET sealed = 1 WHERE number = ?")
        .bind(static_cast<std::int64_t>(segment))
        .run();
}

[[nodiscard]] result<void> seal_all(Connection& connection, Segments& segments) {
    std::vector<std::uint64_t> open;
    {
        auto query = connection.query("SELECT number FROM segment WHERE sealed = 0 OR NOT EXISTS "
                                      "(SELECT 1 FROM blob WHERE blob.segment = segment.number)");
        for (;;) {
            const auto row = query.next();
            if (!row)
                return row.error();
            if (!*row)
                break;
            open.push_back(query.unsigned_integer(0));
        }
    }
    for (const auto segment : open)
        if (auto sealed = seal_segment(connection, segments, segment); !sealed)
            return sealed;
    return {};
}

} // namespace

[[nodiscard]] result<void> check_store(Connection& connection, Segments& segments) {
    {
        auto check = connection.query("PRAGMA quick_check(1)");
        const auto row = check.next();
        if (!row)
            return row.error();
        if (!*row || check.text(0) != "ok")
            return damaged(fmt::format("SQLite's check found: {}", check.text(0)));
    }
    auto ends =
        connection.query("SELECT segment, max(range_offset + size) FROM blob WHERE segment IS NOT NULL "
                         "GROUP BY segment");
    for (;;) {
        const auto row = ends.next();
        if (!row)
            return row.error();
        if (!*row)
            return {};
        const auto file = segments.file(ends.unsigned_integer(0));
        if (!file)
            return file.error();
        const auto size = (*file)->size();
        if (!size)
            return size.error();
        if (ends.unsigned_integer(1) + record_header_size > *size)
            return damaged(fmt::format("segment {} is shorter than its records", ends.unsigned_integer(0)));
    }
}

[[nodiscard]] result<void> seal_segments(Connection& connection, Segments& segments) {
    if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun)
        return begun;
    auto done = seal_all(connection, segments);
    if (done)
        done = connection.execute("COMMIT");
    if (!done && connection.in_transaction())
        (void)connection.execute("ROLLBACK");
    return done;
}

} // namespace portrait::sqlite
