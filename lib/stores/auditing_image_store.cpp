#include "values/awaited.hpp"
#include "values/required.hpp"

#include <portrait/auditing_image_store.hpp>

#include <array>
#include <type_traits>
#include <utility>
#include <variant>

namespace portrait {
namespace {

AuditedPicture picture_of(const ImageInfo& info) {
    return {
        .blob_id = info.blob_id, .blob_version = info.blob_version, .size = info.size, .digest = info.digest};
}

/// The record of a command before its outcome is known; the target is a `SaveTarget` or an `ImageKey`.
template<class Command, class Target>
AuditRecord record_of(AuditedAction action, const Command& command, const Target& target,
                      const ImageStore& store) {
    AuditRecord record{.action = action, .at = command.now, .actor = command.actor};
    std::visit(
        [&](auto id) {
            if constexpr (std::is_same_v<decltype(id), PersonId>)
                record.person_id = id;
            if constexpr (!std::is_same_v<decltype(id), NewBlob>)
                if (const auto info = store.info(id))
                    record.before = picture_of(*info);
        },
        target);
    return record;
}

Error not_kept() {
    return Error{errc::internal}.with_cause(
        "The change has been made, but its record can't be written to the audit log");
}

/// The value, once its record is kept.
template<class Value>
[[nodiscard]] result<Value> after_keeping(AuditLog& log, AuditRecord record, result<Value> value) {
    const bool kept =
        !value || awaited<bool>([&](auto done) { log.record(std::move(record), std::move(done)); });
    if (!kept)
        return not_kept();
    return value;
}

} // namespace

std::string_view name_of(AuditedAction action) noexcept {
    constexpr std::array<std::string_view, 5> names{"save", "update_info", "remove", "link", "unlink"};
    return names[static_cast<std::size_t>(action)];
}

AuditingImageStore::AuditingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<AuditLog> log)
    : ForwardingImageStore{std::move(store)}
    , log_{required(std::move(log), "AuditingImageStore needs a log")} {}

AuditingImageStore::~AuditingImageStore() = default;

void AuditingImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    auto record = record_of(AuditedAction::save, command, command.target, next());
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
    auto record = record_of(AuditedAction::update_info, command, command.target, next());
    auto updated = next().update_info(std::move(command));
    if (updated)
        record.after = picture_of(*updated);
    return after_keeping(*log_, std::move(record), std::move(updated));
}

result<RemovedImage> AuditingImageStore::remove(RemoveImage command) {
    auto record = record_of(AuditedAction::remove, command, command.target, next());
    auto removed = next().remove(std::move(command));
    if (removed && !removed->unlinked && !removed->erased)
        return removed; // there was nothing to remove
    return after_keeping(*log_, std::move(record), std::move(removed));
}

result<ImageInfo> AuditingImageStore::link(LinkImage command) {
    auto record = record_of(AuditedAction::link, command, ImageKey{command.person_id}, next());
    auto linked = next().link(std::move(command));
    if (linked)
        record.after = picture_of(*linked);
    return after_keeping(*log_, std::move(record), std::move(linked));
}

result<std::optional<BlobId>> AuditingImageStore::unlink(UnlinkImage command) {
    auto record = record_of(AuditedAction::unlink, command, ImageKey{command.person_id}, next());
    auto unlinked = next().unlink(std::move(command));
    if (unlinked && !*unlinked)
        return unlinked;
    return after_keeping(*log_, std::move(record), std::move(unlinked));
}

} // namespace portrait
