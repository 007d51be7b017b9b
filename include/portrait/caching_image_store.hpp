#pragma once

#include <portrait/export.hpp>
#include <portrait/forwarding_image_store.hpp>
#include <portrait/image_cache.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace portrait {

/// Keeps hot pictures of another store in memory.
///
/// All writes to that store have to go through this object: every write invalidates the pictures, ImageInfos
/// and renditions that it touched before it is answered, so `cached_image` never returns what an answered
/// write has replaced. A store that other processes write to needs a
/// `RevalidatingImageStore`. On a miss, `cached_image` and
/// `cached_info` ask the store behind it. Thread-safe; those two take short locks and copy no picture of the
/// cache.
class PORTRAIT_EXPORT CachingImageStore final : public ForwardingImageStore {
public:
    /// Null pointers throw `std::invalid_argument`.
    CachingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<ImageCache> cache);
    /// Creates a cache of its own; see `ImageCache`.
    CachingImageStore(std::shared_ptr<ImageStore> store, std::uint64_t max_bytes);

    void submit(SaveImage command, Completion<SavedImage> completion) override;
    [[nodiscard]] result<StoredImage> image(ImageKey key) const override;
    void fetch(ImageKey key, Completion<StoredImage> completion) const override;
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const override;
    std::optional<StoredImage> cached_image(PersonId person_id) const override;
    std::optional<ImageInfo> cached_info(PersonId person_id) const override;
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override;
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override;
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    [[nodiscard]] result<ErasedImage> erase(EraseImage command) override;

    CacheStatistics statistics() const;

private:
    std::shared_ptr<ImageCache> cache_;
};

} // namespace portrait
