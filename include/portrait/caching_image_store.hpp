#pragma once

#include <portrait/export.hpp>
#include <portrait/image_store.hpp>

#include <cstdint>
#include <memory>

namespace portrait {

/// Figures of a cache since its start.
struct CacheStatistics {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t bytes = 0;   ///< held now
    std::uint64_t entries = 0; ///< held now
};

/// Keeps hot pictures of another store in memory, within a limit in bytes; least recently used ones go first.
///
/// All writes to the store underneath have to go through this object. A picture that was read is kept only if
/// nothing has written to that person (or to the blob) since before its row was read, so `cached_image` never
/// gives what an answered write has replaced. Don't put it in front of a store that other processes write to.
/// Thread-safe; `cached_image` takes a short lock and copies no bytes.
class PORTRAIT_EXPORT CachingImageStore final : public ImageStore {
public:
    /// `max_bytes` counts pictures and a fixed overhead each; a picture over an eighth of it isn't kept.
    CachingImageStore(std::shared_ptr<ImageStore> store, std::uint64_t max_bytes);
    ~CachingImageStore() override;

    result<SavedImage> save(SaveImage command) override;
    void submit(SaveImage command, Completion<SavedImage> completion) override;
    result<StoredImage> image(ImageKey key) const override;
    result<ImageInfo> info(ImageKey key) const override;
    std::optional<StoredImage> cached_image(PersonId person_id) const override;
    result<ImageInfo> update_info(UpdateImageInfo command) override;
    result<RemovedImage> remove(RemoveImage command) override;
    result<ImageInfo> link(LinkImage command) override;
    result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    result<void> writable() const override;

    CacheStatistics statistics() const;

private:
    class PORTRAIT_HIDDEN Cache;
    template<class Target>
    class PORTRAIT_HIDDEN InvalidateOnExit;

    std::shared_ptr<ImageStore> store_;
    std::shared_ptr<Cache> cache_;
};

} // namespace portrait
