#include "rows/blob_rows.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace portrait::sqlite {
namespace {

// Columns 0 to 24 of every query for blobs.
#define BLOB_COLUMNS                                                                                         \
    "blob.blob_id, version, segment, range_offset, range_length, sequence, size, media_type, width, "        \
    "height, digest, description, extra_info, conceptual_type, "                                             \
    "created_at, created_by, created_by_name, created_by_full_name, created_by_person, "                     \
    "updated_at, updated_by, updated_by_name, updated_by_full_name, updated_by_person, last_modified"
#define LINKED_BLOBS                                                                                         \
    "SELECT " BLOB_COLUMNS ", link_version, linked_at, person_id "                                           \
    "FROM person_image JOIN blob ON blob.blob_id = person_image.blob_id WHERE person_id "

constexpr std::string_view select_by_blob =
    "SELECT " BLOB_COLUMNS ", 0, created_at FROM blob WHERE blob_id = ?";
constexpr std::string_view select_after =
    "SELECT " BLOB_COLUMNS ", 0, created_at, (SELECT max(linked_at) FROM person_image "
    "WHERE person_image.blob_id = blob.blob_id) FROM blob WHERE blob_id > ? ORDER BY blob_id LIMIT ?";
constexpr std::string_view select_rows_after =
    "SELECT " BLOB_COLUMNS ", 0, created_at FROM blob WHERE blob_id > ? ORDER BY blob_id LIMIT ?";
constexpr std::string_view select_links_after =
    "SELECT person_id, blob_id, link_version, linked_at FROM person_image WHERE person_id > ? "
    "ORDER BY person_id LIMIT ?";
constexpr std::string_view select_by_person = LINKED_BLOBS "= ?";
constexpr std::string_view select_by_persons = LINKED_BLOBS "IN (SELECT value FROM json_each(?))";

#undef LINKED_BLOBS
#undef BLOB_COLUMNS

constexpr std::string_view insert = R"sql(
    INSERT INTO blob (version, segment, range_offset, range_length, sequence, size, media_type, width, height, digest,
        description, extra_info, conceptual_type,
        updated_at, updated_by, updated_by_name, updated_by_full_name, updated_by_person, last_modified, blob_id,
        created_at, created_by, created_by_name, created_by_full_name, created_by_person)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql";

constexpr std::string_view update = R"sql(
    UPDATE blob SET version = ?, segment = ?, range_offset = ?, range_length = ?, sequence = ?, size = ?,
        media_type = ?, width = ?, height = ?, digest = ?,
        description = ?, extra_info = ?, conceptual_type = ?,
        updated_at = ?, updated_by = ?, updated_by_name = ?, updated_by_full_name = ?, updated_by_person = ?,
        last_modified = ?
    WHERE blob_id = ?)sql";

Timestamp time_at(const Query& row, int column) {
    return Timestamp{std::chrono::milliseconds{row.integer(column)}};
}

Actor actor_at(const Query& row, int column) {
    return {static_cast<std::int32_t>(row.integer(column)), row.text(column + 1), row.text(column + 2),
            static_cast<std::int32_t>(row.integer(column + 3))};
}

Error corrupt_row(const char* cause) {
    return Error{errc::store_corrupt}.with_cause(cause);
}

/// Columns 2 to 10: the place of the bytes, their digest and their properties.
[[nodiscard]] result<void> read_content(const Query& query, BlobRow& row) {
    if (query.is_null(2))
        return {};
    row.place = RecordPlace{{query.unsigned_integer(2), query.unsigned_integer(3), query.unsigned_integer(4)},
                            query.unsigned_integer(5)};
    row.info.size = query.unsigned_integer(6);
    row.info.format = format_of_media_type(query.text(7));
    if (!row.info.format)
        return corrupt_row("a blob's media type is none of the four");
    row.info.width = static_cast<std::uint32_t>(query.integer(8));
    row.info.height = static_cast<std::uint32_t>(query.integer(9));
    const auto digest = query.bytes(10);
    if (digest.size() != row.info.digest.bytes.size())
        return corrupt_row("a blob's digest has a wrong length");
    std::copy(digest.begin(), digest.end(), row.info.digest.bytes.begin());
    return {};
}

[[nodiscard]] result<std::optional<BlobRow>> read_row(Query& query) {
    PORTRAIT_TRY_GET(found, query.next());
    if (!found)
        return std::optional<BlobRow>{};
    const auto blob_id = BlobId::from(query.integer(0));
    if (!blob_id)
        return corrupt_row("a blob's id is out of range");
    BlobRow row{.info = {.blob_id = *blob_id,
                         .blob_version = query.integer(1),
                         .link_version = query.integer(25),
                         .description = query.text(11),
                         .extra_info = query.text(12),
                         .conceptual_type = query.text(13),
                         .created_at = time_at(query, 14),
                         .created_by = actor_at(query, 15),
                         .updated_at = time_at(query, 19),
                         .updated_by = actor_at(query, 20),
                         .linked_at = time_at(query, 26)},
                .place = {},
                .is_dated = !query.is_null(24)};
    row.info.last_modified =
        row.is_dated
            ? std::chrono::sys_seconds{std::chrono::seconds{query.integer(24)}}
            : std::chrono::floor<std::chrono::seconds>(std::max(row.info.updated_at, row.info.linked_at));
    PORTRAIT_TRY(read_content(query, row));
    return std::optional{std::move(row)};
}

