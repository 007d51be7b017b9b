#include "rows/image_writes.hpp"

#include "rows/blob_rows.hpp"
#include "rows/erasures.hpp"

#include <algorithm>
#include <chrono>
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

template<class Command>
void touch(Transaction& transaction, ImageInfo& info, const Command& command) {
    info.blob_version = transaction.next_version();
    info.last_modified = second_of_change(command.now, info.last_modified);
    info.updated_at = command.now;
    info.updated_by = command.actor.stored();
}

void touch_saved(Transaction& transaction, ImageInfo& info, const SaveImage& command) {
    touch(transaction, info, command);
    if (!command.origin)
        return;
    info.updated_at = command.origin->stamps.updated_at;
    info.updated_by = command.origin->stamps.updated_by.stored();
}

const ImageInfo* info_of(const std::optional<BlobRow>& row) {
    return row ? &row->info : nullptr;
}

std::optional<AuditedPicture> audited(const ImageInfo* info) {
    return info != nullptr ? std::optional{AuditedPicture::of(*info)} : std::nullopt;
}

/// Adds the record of a write that changes something. `before` and `after` are null without a picture.
template<class Command>
void note(Transaction& transaction, AuditedAction action, const Command& command, ImageKey target,
          const std::optional<AuditedPicture>& before, const ImageInfo* after) {
    if (!transaction.has_audit_log)
        return;
    AuditRecord record{.action = action,
                       .at = command.now,
                       .actor = command.actor,
                       .before = before,
                       .after = audited(after)};
    if (const auto* const person_id = std::get_if<PersonId>(&target))
        record.person_id = *person_id;
    if constexpr (requires { command.origin; })
        if (command.origin)
            record.imported = command.origin->stamps;
    transaction.records.push_back(std::move(record));
}

/// `previous` is the `last_modified` of the state before.
[[nodiscard]] result<BlobRow> make_blob(Transaction& transaction, const SaveImage& command, ImageTexts texts,
                                        const std::optional<WrittenContent>& content,
                                        std::optional<std::chrono::sys_seconds> previous = std::nullopt) {
    PORTRAIT_TRY_GET(blob_id, next_blob_id(transaction.counters));
    BlobRow row{
        .info = {.blob_id = blob_id,
                 .description = std::move(texts.description),
                 .extra_info = std::move(texts.extra_info),
                 .conceptual_type = std::move(texts.conceptual_type),
                 .created_at = command.origin ? command.origin->stamps.created_at : command.now,
                 .created_by = (command.origin ? command.origin->stamps.created_by : command.actor).stored(),
                 .linked_at = command.now,
                 .last_modified = previous},
        .place = {}};
    touch_saved(transaction, row.info, command);
    if (content)
        describe(row, *content);
    PORTRAIT_TRY(insert_blob(transaction.connection, row));
    transaction.note(row);
    return row;
}

[[nodiscard]] result<SavedImage> replace(Transaction& transaction, BlobRow row, const SaveImage& command,
                                         const WrittenContent& content) {
    const auto old = row.place;
    describe(row, content);
    touch_saved(transaction, row.info, command);
    PORTRAIT_TRY(update_blob(transaction.connection, row));
    transaction.note(row);
    if (old)
        PORTRAIT_TRY(transaction.free(old->range));
    return SavedImage{.info = std::move(row.info), .created = false};
}

[[nodiscard]] result<void> link_to(Transaction& transaction, PersonId person_id, ImageInfo& info,
                                   Timestamp now) {
    info.link_version = transaction.next_version();
    info.linked_at = now;
    PORTRAIT_TRY(
        transaction.connection.run("DELETE FROM unlinked_person WHERE person_id = ?", person_id.value()));
    PORTRAIT_TRY(transaction.connection.run("INSERT OR REPLACE INTO person_image (person_id, blob_id, "
                                            "link_version, linked_at) VALUES (?, ?, ?, ?)",
                                            person_id.value(), info.blob_id.value(), info.link_version,
                                            now.time_since_epoch().count()));
    transaction.note(person_id, {info.blob_id, info.link_version, now});
    return {};
}

/// The `last_modified` of the person's present picture, which `row` has, or of the last one.
[[nodiscard]] result<std::optional<std::chrono::sys_seconds>>
last_modified_of(Connection& connection, PersonId person_id, const std::optional<BlobRow>& row) {
    if (row)
        return row->info.last_modified;
    auto query =
        connection.query("SELECT last_modified FROM unlinked_person WHERE person_id = ?", person_id.value());
    PORTRAIT_TRY_GET(found, query.next());
    return found ? std::optional{std::chrono::sys_seconds{std::chrono::seconds{query.integer(0)}}}
                 : std::nullopt;
}

