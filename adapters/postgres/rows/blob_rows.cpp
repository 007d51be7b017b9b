#include "rows/blob_rows.hpp"

#include <portrait/try.hpp>

#include <algorithm>
#include <chrono>

namespace portrait::postgres {
namespace {

Error corrupt_row(const char* cause) {
    return Error{errc::store_corrupt}.with_cause(cause);
}

Actor actor_at(const Rows& rows, int row, int column) {
    return {.associate_id = rows.int4(row, column),
            .name = rows.string(row, column + 1),
            .full_name = rows.string(row, column + 2),
            .person_id = rows.int4(row, column + 3)};
}

void add_actor(Parameters& parameters, Timestamp at, const Actor& actor) {
    parameters.add(stored_time(at));
    parameters.add(actor.associate_id);
    parameters.add(actor.name);
    parameters.add(actor.full_name);
    parameters.add(actor.person_id);
}

/// Columns 2 to 7: the place of the bytes and their properties.
[[nodiscard]] result<void> read_content(const Rows& rows, int row, BlobRow& blob) {
    if (rows.is_null(row, 2))
        return {};
    blob.content_id = rows.uuid(row, 2);
    blob.info.size = static_cast<std::uint64_t>(rows.int8(row, 3));
    blob.info.format = format_of_media_type(rows.text(row, 4));
    if (!blob.info.format)
        return corrupt_row("a blob's media type is none of the four");
    blob.info.width = static_cast<std::uint32_t>(rows.int4(row, 5));
    blob.info.height = static_cast<std::uint32_t>(rows.int4(row, 6));
    const auto digest = rows.bytes(row, 7);
    if (digest.size() != blob.info.digest.bytes.size())
        return corrupt_row("a blob's digest has a wrong length");
    std::copy(digest.begin(), digest.end(), blob.info.digest.bytes.begin());
    return {};
}

} // namespace

Timestamp time_at(const Rows& rows, int row, int column) {
    return Timestamp{std::chrono::milliseconds{rows.int8(row, column)}};
}

std::int64_t stored_time(Timestamp at) {
    return at.time_since_epoch().count();
}

std::optional<std::chrono::sys_seconds> second_at(const Rows& rows, int row, int column) {
    if (rows.is_null(row, column))
        return std::nullopt;
    return std::chrono::sys_seconds{std::chrono::seconds{rows.int8(row, column)}};
}

std::optional<std::int64_t> stored_second(const std::optional<std::chrono::sys_seconds>& second) {
    return second ? std::optional{std::int64_t{second->time_since_epoch().count()}} : std::nullopt;
}

result<PersonId> person_at(const Rows& rows, int row, int column) {
    const auto id = PersonId::from(rows.int4(row, column));
    return id ? id : corrupt_row("a person's id is out of range");
}

result<BlobId> blob_at(const Rows& rows, int row, int column) {
    const auto id = BlobId::from(rows.int4(row, column));
    return id ? id : corrupt_row("a blob's id is out of range");
}

result<BlobRow> read_blob(const Rows& rows, int row, const std::string& epoch) {
    PORTRAIT_TRY_GET(blob_id, blob_at(rows, row, 0));
    BlobRow blob{.info = {.blob_id = blob_id,
                          .blob_version = rows.int8(row, 1),
                          .description = rows.string(row, 8),
                          .extra_info = rows.string(row, 9),
                          .conceptual_type = rows.string(row, 10),
                          .created_at = time_at(rows, row, 11),
                          .created_by = actor_at(rows, row, 12),
                          .updated_at = time_at(rows, row, 16),
                          .updated_by = actor_at(rows, row, 17),
                          .linked_at = time_at(rows, row, 11),
                          .last_modified = second_at(rows, row, 21),
                          .epoch = epoch}};
    PORTRAIT_TRY(read_content(rows, row, blob));
    return blob;
}

Parameters blob_parameters(const BlobRow& row) {
    const auto& info = row.info;
    auto parameters = Parameters::of(info.blob_id.value(), info.blob_version, row.content_id);
    if (row.content_id) {
        parameters.add(static_cast<std::int64_t>(info.size));
        parameters.add(media_type(info.format.value_or(ImageFormat::png)));
        parameters.add(static_cast<std::int32_t>(info.width));
        parameters.add(static_cast<std::int32_t>(info.height));
        parameters.add(std::span<const std::byte>{info.digest.bytes});
    } else {
        for (int column = 3; column < 8; ++column)
            parameters.add(nullptr);
    }
    parameters.add(info.description);
    parameters.add(info.extra_info);
    parameters.add(info.conceptual_type);
    add_actor(parameters, info.created_at, info.created_by);
    add_actor(parameters, info.updated_at, info.updated_by);
    parameters.add(stored_second(info.last_modified));
    return parameters;
}

Error nothing_at(ImageKey key) {
    return Error{std::holds_alternative<BlobId>(key) ? errc::blob_unknown : errc::image_none};
}

} // namespace portrait::postgres
