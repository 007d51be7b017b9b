#include "rows/image_writes.hpp"

#include "rows/blob_rows.hpp"

#include <limits>
#include <utility>

namespace portrait::sqlite {
namespace {

[[nodiscard]] result<BlobId> next_blob_id(Counters& counters) {
    if (counters.last_blob_id >= std::numeric_limits<std::int32_t>::max())
        return Error{errc::blob_ids_exhausted};
    return BlobId::from(++counters.last_blob_id);
}

void describe(BlobRow& row, const WrittenContent& content) {
    row.place = content.place;
    row.info.size = content.size;
    row.info.format = content.header.format;
    row.info.width = content.header.width;
    row.info.height = content.header.height;
    row.info.digest = content.digest;
}

void touch(Transaction& transaction, ImageInfo& info, const Actor& actor, Timestamp now) {
    info.blob_version = transaction.next_version();
    info.updated_at = now;
    info.updated_by = actor.stored();
}

[[nodiscard]] result<BlobRow> make_blob(Transaction& transaction, const SaveImage& command, ImageTexts texts,
                                        const std::optional<WrittenContent>& content) {
    PORTRAIT_TRY_GET(blob_id, next_blob_id(transaction.counters));
    BlobRow row{.info = {.blob_id = blob_id,
                         .description = std::move(texts.description),
                         .extra_info = std::move(texts.extra_info),
                         .conceptual_type = std::move(texts.conceptual_type),
                         .created_at = command.now,
                         .created_by = command.actor.stored(),
                         .linked_at = command.now},
                .place = {}};
    touch(transaction, row.info, command.actor, command.now);
    if (content)
        describe(row, *content);
    PORTRAIT_TRY(insert_blob(transaction.connection, row));
    return row;
}

[[nodiscard]] result<SavedImage> replace(Transaction& transaction, BlobRow row, const SaveImage& command,
                                         const WrittenContent& content) {
    const auto old = row.place;
    describe(row, content);
    touch(transaction, row.info, command.actor, command.now);
    PORTRAIT_TRY(update_blob(transaction.connection, row));
    if (old)
        PORTRAIT_TRY(transaction.free(old->range));
    return SavedImage{.info = std::move(row.info), .created = false};
}

[[nodiscard]] result<void> link_to(Transaction& transaction, PersonId person_id, ImageInfo& info,
                                   Timestamp now) {
    info.link_version = transaction.next_version();
    info.linked_at = now;
    return transaction.connection.run("INSERT OR REPLACE INTO person_image (person_id, blob_id, "
                                      "link_version, linked_at) VALUES (?, ?, ?, ?)",
                                      person_id.value(), info.blob_id.value(), info.link_version,
                                      now.time_since_epoch().count());
}

[[nodiscard]] result<void> unlink(Transaction& transaction, PersonId person_id) {
    return transaction.connection.run("DELETE FROM person_image WHERE person_id = ?", person_id.value());
}

[[nodiscard]] result<SavedImage> save_for(Transaction& transaction, PersonId person_id,
                                          std::optional<BlobRow> row, const SaveImage& command,
                                          const WrittenContent& content) {
    auto texts = command.texts;
    if (row) {
        PORTRAIT_TRY_GET(persons, count_persons(transaction.connection, row->info.blob_id));
        if (persons == 1)
            return replace(transaction, *std::move(row), command, content);
        texts = {std::move(row->info.description), std::move(row->info.extra_info),
                 std::move(row->info.conceptual_type)};
    }
    PORTRAIT_TRY_GET(made, make_blob(transaction, command, std::move(texts), content));
    PORTRAIT_TRY(link_to(transaction, person_id, made.info, command.now));
    return SavedImage{.info = std::move(made.info), .created = true};
}

/// The blob of a key, if there is one, or the error of the precondition.
[[nodiscard]] result<std::optional<BlobRow>> find_checked(Transaction& transaction, ImageKey key,
                                                          const Precondition& precondition) {
    PORTRAIT_TRY_GET(row, find_blob(transaction.connection, key));
    PORTRAIT_TRY(precondition.check(row ? &row->info : nullptr));
    return std::move(row);
}

} // namespace

Error blob_missing(ImageKey key) {
    return Error{std::holds_alternative<BlobId>(key) ? errc::blob_unknown : errc::image_none};
}

result<SavedImage> apply_save(Transaction& transaction, const SaveImage& command,
                              const std::optional<WrittenContent>& content) {
    if (std::holds_alternative<NewBlob>(command.target)) {
        PORTRAIT_TRY_GET(made, make_blob(transaction, command, command.texts, content));
        return SavedImage{.info = std::move(made.info), .created = true};
    }
    if (!content)
        return Error{errc::internal}.with_cause("a save for a person or a blob has no bytes");
    const auto* person_id = std::get_if<PersonId>(&command.target);
    const auto key = person_id != nullptr ? ImageKey{*person_id} : std::get<BlobId>(command.target);
    PORTRAIT_TRY_GET(row, find_checked(transaction, key, command.precondition));
    if (person_id != nullptr)
        return save_for(transaction, *person_id, std::move(row), command, *content);
    if (!row)
        return Error{errc::blob_unknown};
    return replace(transaction, *std::move(row), command, *content);
}

result<ImageInfo> apply_update_info(Transaction& transaction, const UpdateImageInfo& command) {
    PORTRAIT_TRY_GET(row, find_checked(transaction, command.target, command.precondition));
    if (!row)
        return blob_missing(command.target);
    auto& info = row->info;
    if (command.expected_blob_id && *command.expected_blob_id != info.blob_id)
        return Error{errc::info_blob_id_mismatch};
    info.description = command.description.value_or(info.description);
    info.extra_info = command.extra_info.value_or(info.extra_info);
    info.conceptual_type = command.conceptual_type.value_or(info.conceptual_type);
    touch(transaction, info, command.actor, command.now);
    PORTRAIT_TRY(update_blob(transaction.connection, *row));
    return std::move(info);
}

result<RemovedImage> apply_remove(Transaction& transaction, const RemoveImage& command) {
    PORTRAIT_TRY_GET(row, find_checked(transaction, command.target, command.precondition));
    const auto* person_id = std::get_if<PersonId>(&command.target);
    if (!row)
        return person_id != nullptr ? result<RemovedImage>{RemovedImage{}} : blob_missing(command.target);

    const auto blob_id = row->info.blob_id;
    if (person_id != nullptr)
        PORTRAIT_TRY(unlink(transaction, *person_id));
    else
        PORTRAIT_TRY(
            transaction.connection.run("DELETE FROM person_image WHERE blob_id = ?", blob_id.value()));
    PORTRAIT_TRY_GET(persons, count_persons(transaction.connection, blob_id));
    if (persons == 0) {
        PORTRAIT_TRY(transaction.connection.run("DELETE FROM blob WHERE blob_id = ?", blob_id.value()));
        if (row->place)
            PORTRAIT_TRY(transaction.free(row->place->range));
    }
    return RemovedImage{.unlinked = blob_id, .erased = persons == 0};
}

result<ImageInfo> apply_link(Transaction& transaction, const LinkImage& command) {
    PORTRAIT_TRY_GET(row, find_blob(transaction.connection, command.blob_id));
    if (!row)
        return Error{errc::blob_unknown};
    if (!row->place)
        return Error{errc::blob_without_image};
    PORTRAIT_TRY_GET(present, find_blob(transaction.connection, command.person_id));
    if (present && present->info.blob_id == command.blob_id)
        return std::move(present->info);
    PORTRAIT_TRY(link_to(transaction, command.person_id, row->info, command.now));
    return std::move(row->info);
}

result<std::optional<BlobId>> apply_unlink(Transaction& transaction, const UnlinkImage& command) {
    PORTRAIT_TRY_GET(row, find_blob(transaction.connection, command.person_id));
    if (!row)
        return std::optional<BlobId>{};
    PORTRAIT_TRY(unlink(transaction, command.person_id));
    return std::optional{row->info.blob_id};
}

} // namespace portrait::sqlite
