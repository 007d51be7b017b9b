#pragma once

#include <portrait/audit_log.hpp>
#include <portrait/export.hpp>
#include <portrait/image_store.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace portrait {

/// Pictures in memory, for unit tests and embedding, with every promise of `ImageStore` but durability.
/// Thread-safe.
class PORTRAIT_EXPORT MemoryImageStore final : public ImageStore {
public:
    /// The first blob gets `first_blob_id`, by default 1; for tests of the last ids. A log may be null; the
    /// store calls it under its lock.
    explicit MemoryImageStore(std::optional<BlobId> first_blob_id = std::nullopt,
                              std::shared_ptr<AuditLog> audit = nullptr);
    ~MemoryImageStore() override;

    [[nodiscard]] result<SavedImage> save(SaveImage command) override;
    [[nodiscard]] result<StoredImage> image(ImageKey key) const override;
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const override;
    /// Takes time linear in the number of all persons with a picture.
    [[nodiscard]] result<std::vector<PersonId>> persons_with_image(std::optional<PersonId> after,
                                                                   std::size_t limit) const override;
    std::optional<StoredImage> cached_image(PersonId person_id) const override;
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override;
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override;
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    [[nodiscard]] result<ErasedImage> erase(EraseImage command) override;
    [[nodiscard]] result<std::optional<Erasure>> last_erasure(PersonId person_id) const override;
    [[nodiscard]] result<std::int64_t> erasures() const override;
    /// Random: the versions and ids of two stores repeat.
    std::string epoch() const override;
    [[nodiscard]] result<void> writable() const override;

private:
    struct PORTRAIT_HIDDEN State;
    std::unique_ptr<State> state_;
};

} // namespace portrait
