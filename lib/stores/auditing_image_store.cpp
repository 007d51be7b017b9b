#include "values/awaited.hpp"
#include "values/required.hpp"

#include <portrait/auditing_image_store.hpp>

#include <functional>
#include <utility>
#include <variant>

namespace portrait {

namespace {

AuditedPicture picture_of(const ImageInfo& info) {
    return {
        .blob_id = info.blob_id, .blob_version = info.blob_version, .size = info.size, .digest = info.digest};
}

std::optional<PersonId> person_of(const ImageKey& key) {
    const auto* person_id = std::get_if<PersonId>(&key);
    return person_id == nullptr ? std::nullopt : std::optional{*person_id};
}

/// What a save replaces; absent when it makes a blob.
std::optional<ImageKey> key_of(const SaveTarget& target) {
    if (const auto* person_id = std::get_if<PersonId>(&target))
        return *person_id;
    if (const auto* blob_id = std::get_if<BlobId>(&target))
        return *blob_id;
    return std::nullopt;
}

/// The record of a command, before what it meets is known.
template<class Command>
AuditRecord record_of(AuditedAction action, const Command& command, std::optional<PersonId> person_id,
                      std::optional<AuditedPicture> before) {
    return {.action = action,
            .at = command.now,
            .actor = command.actor,
            .person_id = person_id,
            .before = std::move(before)};
}

Error not_kept() {
    return Error{errc::internal}.with_cause(
        "the change has been made, and its record can't be written to the audit log");
}

bool keep(AuditLog& log, AuditRecord record) {
    return awaited<bool>(
        [&](std::function<void(bool)> done) { log.record(std::move(record), std::move(done)); });
}

/// The value, once the record of it is kept.
template<class Value>
[[nodiscard]] result<Value> after_keeping(AuditLog& log, AuditRecord record, result<Value> value) {
    if (value && !keep(log, std::move(record)))
        return not_kept();
    return value;
}

} // namespace

std::string_view name_of(AuditedAction action) noexcept {
    switch (action) {
    case AuditedAction::save: return "save";
    case AuditedAction::update_info: return "update_info";
    case AuditedAction::remove: return "remove";
    case AuditedAction::link: return "link";
    case AuditedAction::unlink: break;
    }
    return "unlink";
}

AuditingImageStore::AuditingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<AuditLog> log)
    : ForwardingImageStore{std::move(store)}
    , log_{required(std::move(log), "AuditingImageStore needs a log")} {}

AuditingImageStore::~AuditingImageStore() = default;

std::optional<AuditedPicture> AuditingImageStore::look(const ImageKey& key) const {
    const auto info = next().info(key);
    return info ? std::optional{picture_of(*info)} : std::nullopt;
}

void AuditingImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    AuditRecord record{.action = AuditedAction::save, .at = command.now, .actor = command.actor};
    if (const auto key = key_of(command.target)) {
        record.person_id = person_of(*key);
        record.before = look(*key);
    }
    next().submit(std::move(command), [log = log_, record = std::move(record),
                                       completion = std::move(completion)](result<SavedImage> saved) mutable {
        if (!saved)
            return completion(std::move(saved));
        record.after = picture_of(saved->info);
        log->record(std::move(record),
                    [saved = std::move(saved), completion = std::move(completion)](bool kept) {
                        completion(kept ? saved : result<SavedImage>{not_kept()});
                    });
    });
}

result<ImageInfo> AuditingImageStore::update_info(UpdateImageInfo command) {
    auto record =
        record_of(AuditedAction::update_info, command, person_of(command.target), look(command.target));
    auto updated = next().update_info(std::move(command));
    if (updated)
        record.after = picture_of(*updated);
    return after_keeping(*log_, std::move(record), std::move(updated));
}

result<RemovedImage> AuditingImageStore::remove(RemoveImage command) {
    auto record = record_of(AuditedAction::remove, command, person_of(command.target), look(command.target));
    auto removed = next().remove(std::move(command));
    if (removed && !removed->unlinked && !removed->erased)
        return removed; // there was nothing to remove
    return after_keeping(*log_, std::move(record), std::move(removed));
}

result<ImageInfo> AuditingImageStore::link(LinkImage command) {
    auto record = record_of(AuditedAction::link, command, command.person_id, look(command.person_id));
    auto linked = next().link(std::move(command));
    if (linked)
        record.after = picture_of(*linked);
    return after_keeping(*log_, std::move(record), std::move(linked));
}

result<std::optional<BlobId>> AuditingImageStore::unlink(UnlinkImage command) {
    auto record = record_of(AuditedAction::unlink, command, command.person_id, look(command.person_id));
    auto unlinked = next().unlink(std::move(command));
    if (unlinked && !*unlinked)
        return unlinked;
    return after_keeping(*log_, std::move(record), std::move(unlinked));
}

} // namespace portrait