void bind_actor(Query& query, Timestamp at, const Actor& actor) {
    query.bind(at.time_since_epoch().count(), actor.associate_id, actor.name, actor.full_name,
               actor.person_id);
}

/// The parameters that insert and update share, in their order.
void bind_row(Query& query, const BlobRow& row) {
    const auto& info = row.info;
    query.bind(info.blob_version);
    if (row.place) {
        const auto& range = row.place->range;
        query.bind(range.segment, range.offset, range.length, row.place->sequence, info.size,
                   media_type(info.format.value_or(ImageFormat::png)), info.width, info.height,
                   std::span<const std::byte>{info.digest.bytes});
    } else {
        query.bind(nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    }
    query.bind(info.description, info.extra_info, info.conceptual_type);
    bind_actor(query, info.updated_at, info.updated_by);
    query.bind(info.last_modified.value_or(std::chrono::sys_seconds{}).time_since_epoch().count(),
               info.blob_id.value());
}

} // namespace

std::string json_list(std::span<const PersonId> persons) {
    std::string list = "[";
    for (const auto person_id : persons)
        list.append(list.size() == 1 ? "" : ",").append(std::to_string(person_id.value()));
    list += ']';
    return list;
}

result<std::optional<BlobRow>> find_blob(Connection& connection, ImageKey key) {
    const auto* person_id = std::get_if<PersonId>(&key);
    auto query = connection.query(person_id != nullptr ? select_by_person : select_by_blob,
                                  person_id != nullptr ? person_id->value() : std::get<BlobId>(key).value());
    return read_row(query);
}

result<std::vector<BlobRow>> list_blobs(Connection& connection, std::int32_t after, std::size_t limit) {
    auto query = connection.query(select_after, after, limit);
    std::vector<BlobRow> rows;
    for (;;) {
        PORTRAIT_TRY_GET(row, read_row(query));
        if (!row)
            return rows;
        if (query.is_null(24) && !query.is_null(27))
            row->info.last_modified =
                std::max(row->info.last_modified,
                         std::optional{std::chrono::floor<std::chrono::seconds>(time_at(query, 27))});
        rows.push_back(*std::move(row));
    }
}

result<std::vector<BlobRow>> list_rows(Connection& connection, std::int32_t after, std::size_t limit) {
    auto query = connection.query(select_rows_after, after, limit);
    std::vector<BlobRow> rows;
    for (;;) {
        PORTRAIT_TRY_GET(row, read_row(query));
        if (!row)
            return rows;
        rows.push_back(*std::move(row));
    }
}

result<std::vector<std::pair<PersonId, LinkRow>>> list_links(Connection& connection, std::int32_t after,
                                                             std::size_t limit) {
    auto query = connection.query(select_links_after, after, limit);
    std::vector<std::pair<PersonId, LinkRow>> links;
    PORTRAIT_TRY(query.each([&]() -> result<void> {
        const auto person_id = PersonId::from(query.integer(0));
        const auto blob_id = BlobId::from(query.integer(1));
        if (!person_id || !blob_id)
            return corrupt_row("a linked id is out of range");
        links.emplace_back(*person_id, LinkRow{*blob_id, query.integer(2), time_at(query, 3)});
        return {};
    }));
    return links;
}

result<std::unordered_map<PersonId, ImageInfo>> find_infos(Connection& connection,
                                                           std::span<const PersonId> persons) {
    const auto list = json_list(persons);
    auto query = connection.query(select_by_persons, list);
    std::unordered_map<PersonId, ImageInfo> infos;
    for (;;) {
        PORTRAIT_TRY_GET(row, read_row(query));
        if (!row)
            return infos;
        const auto person_id = PersonId::from(query.integer(27));
        if (!person_id)
            return corrupt_row("a person's id is out of range");
        infos.emplace(*person_id, std::move(row->info));
    }
}

result<int> count_persons(Connection& connection, BlobId blob_id) {
    auto query = connection.query(
        "SELECT count(*) FROM (SELECT 1 FROM person_image WHERE blob_id = ? LIMIT 2)", blob_id.value());
    PORTRAIT_TRY(query.next());
    return static_cast<int>(query.integer(0));
}

result<void> insert_blob(Connection& connection, const BlobRow& row) {
    auto query = connection.query(insert);
    bind_row(query, row);
    bind_actor(query, row.info.created_at, row.info.created_by);
    return query.run();
}

result<void> update_blob(Connection& connection, const BlobRow& row) {
    auto query = connection.query(update);
    bind_row(query, row);
    return query.run();
}

} // namespace portrait::sqlite