std::int64_t seconds_of(const ImageInfo& info) {
    return info.last_modified.value_or(std::chrono::sys_seconds{}).time_since_epoch().count();
}

// Both unlink and keep the blob's `last_modified` for the persons' next pictures.

[[nodiscard]] result<void> unlink(Connection& connection, PersonId person_id, const ImageInfo& info) {
    PORTRAIT_TRY(connection.run("DELETE FROM person_image WHERE person_id = ?", person_id.value()));
    return connection.run("INSERT OR REPLACE INTO unlinked_person (person_id, last_modified) VALUES (?, ?)",
                          person_id.value(), seconds_of(info));
}

[[nodiscard]] result<void> unlink_all(Connection& connection, const ImageInfo& info) {
    PORTRAIT_TRY(connection.run("INSERT OR REPLACE INTO unlinked_person (person_id, last_modified) "
                                "SELECT person_id, ? FROM person_image WHERE blob_id = ?",
                                seconds_of(info), info.blob_id.value()));
    return connection.run("DELETE FROM person_image WHERE blob_id = ?", info.blob_id.value());
}

[[nodiscard]] result<SavedImage> save_for(Transaction& transaction, PersonId person_id,
                                          std::optional<BlobRow> row, const SaveImage& command,
                                          const WrittenContent& content) {
    auto texts = command.texts;
    PORTRAIT_TRY_GET(previous, last_modified_of(transaction.connection, person_id, row));
    if (row) {
        PORTRAIT_TRY_GET(persons, count_persons(transaction.connection, row->info.blob_id));
        if (persons == 1)
            return replace(transaction, *std::move(row), command, content);
        texts = {std::move(row->info.description), std::move(row->info.extra_info),
                 std::move(row->info.conceptual_type)};
    }
    PORTRAIT_TRY_GET(made, make_blob(transaction, command, std::move(texts), content, previous));
    PORTRAIT_TRY(
        link_to(transaction, person_id, made.info, command.origin ? command.origin->linked_at : command.now));
    return SavedImage{.info = std::move(made.info), .created = true};
}

/// Deletes the blob's row and frees its bytes unless a person is linked to it. Returns whether it did.
[[nodiscard]] result<bool> delete_unlinked(Transaction& transaction, const BlobRow& row) {
    const auto blob_id = row.info.blob_id;
    PORTRAIT_TRY_GET(persons, count_persons(transaction.connection, blob_id));
    if (persons != 0)
        return false;
    PORTRAIT_TRY(transaction.connection.run("DELETE FROM blob WHERE blob_id = ?", blob_id.value()));
    if (row.place)
        PORTRAIT_TRY(transaction.free(row.place->range));
    return true;
}

/// The blob of a key, if there is one, or the error of the precondition.
[[nodiscard]] result<std::optional<BlobRow>> find_checked(Transaction& transaction, ImageKey key,
                                                          const Precondition& precondition, Timestamp now) {
    PORTRAIT_TRY_GET(row, find_blob(transaction.connection, key));
    PORTRAIT_TRY(precondition.check(row ? &row->info : nullptr, now));
    return std::move(row);
}

} // namespace

result<bool> remove_picture(Transaction& transaction, PersonId person_id, const BlobRow& row) {
    PORTRAIT_TRY(unlink(transaction.connection, person_id, row.info));
    return delete_unlinked(transaction, row);
}

Error blob_missing(ImageKey key) {
    return Error{std::holds_alternative<BlobId>(key) ? errc::blob_unknown : errc::image_none};
}

result<SavedImage> apply_save(Transaction& transaction, const SaveImage& command,
                              const std::optional<WrittenContent>& content) {
    if (std::holds_alternative<NewBlob>(command.target)) {
        PORTRAIT_TRY_GET(made, make_blob(transaction, command, command.texts, content));
        note(transaction, AuditedAction::save, command, made.info.blob_id, std::nullopt, &made.info);
        return SavedImage{.info = std::move(made.info), .created = true};
    }
    if (!content)
        return Error{errc::internal}.with_cause("a save for a person or a blob has no bytes");
    const auto* person_id = std::get_if<PersonId>(&command.target);
    const auto key = person_id != nullptr ? ImageKey{*person_id} : std::get<BlobId>(command.target);
    PORTRAIT_TRY_GET(row, find_checked(transaction, key, command.precondition, command.now));
    if (person_id != nullptr)
        PORTRAIT_TRY(check_not_erased(transaction.connection, *person_id, command.origin));
    if (!row && person_id == nullptr)
        return Error{errc::blob_unknown};
    const auto before = audited(info_of(row));
    auto saved = person_id != nullptr ? save_for(transaction, *person_id, std::move(row), command, *content)
                                      : replace(transaction, *std::move(row), command, *content);
    if (saved)
        note(transaction, AuditedAction::save, command, key, before, &saved->info);
    return saved;
}

