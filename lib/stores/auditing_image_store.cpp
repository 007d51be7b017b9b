#include "values/ports.hpp"

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

/// Adds the picture after the write; false if the write changed nothing.
bool complete(AuditRecord& record, const ImageInfo& info) {
    record.after = picture_of(info);
    return true;
}
bool complete(AuditRecord&, const RemovedImage& removed) {
    return removed.unlinked || removed.erased;
}
bool complete(AuditRecord&, const std::optional<BlobId>& unlinked) {
    return unlinked.has_value();
}

/// Writes, and returns the outcome when its record is kept; a write that changed nothing has none.
template<class Write>
auto audited(AuditLog& log, AuditRecord record, const Write& write) {
    auto outcome = write();
    if (outcome && complete(record, *outcome) &&
        !awaited<bool>([&](auto done) { log.record(std::move(record), std::move(done)); }))
        outcome = not_kept();
    return outcome;
}

} // namespace

std::string_view name_of(AuditedAction action) noexcept {
    constexpr std::array<std::string_view, 5> names{"save", "update_info", "remove", "link", "unlink"};
    return names[static_cast<std::size_t>(action)];
}

AuditingImageStore::AuditingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<AuditLog> log)
    : ForwardingImageStore{std::move(store)}
    , log_{required(std::move(log), "AuditingImageStore needs a log")} {}

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
    return audited(*log_, record_of(AuditedAction::update_info, command, command.target, next()),
                   [&] { return next().update_info(std::move(command)); });
}

result<RemovedImage> AuditingImageStore::remove(RemoveImage command) {
    return audited(*log_, record_of(AuditedAction::remove, command, command.target, next()),
                   [&] { return next().remove(std::move(command)); });
}

result<ImageInfo> AuditingImageStore::link(LinkImage command) {
    return audited(*log_, record_of(AuditedAction::link, command, ImageKey{command.person_id}, next()),
                   [&] { return next().link(std::move(command)); });
}

result<std::optional<BlobId>> AuditingImageStore::unlink(UnlinkImage command) {
    return audited(*log_, record_of(AuditedAction::unlink, command, ImageKey{command.person_id}, next()),
                   [&] { return next().unlink(std::move(command)); });
}

} // namespace portrait
