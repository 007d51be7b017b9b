#pragma once

#include <portrait/audit_log.hpp>
#include <portrait/export.hpp>
#include <portrait/image_store.hpp>

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace portrait {

/// Records each write to another store that succeeds, before it is answered. A write whose record can't be
/// kept is `errc::internal` although it has happened: nobody is told of a write that nobody can trace.
///
/// Costs a look at the picture's ImageInfo before each write; a write by somebody else between that look and
/// the change is told by the versions (see `AuditedPicture`). Reads pass through. Thread-safe; put it in
/// front of all others.
class PORTRAIT_EXPORT AuditingImageStore final : public ImageStore {
public:
    /// A null pointer throws `std::invalid_argument`.
    AuditingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<AuditLog> log);
    ~AuditingImageStore() override;

    result<SavedImage> save(SaveImage command) override;
    void submit(SaveImage command, Completion<SavedImage> completion) override;
    result<StoredImage> image(ImageKey key) const override;
    result<ImageInfo> info(ImageKey key) const override;
    result<std::vector<std::optional<ImageInfo>>> infos(std::span<const PersonId> persons) const override;
    std::optional<StoredImage> cached_image(PersonId person_id) const override;
    std::optional<ImageInfo> cached_info(PersonId person_id) const override;
    result<ImageInfo> update_info(UpdateImageInfo command) override;
    result<RemovedImage> remove(RemoveImage command) override;
    result<ImageInfo> link(LinkImage command) override;
    result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    result<void> writable() const override;

private:
    std::optional<AuditedPicture> look(const ImageKey& key) const;

    std::shared_ptr<ImageStore> store_;
    std::shared_ptr<AuditLog> log_;
};

} // namespace portrait
