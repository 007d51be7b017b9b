#include "rows/blob_rows.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace portrait::sqlite {

namespace {

constexpr std::string_view select_by_blob = R"sql(
    SELECT blob_id, version, segment, range_offset, range_length, sequence, size, media_type, width, height, digest,
        description, extra_info, conceptual_type,
        created_at, created_by, created_by_name, created_by_full_name, created_by_person,
        updated_at, updated_by, updated_by_name, updated_by_full_name, updated_by_person,
        0, created_at
    FROM blob WHERE blob_id = ?)sql";

constexpr std::string_view select_by_person = R"sql(
    SELECT blob.blob_id, version, segment, range_offset, range_length, sequence, size, media_type, width, height,
        digest, description, extra_info, conceptual_type,
        created_at, created_by, created_by_name, created_by_full_name, created_by_person,
        updated_at, updated_by, updated_by_name, updated_by_full_name, updated_by_person,
        link_version, linked_at
    FROM person_image JOIN blob ON blob.blob_id = person_image.blob_id WHERE person_id = ?)sql";

constexpr std::string_view select_by_persons = R"sql(
    SELECT blob.blob_id, version, segment, range_offset, range_length, sequence, size, media_type, width, height,
        digest, description, extra_info, conceptual_type,
        created_at, created_by, created_by_name, created_by_full_name, created_by_person,
        updated_at, updated_by, updated_by_name, updated_by_full_name, updated_by_person,
        link_version, linked_at, person_id
    FROM person_image JOIN blob ON blob.blob_id = person_image.blob_id
    WHERE person_id IN (SELECT value FROM json_each(?)))sql";

constexpr std::string_view insert = R"sql(
    INSERT INTO blob (version, segment, range_offset, range_length, sequence, size, media_type, width, height, digest,
        description, extra_info, conceptual_type,
        updated_at, updated_by, updated_by_name, updated_by_full_name, updated_by_person, blob_id,
        created_at, created_by, created_by_name, created_by_full_name, created_by_person)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql";

constexpr std::string_view update = R"sql(
    UPDATE blob SET version = ?, segment = ?, range_offset = ?, range_length = ?, sequence = ?, size = ?,
        media_type = ?, width = ?, height = ?, digest = ?,
        description = ?, extra_info = ?, conceptual_type = ?,
        updated_at = ?, updated_by = ?, updated_by_name = ?, updated_by_full_name = ?, updated_by_person = ?
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

/// Columns 2 to 10: the place of the bytes and what is known of them.
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
    const auto found = query.next();
    if (!found)
        return found.error();
    if (!*found)
        return std::optional<BlobRow>{};
    const auto blob_id = BlobId::from(query.integer(0));
    if (!blob_id)
        return corrupt_row("a blob's id is out of range");
    BlobRow row{.info = {.blob_id = *blob_id,
                         .blob_version = query.integer(1),
                         .link_version = query.integer(24),
                         .description = query.text(11),
                         .extra_info = query.text(12),
                         .conceptual_type = query.text(13),
                         .created_at = time_at(query, 14),
                         .created_by = actor_at(query, 15),
                         .updated_at = time_at(query, 19),
                         .updated_by = actor_at(query, 20),
                         .linked_at = time_at(query, 25)},
                .place = {}};
    if (const auto read = read_content(query, row); !read)
        return read.error();
    return std::optional{std::move(row)};
}

void bind_actor(Query& query, Timestamp at, const Actor& actor) {
    query.bind(at.time_since_epoch().count())
        .bind(actor.associate_id)
        .bind(std::string_view{actor.name})
        .bind(std::string_view{actor.full_name})
        .bind(actor.person_id);
}

void bind_content(Query& query, const BlobRow& row) {
    if (!row.place) {
        for (int column = 0; column < 9; ++column)
            query.bind(nullptr);
        return;
    }
    query.bind(static_cast<std::int64_t>(row.place->range.segment))
        .bind(static_cast<std::int64_t>(row.place->range.offset))
        .bind(static_cast<std::int64_t>(row.place->range.length))
        .bind(static_cast<std::int64_t>(row.place->sequence))
        .bind(static_cast<std::int64_t>(row.info.size))
        .bind(media_type(row.info.format.value_or(ImageFormat::png)))
        .bind(std::int64_t{row.info.width})
        .bind(std::int64_t{row.info.height})
        .bind(std::span<const std::byte>{row.info.digest.bytes});
}

