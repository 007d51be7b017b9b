#pragma once

#include <portrait/export.hpp>
#include <portrait/forwarding_image_store.hpp>
#include <portrait/image_cache.hpp>

#include <memory>

namespace portrait {

/// Keeps the bytes of hot pictures of a store that other processes write to, too. Every read asks that store
/// for the present state, and only the bytes of a picture that hasn't changed come from memory. So an answer
/// is never older than the last acknowledged write of any process, and without the store there is no answer.
///
/// `cached_image` and `cached_info` have nothing, since memory alone can't know the present state. Pictures
/// that are removed or erased through this object leave the cache at once; for those of other processes the
/// store has to call `ImageCache::forget`. Thread-safe.
///
/// ```cpp
/// auto cache = std::make_shared<portrait::ImageCache>(64U << 20U);
/// auto store = portrait::postgres::PostgresImageStore::open({.connection = "service=portrait", .cache =
/// cache}); auto images = std::make_shared<portrait::RevalidatingImageStore>(*std::move(store), cache);
/// ```
class PORTRAIT_EXPORT RevalidatingImageStore final : public ForwardingImageStore {
public:
    /// Null pointers throw `std::invalid_argument`.
    RevalidatingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<ImageCache> cache);

    [[nodiscard]] result<StoredImage> image(ImageKey key) const override;
    void fetch(ImageKey key, Completion<StoredImage> completion) const override;
    void fetch_unless(ImageKey key, std::shared_ptr<const ImageInfo> known,
                      Completion<StoredImage> completion) const override;
    void fetch_info(ImageKey key, Completion<ImageInfo> completion) const override;
    bool fetches_without_blocking() const noexcept override { return next().fetches_without_blocking(); }
    std::optional<StoredImage> cached_image(PersonId) const override { return std::nullopt; }
    std::optional<ImageInfo> cached_info(PersonId) const override { return std::nullopt; }
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ErasedImage> erase(EraseImage command) override;

private:
    std::shared_ptr<ImageCache> cache_;
};

} // namespace portrait