result<ImageInfo> apply_update_info(Transaction& transaction, const UpdateImageInfo& command) {
    PORTRAIT_TRY_GET(row, find_checked(transaction, command.target, command.precondition, command.now));
    if (!row)
        return blob_missing(command.target);
    auto& info = row->info;
    const auto before = audited(&info);
    PORTRAIT_TRY(command.check_blob_id(info.blob_id));
    info.description = command.description.value_or(info.description);
    info.extra_info = command.extra_info.value_or(info.extra_info);
    info.conceptual_type = command.conceptual_type.value_or(info.conceptual_type);
    touch(transaction, info, command);
    PORTRAIT_TRY(update_blob(transaction.connection, *row));
    transaction.note(*row);
    note(transaction, AuditedAction::update_info, command, command.target, before, &info);
    return std::move(info);
}

result<RemovedImage> apply_remove(Transaction& transaction, const RemoveImage& command) {
    PORTRAIT_TRY_GET(row, find_checked(transaction, command.target, command.precondition, command.now));
    const auto* person_id = std::get_if<PersonId>(&command.target);
    if (!row)
        return person_id != nullptr ? result<RemovedImage>{RemovedImage{}} : blob_missing(command.target);

    const auto blob_id = row->info.blob_id;
    if (person_id != nullptr)
        PORTRAIT_TRY(unlink(transaction.connection, *person_id, row->info));
    else
        PORTRAIT_TRY(unlink_all(transaction.connection, row->info));
    PORTRAIT_TRY_GET(erased, delete_unlinked(transaction, *row));
    note(transaction, AuditedAction::remove, command, command.target, audited(&row->info), nullptr);
    return RemovedImage{.unlinked = blob_id, .erased = erased};
}

result<ImageInfo> apply_link(Transaction& transaction, const LinkImage& command) {
    PORTRAIT_TRY(check_not_erased(transaction.connection, command.person_id, command.origin));
    PORTRAIT_TRY_GET(row, find_blob(transaction.connection, command.blob_id));
    if (!row)
        return Error{errc::blob_unknown};
    if (!row->place)
        return Error{errc::blob_without_image};
    PORTRAIT_TRY_GET(present, find_blob(transaction.connection, command.person_id));
    if (present && present->info.blob_id == command.blob_id)
        return std::move(present->info);
    PORTRAIT_TRY_GET(previous, last_modified_of(transaction.connection, command.person_id, present));
    PORTRAIT_TRY(link_to(transaction, command.person_id, row->info,
                         command.origin ? command.origin->linked_at : command.now));
    row->info.last_modified = second_of_change(command.now, std::max(row->info.last_modified, previous));
    PORTRAIT_TRY(update_blob(transaction.connection, *row));
    transaction.note(*row);
    note(transaction, AuditedAction::link, command, command.person_id, audited(info_of(present)), &row->info);
    return std::move(row->info);
}

result<std::optional<BlobId>> apply_unlink(Transaction& transaction, const UnlinkImage& command) {
    PORTRAIT_TRY_GET(row, find_blob(transaction.connection, command.person_id));
    if (!row)
        return std::optional<BlobId>{};
    PORTRAIT_TRY(unlink(transaction.connection, command.person_id, row->info));
    note(transaction, AuditedAction::unlink, command, command.person_id, audited(&row->info), nullptr);
    return std::optional{row->info.blob_id};
}

result<ErasedImage> apply_erase(Transaction& transaction, const EraseImage& command,
                                const std::string& epoch) {
    PORTRAIT_TRY_GET(row, find_blob(transaction.connection, command.person_id));
    PORTRAIT_TRY_GET(count, count_erasures(transaction.connection, epoch));
    ErasedImage erased{.number = count + 1};
    std::optional<std::uint64_t> sequence;
    if (row) {
        PORTRAIT_TRY_GET(deleted, remove_picture(transaction, command.person_id, *row));
        (deleted ? erased.erased : erased.kept).push_back(row->info.blob_id);
        if (deleted && row->place)
            sequence = row->place->sequence;
    }
    PORTRAIT_TRY(insert_erasure(transaction.connection,
                                {.person_id = command.person_id,
                                 .erasure = {.epoch = epoch, .number = erased.number, .at = command.now},
                                 .sequence = sequence}));
    note(transaction, AuditedAction::erase, command, command.person_id, audited(info_of(row)), nullptr);
    return erased;
}

} // namespace portrait::sqlite