/// The parameters that insert and update share, in their order.
void bind_row(Query& query, const BlobRow& row) {
    query.bind(row.info.blob_version);
    bind_content(query, row);
    query.bind(std::string_view{row.info.description})
        .bind(std::string_view{row.info.extra_info})
        .bind(std::string_view{row.info.conceptual_type});
    bind_actor(query, row.info.updated_at, row.info.updated_by);
    query.bind(row.info.blob_id.value());
}

} // namespace

[[nodiscard]] result<std::optional<BlobRow>> find_blob(Connection& connection, ImageKey key) {
    const auto* person_id = std::get_if<PersonId>(&key);
    auto query = connection.query(person_id != nullptr ? select_by_person : select_by_blob);
    query.bind(person_id != nullptr ? person_id->value() : std::get<BlobId>(key).value());
    return read_row(query);
}

[[nodiscard]] result<std::unordered_map<PersonId, ImageInfo>> find_infos(Connection& connection,
                                                                         std::span<const PersonId> persons) {
    std::string list = "[";
    for (const auto person_id : persons)
        list.append(list.size() == 1 ? "" : ",").append(std::to_string(person_id.value()));
    list += ']';
    auto query = connection.query(select_by_persons);
    query.bind(std::string_view{list});
    std::unordered_map<PersonId, ImageInfo> infos;
    for (;;) {
        auto row = read_row(query);
        if (!row)
            return row.error();
        if (!*row)
            return infos;
        const auto person_id = PersonId::from(query.integer(26));
        if (!person_id)
            return corrupt_row("a person's id is out of range");
        infos.emplace(*person_id, std::move((*row)->info));
    }
}

[[nodiscard]] result<int> count_persons(Connection& connection, BlobId blob_id) {
    auto query =
        connection.query("SELECT count(*) FROM (SELECT 1 FROM person_image WHERE blob_id = ? LIMIT 2)");
    const auto row = query.bind(blob_id.value()).next();
    if (!row)
        return row.error();
    return static_cast<int>(query.integer(0));
}

[[nodiscard]] result<void> insert_blob(Connection& connection, const BlobRow& row) {
    auto query = connection.query(insert);
    bind_row(query, row);
    bind_actor(query, row.info.created_at, row.info.created_by);
    return query.run();
}

[[nodiscard]] result<void> update_blob(Connection& connection, const BlobRow& row) {
    auto query = connection.query(update);
    bind_row(query, row);
    return query.run();
}

[[nodiscard]] result<void> delete_blob(Connection& connection, BlobId blob_id) {
    return connection.query("DELETE FROM blob WHERE blob_id = ?").bind(blob_id.value()).run();
}

[[nodiscard]] result<void> put_link(Connection& connection, PersonId person_id, const ImageInfo& info) {
    return connection
        .query("INSERT OR REPLACE INTO person_image (person_id, blob_id, link_version, linked_at) "
               "VALUES (?, ?, ?, ?)")
        .bind(person_id.value())
        .bind(info.blob_id.value())
        .bind(info.link_version)
        .bind(info.linked_at.time_since_epoch().count())
        .run();
}

[[nodiscard]] result<void> delete_link(Connection& connection, PersonId person_id) {
    return connection.query("DELETE FROM person_image WHERE person_id = ?").bind(person_id.value()).run();
}

[[nodiscard]] result<void> delete_links(Connection& connection, BlobId blob_id) {
    return connection.query("DELETE FROM person_image WHERE blob_id = ?").bind(blob_id.value()).run();
}

[[nodiscard]] result<void> insert_range_to_free(Connection& connection, const SegmentRange& range) {
    return connection
        .query("INSERT OR IGNORE INTO range_to_free (segment, range_offset, range_length) VALUES (?, ?, ?)")
        .bind(static_cast<std::int64_t>(range.segment))
        .bind(static_cast<std::int64_t>(range.offset))
        .bind(static_cast<std::int64_t>(range.length))
        .run();
}

} // namespace portrait::sqlite
