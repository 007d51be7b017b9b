#include "rows/image_writes.hpp"

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
    const auto blob_id = next_blob_id(transaction.counters);
    if (!blob_id)
        return blob_id.error();
    BlobRow row{.info = {.blob_id = *blob_id,
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
    if (const auto inserted = insert_blob(transaction.connection, row); !inserted)
        return inserted.error();
    return row;
}

[[nodiscard]] result<SavedImage> replace(Transaction& transaction, BlobRow row, const SaveImage& command,
                                         const WrittenContent& content) {
    const auto old = row.place;
    describe(row, content);
    touch(transaction, row.info, command.actor, command.now);
    if (const auto updated = update_blob(transaction.connection, row); !updated)
        return updated.error();
    if (old)
        if (const auto freed = transaction.free(old->range); !freed)
            return freed.error();
    return SavedImage{.info = std::move(row.info), .created = false};
}

[[nodiscard]] result<void> link_to(Transaction& transaction, PersonId person_id, ImageInfo& info,
                                   Timestamp now) {
    info.link_version = transaction.next_version();
    info.linked_at = now;
    return put_link(transaction.connection, person_id, info);
}

[[nodiscard]] result<SavedImage> save_for(Transaction& transaction, PersonId person_id,
                                          std::optional<BlobRow> row, const SaveImage& command,
                                          const WrittenContent& content) {
    auto texts = command.texts;
    if (row) {
        const auto persons = count_persons(transaction.connection, row->info.blob_id);
        if (!persons)
            return persons.error();
        if (*persons == 1)
            return replace(transaction, *std::move(row), command, content);
        texts = {std::move(row->info.description), std::move(row->info.extra_info),
                 std::move(row->info.conceptual_type)};
    }
    auto made = make_blob(transaction, command, std::move(texts), content);
    if (!made)
        return made.error();
    if (const auto linked = link_to(transaction, person_id, made->info, command.now); !linked)
        return linked.error();
    return SavedImage{.info = std::move(made->info), .created = true};
}

[[nodiscard]] result<void> erase(Transaction& transaction, const BlobRow& row) {
    if (const auto deleted = delete_blob(transaction.connection, row.info.blob_id); !deleted)
        return deleted.error();
    return row.place ? transaction.free(row.place->range) : result<void>{};
}

/// The row of a key, if there is one, when the precondition holds on it.
[[nodiscard]] result<std::optional<BlobRow>> find_checked(Transaction& transaction, ImageKey key,
                                                          const Precondition& precondition) {
    auto row = find_blob(transaction.connection, key);
    if (!row)
        return row.error();
    if (const auto holds = precondition.check(*row ? &(*row)->info : nullptr); !holds)
        return holds.error();
    return row;
}

} // namespace

Error nothing_at(ImageKey key) {
    return Error{std::holds_alternative<BlobId>(key) ? errc::blob_unknown : errc::image_none};
}

[[nodiscard]] result<SavedImage> apply_save(Transaction& transaction, const SaveImage& command,
                                            const std::optional<WrittenContent>& content) {
    if (std::holds_alternative<NewBlob>(command.target)) {
        auto made = make_blob(transaction, command, command.texts, content);
        if (!made)
            return made.error();
        return SavedImage{.info = std::move(made->info), .created = true};
    }
    if (!content)
        return Error{errc::internal}.with_cause("a save into a person or a blob came without bytes");
    const auto* person_id = std::get_if<PersonId>(&command.target);
    auto row = find_checked(transaction,
                            person_id != nullptr ? ImageKey{*person_id} : std::get<BlobId>(command.target),
                            command.precondition);
    if (!row)
        return row.error();
    if (person_id != nullptr)
        return save_for(transaction, *person_id, *std::move(row), command, *content);
    if (!*row)
        return Error{errc::blob_unknown};
    return replace(transaction, **std::move(row), command, *content);
}

[[nodiscard]] result<ImageInfo> apply_update_info(Transaction& transaction, const UpdateImageInfo& command) {
    auto row = find_checked(transaction, command.target, command.precondition);
    if (!row)
        return row.error();
    if (!*row)
        return nothing_at(command.target);
    auto& info = (*row)->info;
    if (command.expected_blob_id && *command.expected_blob_id != info.blob_id)
        return Error{errc::info_blob_id_mismatch};
    info.description = command.description.value_or(info.description);
    info.extra_info = command.extra_info.value_or(info.extra_info);
    info.conceptual_type = command.conceptual_type.value_or(info.conceptual_type);
    touch(transaction, info, command.actor, command.now);
    if (const auto updated = update_blob(transaction.connection, **row); !updated)
        return updated.error();
    return std::move(info);
}

[[nodiscard]] result<RemovedImage> apply_remove(Transaction& transaction, const RemoveImage& command) {
    const auto row = find_checked(transaction, command.target, command.precondition);
    if (!row)
        return row.error();
    const auto* person_id = std::get_if<PersonId>(&command.target);
    if (!*row)
        return person_id != nullptr ? result<RemovedImage>{RemovedImage{}} : nothing_at(command.target);

    const auto blob_id = (*row)->info.blob_id;
    const auto unlinked = person_id != nullptr ? delete_link(transaction.connection, *person_id)
                                               : delete_links(transaction.connection, blob_id);
    if (!unlinked)
        return unlinked.error();
    const auto persons = count_persons(transaction.connection, blob_id);
    if (!persons)
        return persons.error();
    if (*persons == 0)
        if (const auto erased = erase(transaction, **row); !erased)
            return erased.error();
    return RemovedImage{.unlinked = blob_id, .erased = *persons == 0};
}

[[nodiscard]] result<ImageInfo> apply_link(Transaction& transaction, const LinkImage& command) {
    auto row = find_blob(transaction.connection, command.blob_id);
    if (!row)
        return row.error();
    if (!*row)
        return Error{errc::blob_unknown};
    if (!(*row)->place)
        return Error{errc::blob_without_image};
    auto present = find_blob(transaction.connection, command.person_id);
    if (!present)
        return present.error();
    if (*present && (*present)->info.blob_id == command.blob_id)
        return std::move((*present)->info);
    auto& info = (*row)->info;
    if (const auto linked = link_to(transaction, command.person_id, info, command.now); !linked)
        return linked.error();
    return std::move(info);
}

[[nodiscard]] result<std::optional<BlobId>> apply_unlink(Transaction& transaction,
                                                         const UnlinkImage& command) {
    const auto row = find_blob(transaction.connection, command.person_id);
    if (!row)
        return row.error();
    if (!*row)
        return std::optional<BlobId>{};
    if (const auto unlinked = delete_link(transaction.connection, command.person_id); !unlinked)
        return unlinked.error();
    return std::optional{(*row)->info.blob_id};
}

} // namespace portrait::sqlite
