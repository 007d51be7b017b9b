#pragma once

#include <portrait/audit_log.hpp>
#include <portrait/export.hpp>
#include <portrait/forwarding_image_store.hpp>

#include <memory>
#include <optional>

namespace portrait {

/// Records each successful write to another store before it is answered. A write whose record can't be kept
/// is `errc::internal` although it has happened, so no write is acknowledged that can't be traced.
///
/// Reads the picture's ImageInfo before each write; the versions reveal another write between that read and
/// the change (see `AuditedPicture`). Reads pass through. Thread-safe; put it in front of all other stores.
class PORTRAIT_EXPORT AuditingImageStore final : public ForwardingImageStore {
public:
    /// A null pointer throws `std::invalid_argument`.
    AuditingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<AuditLog> log);

    void submit(SaveImage command, Completion<SavedImage> completion) override;
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override;
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override;
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override;

private:
    std::shared_ptr<AuditLog> log_;
};

} // namespace portrait
