#include <portrait/postgres/migration_target.hpp>

#include "rows/blob_rows.hpp"
#include "upkeep/run_statement.hpp"

#include <portrait/digest.hpp>
#include <portrait/try.hpp>

#include <algorithm>
#include <utility>

// What `MigrationTarget` reads.
namespace portrait::postgres {
namespace {

constexpr Statement list_blobs{"list_blobs",
                               "SELECT " PORTRAIT_BLOB_COLUMNS " FROM blob b WHERE b.blob_id > $1 "
                               "ORDER BY b.blob_id LIMIT $2"};
constexpr Statement list_slots{
    "list_slots", "SELECT person_id, blob_id, link_version, linked_at, last_modified FROM person_slot "
                  "WHERE person_id > $1 ORDER BY person_id LIMIT $2"};
constexpr Statement list_persons{
    "list_moved_persons",
    "SELECT person_id, name FROM person WHERE person_id > $1 ORDER BY person_id LIMIT $2"};
constexpr Statement list_erasures{"list_erasures", "SELECT person_id, epoch, number, erased_at FROM erasure "
                                                   "WHERE person_id > $1 ORDER BY person_id LIMIT $2"};
constexpr Statement list_forgotten{
    "list_forgotten",
    "SELECT person_id FROM forgotten_person WHERE person_id > $1 ORDER BY person_id LIMIT $2"};
constexpr Statement read_contents{
    "read_contents", "SELECT b.blob_id, c.bytes FROM blob b JOIN content c ON c.content_id = b.content_id "
                     "WHERE b.blob_id = ANY($1::int[])"};
constexpr Statement count_rows{
    "count_rows",
    "SELECT count(*), count(content_id), coalesce(sum(size), 0)::bigint, (SELECT count(*) FROM person_slot), "
    "(SELECT count(*) FROM person), (SELECT count(*) FROM erasure), (SELECT count(*) FROM forgotten_person) "
    "FROM blob"};

/// The rows of a table that has a page of them; `row_at` makes one.
template<class Row, class RowAt>
[[nodiscard]] result<std::vector<Row>> list(Connection& connection, const Statement& statement,
                                            std::int32_t after, std::size_t limit, const RowAt& row_at) {
    PORTRAIT_TRY_GET(rows,
                     run(connection, statement, Parameters::of(after, static_cast<std::int64_t>(limit))));
    std::vector<Row> listed;
    listed.reserve(static_cast<std::size_t>(rows.count()));
    for (int row = 0; row < rows.count(); ++row) {
        PORTRAIT_TRY_GET(made, row_at(rows, row));
        listed.push_back(std::move(made));
    }
    return listed;
}

std::uint64_t count_at(const Rows& rows, int column) {
    return static_cast<std::uint64_t>(rows.int8(0, column));
}

} // namespace

result<std::vector<BlobId>> MigrationTarget::damaged(std::span<const ImageInfo> blobs) {
    std::vector<std::int32_t> ids;
    for (const auto& blob : blobs)
        if (blob.format)
            ids.push_back(blob.blob_id.value());
    std::vector<BlobId> damaged;
    if (ids.empty())
        return damaged;
    PORTRAIT_TRY_GET(rows, run(*connection_, read_contents, Parameters::of(ids)));
    std::vector<std::pair<std::int32_t, int>> found; // a blob's id, and its row
    found.reserve(static_cast<std::size_t>(rows.count()));
    for (int row = 0; row < rows.count(); ++row)
        found.emplace_back(rows.int4(row, 0), row);
    std::sort(found.begin(), found.end());
    for (const auto& blob : blobs) {
        const auto at = std::lower_bound(found.begin(), found.end(), std::pair{blob.blob_id.value(), 0});
        const bool there = at != found.end() && at->first == blob.blob_id.value();
        const auto bytes = there ? rows.bytes(at->second, 1) : std::span<const std::byte>{};
        if (blob.format && (!there || bytes.size() != blob.size || digest_of(bytes) != blob.digest))
            damaged.push_back(blob.blob_id);
    }
    return damaged;
}

result<std::vector<ImageInfo>> MigrationTarget::blobs(std::int32_t after, std::size_t limit) {
    return list<ImageInfo>(*connection_, list_blobs, after, limit,
                           [](const Rows& rows, int row) -> result<ImageInfo> {
                               PORTRAIT_TRY_GET(blob, read_blob(rows, row, rows.epoch()));
                               return std::move(blob.info);
                           });
}

result<std::vector<TransferredSlot>> MigrationTarget::slots(std::int32_t after, std::size_t limit) {
    return list<TransferredSlot>(*connection_, list_slots, after, limit,
                                 [](const Rows& rows, int row) -> result<TransferredSlot> {
                                     PORTRAIT_TRY_GET(person_id, person_at(rows, row, 0));
                                     TransferredSlot slot{.person_id = person_id,
                                                          .link_version = rows.int8(row, 2),
                                                          .linked_at = time_at(rows, row, 3),
                                                          .last_modified = second_at(rows, row, 4)};
                                     if (!rows.is_null(row, 1)) {
                                         PORTRAIT_TRY_GET(blob_id, blob_at(rows, row, 1));
                                         slot.blob_id = blob_id;
                                     }
                                     return slot;
                                 });
}

result<std::vector<TransferredPerson>> MigrationTarget::persons(std::int32_t after, std::size_t limit) {
    return list<TransferredPerson>(*connection_, list_persons, after, limit,
                                   [](const Rows& rows, int row) -> result<TransferredPerson> {
                                       PORTRAIT_TRY_GET(person_id, person_at(rows, row, 0));
                                       return TransferredPerson{person_id, rows.string(row, 1)};
                                   });
}

result<std::vector<TransferredErasure>> MigrationTarget::erasures(std::int32_t after, std::size_t limit) {
    return list<TransferredErasure>(*connection_, list_erasures, after, limit,
                                    [](const Rows& rows, int row) -> result<TransferredErasure> {
                                        PORTRAIT_TRY_GET(person_id, person_at(rows, row, 0));
                                        return TransferredErasure{person_id,
                                                                  {.epoch = rows.string(row, 1),
                                                                   .number = rows.int8(row, 2),
                                                                   .at = time_at(rows, row, 3)}};
                                    });
}

result<std::vector<PersonId>> MigrationTarget::forgotten(std::int32_t after, std::size_t limit) {
    return list<PersonId>(*connection_, list_forgotten, after, limit,
                          [](const Rows& rows, int row) { return person_at(rows, row, 0); });
}

result<StoreTotals> MigrationTarget::totals() {
    PORTRAIT_TRY_GET(rows, run(*connection_, count_rows));
    return StoreTotals{.blobs = count_at(rows, 0),
                       .pictures = count_at(rows, 1),
                       .bytes = count_at(rows, 2),
                       .slots = count_at(rows, 3),
                       .persons = count_at(rows, 4),
                       .erasures = count_at(rows, 5),
                       .forgotten = count_at(rows, 6)};
}

} // namespace portrait::postgres
