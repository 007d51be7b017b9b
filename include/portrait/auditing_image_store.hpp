#pragma once

#include <portrait/audit_log.hpp>
#include <portrait/export.hpp>
#include <portrait/forwarding_image_store.hpp>

#include <memory>
#include <optional>

namespace portrait {

/// Records each write to another store that succeeds, before it is answered. A write whose record can't be
/// kept is `errc::internal` although it has happened: nobody is told of a write that nobody can trace.
///
/// Costs a look at the picture's ImageInfo before each write; a write by somebody else between that look and
/// the change is told by the versions (see `AuditedPicture`). Reads pass through. Thread-safe; put it in
/// front of all others.
class PORTRAIT_EXPORT AuditingImageStore final : public ForwardingImageStore {
public:
    /// A null pointer throws `std::invalid_argument`.
    AuditingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<AuditLog> log);
    ~AuditingImageStore() override;

    void submit(SaveImage command, Completion<SavedImage> completion) override;
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override;
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override;
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override;

private:
    std::optional<AuditedPicture> look(const ImageKey& key) const;

    std::shared_ptr<AuditLog> log_;
};

} // namespace portrait
