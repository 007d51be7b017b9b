#include "commit/batch_state.hpp"

#include <portrait/try.hpp>

#include <algorithm>
#include <variant>

namespace portrait::postgres {
namespace {

template<class Command>
Timestamp linked_at_of(const Command& command) {
    return command.origin ? command.origin->linked_at : command.now;
}

void describe(BlobRow& row, const ImageContent& content, const Uuid& content_id) {
    row.content_id = content_id;
    row.info.size = content.bytes.size();
    row.info.format = content.header.format;
    row.info.width = content.header.width;
    row.info.height = content.header.height;
    row.info.digest = content.digest;
}

template<class Command>
void touch(ImageInfo& info, const Command& command) {
    ++info.blob_version;
    info.last_modified = second_of_change(command.now, info.last_modified);
    info.updated_at = command.now;
    info.updated_by = command.actor.stored();
}

void touch_saved(ImageInfo& info, const SaveImage& command) {
    touch(info, command);
    if (!command.origin)
        return;
    info.updated_at = command.origin->stamps.updated_at;
    info.updated_by = command.origin->stamps.updated_by.stored();
}

void set_changed(BatchBlob& blob) {
    if (blob.state == BatchBlob::State::as_stored)
        blob.state = BatchBlob::State::changed;
}

/// The info of a blob as it is read by the key that gave `before`.
ImageInfo as_read(ImageInfo info, const ImageInfo& before) {
    info.link_version = before.link_version;
    info.linked_at = before.linked_at;
    return info;
}

} // namespace

BatchState::BatchState(std::string epoch)
    : epoch_{std::move(epoch)} {}

bool BatchState::has_changes() const noexcept {
    return !new_erasures.empty() ||
           std::any_of(slots.begin(), slots.end(), [](const auto& slot) { return slot.second.changed; }) ||
           std::any_of(blobs.begin(), blobs.end(),
                       [](const auto& blob) { return blob.second.state != BatchBlob::State::as_stored; });
}

BatchState::Found BatchState::find(ImageKey key) {
    const auto* const person_id = std::get_if<PersonId>(&key);
    const auto slot = person_id != nullptr ? slots.find(*person_id) : slots.end();
    if (person_id != nullptr && (slot == slots.end() || !slot->second.blob_id))
        return {};
    const auto blob = blobs.find(person_id != nullptr ? *slot->second.blob_id : std::get<BlobId>(key));
    if (blob == blobs.end() || blob->second.state == BatchBlob::State::deleted)
        return {};
    Found found{.blob = &blob->second, .info = blob->second.row.info};
    if (person_id != nullptr) {
        found.info->link_version = slot->second.link_version;
        found.info->linked_at = slot->second.linked_at;
    }
    return found;
}

result<BatchState::Found> BatchState::find_checked(ImageKey key, const Precondition& precondition,
                                                   Timestamp now) {
    auto found = find(key);
    PORTRAIT_TRY(precondition.check(found.info ? &*found.info : nullptr, now));
    return found;
}

result<void> BatchState::check_person(PersonId person_id, const std::optional<ImportOrigin>& origin) const {
    if (forgotten.contains(person_id))
        return Error{errc::person_unknown};
    const auto erasure = origin ? erasures.find(person_id) : erasures.end();
    if (erasure != erasures.end() && origin->exported.is_before(erasure->second))
        return Error{errc::person_erased};
    return {};
}

std::optional<std::chrono::sys_seconds> BatchState::last_modified_of(PersonId person_id) const {
    const auto slot = slots.find(person_id);
    if (slot == slots.end())
        return std::nullopt;
    if (!slot->second.blob_id)
        return slot->second.last_modified;
    const auto blob = blobs.find(*slot->second.blob_id);
    return blob == blobs.end() ? std::nullopt : blob->second.row.info.last_modified;
}

template<class Command>
void BatchState::note(AuditedAction action, const Command& command, const std::optional<ImageKey>& target,
                      const std::optional<ImageInfo>& before, const ImageInfo* after) {
    AuditRecord record{.action = action, .at = command.now, .actor = command.actor};
    if (const auto* const person_id = target ? std::get_if<PersonId>(&*target) : nullptr)
        record.person_id = *person_id;
    if (before)
        record.before = AuditedPicture::of(*before);
    if (after != nullptr)
        record.after = AuditedPicture::of(*after);
    if constexpr (requires { command.origin; })
        if (command.origin)
            record.imported = command.origin->stamps;
    records.push_back(std::move(record));
}

void BatchState::link(PersonId person_id, BatchBlob& blob, Timestamp linked_at) {
    auto& slot = slots[person_id];
    if (slot.blob_id)
        --blobs.at(*slot.blob_id).persons;
    slot.blob_id = blob.row.info.blob_id;
    ++slot.link_version;
    slot.linked_at = linked_at;
    slot.last_modified.reset();
    slot.changed = true;
    ++blob.persons;
}

void BatchState::unlink(PersonId person_id, BatchSlot& slot) {
    slot.last_modified = last_modified_of(person_id);
    --blobs.at(*slot.blob_id).persons;
    slot.blob_id.reset();
    slot.changed = true;
}

bool BatchState::delete_unlinked(BatchBlob& blob) {
    if (blob.persons != 0)
        return false;
    if (blob.row.content_id)
        unused_contents.push_back(*blob.row.content_id);
    blob.state = BatchBlob::State::deleted;
    erased_blobs.push_back(blob.row.info.blob_id);
    return true;
}

result<SavedImage> BatchState::save_new(const SaveImage& command, const std::optional<Uuid>& content_id,
                                        ImageTexts texts, std::optional<PersonId> person_id,
                                        const std::optional<ImageInfo>& before) {
    PORTRAIT_TRY_GET(blob_id, next_blob_id());
    BlobRow row{
        .info = {.blob_id = blob_id,
                 .description = std::move(texts.description),
                 .extra_info = std::move(texts.extra_info),
                 .conceptual_type = std::move(texts.conceptual_type),
                 .created_at = command.origin ? command.origin->stamps.created_at : command.now,
                 .created_by = (command.origin ? command.origin->stamps.created_by : command.actor).stored(),
                 .linked_at = command.now,
                 .last_modified = person_id ? last_modified_of(*person_id) : std::nullopt,
                 .epoch = epoch_}};
    if (content_id)
        describe(row, *command.content, *content_id);
    touch_saved(row.info, command);
    auto& blob = blobs.emplace(blob_id, BatchBlob{.row = std::move(row), .state = BatchBlob::State::inserted})
                     .first->second;
    SavedImage saved{.info = blob.row.info, .created = true};
    if (person_id) {
        link(*person_id, blob, linked_at_of(command));
        saved.info = *find(*person_id).info;
    }
    note(AuditedAction::save, command, person_id ? std::optional{ImageKey{*person_id}} : std::nullopt, before,
         &saved.info);
    return saved;
}

SavedImage BatchState::replace(const SaveImage& command, const Uuid& content_id, Found found) {
    auto& row = found.blob->row;
    if (row.content_id)
        unused_contents.push_back(*row.content_id);
    describe(row, *command.content, content_id);
    touch_saved(row.info, command);
    set_changed(*found.blob);
    return {.info = as_read(row.info, *found.info), .created = false};
}

result<SavedImage> BatchState::apply(const SaveImage& command, const std::optional<Uuid>& content_id) {
    if (std::holds_alternative<NewBlob>(command.target))
        return save_new(command, content_id, command.texts, std::nullopt, std::nullopt);
    if (!content_id)
        return Error{errc::internal}.with_cause("a save for a person or a blob has no bytes");
    const auto* const person_id = std::get_if<PersonId>(&command.target);
    if (person_id != nullptr && command.for_listed_person && !listed.contains(*person_id))
        return Error{errc::person_unknown};
    const auto key = person_id != nullptr ? ImageKey{*person_id} : std::get<BlobId>(command.target);
    PORTRAIT_TRY_GET(found, find_checked(key, command.precondition, command.now));
    if (person_id != nullptr)
        PORTRAIT_TRY(check_person(*person_id, command.origin));
    else if (found.blob == nullptr)
        return Error{errc::blob_unknown};
    if (found.blob == nullptr)
        return save_new(command, content_id, command.texts, *person_id, std::nullopt);
    if (person_id != nullptr && found.blob->persons != 1) {
        const auto& info = *found.info;
        return save_new(command, content_id, {info.description, info.extra_info, info.conceptual_type},
                        *person_id, info);
    }
    const auto before = found.info;
    auto saved = replace(command, *content_id, std::move(found));
    note(AuditedAction::save, command, key, before, &saved.info);
    return saved;
}

result<ImageInfo> BatchState::apply(const UpdateImageInfo& command) {
    PORTRAIT_TRY_GET(found, find_checked(command.target, command.precondition, command.now));
    if (found.blob == nullptr)
        return nothing_at(command.target);
    auto& info = found.blob->row.info;
    PORTRAIT_TRY(command.check_blob_id(info.blob_id));
    info.description = command.description.value_or(info.description);
    info.extra_info = command.extra_info.value_or(info.extra_info);
    info.conceptual_type = command.conceptual_type.value_or(info.conceptual_type);
    touch(info, command);
    set_changed(*found.blob);
    auto updated = as_read(info, *found.info);
    note(AuditedAction::update_info, command, command.target, found.info, &updated);
    return updated;
}

result<RemovedImage> BatchState::apply(const RemoveImage& command) {
    PORTRAIT_TRY_GET(found, find_checked(command.target, command.precondition, command.now));
    const auto* const person_id = std::get_if<PersonId>(&command.target);
    if (found.blob == nullptr)
        return person_id != nullptr ? result<RemovedImage>{RemovedImage{}} : nothing_at(command.target);
    const auto blob_id = found.info->blob_id;
    for (auto& [person, slot] : slots)
        if (person_id != nullptr ? person == *person_id : slot.blob_id == blob_id)
            unlink(person, slot);
    const bool erased = delete_unlinked(*found.blob);
    note(AuditedAction::remove, command, command.target, found.info, nullptr);
    return RemovedImage{.unlinked = blob_id, .erased = erased};
}

result<ImageInfo> BatchState::apply(const LinkImage& command) {
    const auto target = find(command.blob_id);
    PORTRAIT_TRY(check_person(command.person_id, command.origin));
    if (target.blob == nullptr)
        return Error{errc::blob_unknown};
    if (!target.blob->row.content_id)
        return Error{errc::blob_without_image};
    const auto present = find(command.person_id).info;
    if (present && present->blob_id == command.blob_id)
        return *present;
    const auto previous = last_modified_of(command.person_id);
    auto& info = target.blob->row.info;
    link(command.person_id, *target.blob, linked_at_of(command));
    info.last_modified = second_of_change(command.now, std::max(info.last_modified, previous));
    set_changed(*target.blob);
    auto linked = *find(command.person_id).info;
    note(AuditedAction::link, command, command.person_id, present, &linked);
    return linked;
}

result<std::optional<BlobId>> BatchState::apply(const UnlinkImage& command) {
    const auto found = find(command.person_id);
    if (found.blob == nullptr)
        return std::optional<BlobId>{};
    unlink(command.person_id, slots.at(command.person_id));
    note(AuditedAction::unlink, command, command.person_id, found.info, nullptr);
    return std::optional{found.info->blob_id};
}

result<ErasedImage> BatchState::apply(const EraseImage& command) {
    const auto found = find(command.person_id);
    ErasedImage erased{.number = ++last_erasure};
    if (found.blob != nullptr) {
        unlink(command.person_id, slots.at(command.person_id));
        const bool deleted = delete_unlinked(*found.blob);
        (deleted ? erased.erased : erased.kept).push_back(found.info->blob_id);
    }
    const Erasure erasure{.epoch = epoch_, .number = erased.number, .at = command.now};
    erasures.insert_or_assign(command.person_id, erasure);
    new_erasures.insert_or_assign(command.person_id, erasure);
    note(AuditedAction::erase, command, command.person_id, found.info, nullptr);
    return erased;
}

} // namespace portrait::postgres
