#pragma once

#include <portrait/export.hpp>
#include <portrait/image_store.hpp>

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace portrait {

/// Passes everything on to another store: the base of a store that stands in front of one and changes some of
/// what it does. It keeps every promise of `ImageStore`, thread safety too, as far as that store does.
///
/// Pictures are saved by `submit` alone: `save` calls it and waits, so that a class that overrides `submit`
/// has seen to both. What `submit` throws, `save` throws.
class PORTRAIT_EXPORT ForwardingImageStore : public ImageStore {
public:
    /// A null store throws `std::invalid_argument`.
    explicit ForwardingImageStore(std::shared_ptr<ImageStore> store);
    ~ForwardingImageStore() override;
    ForwardingImageStore(const ForwardingImageStore&) = delete;
    ForwardingImageStore& operator=(const ForwardingImageStore&) = delete;

    /// By `submit`. Not to be called by a completion, as it waits for one.
    [[nodiscard]] result<SavedImage> save(SaveImage command) final;
    void submit(SaveImage command, Completion<SavedImage> completion) override;
    [[nodiscard]] result<StoredImage> image(ImageKey key) const override;
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const override;
    [[nodiscard]] result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const override;
    std::optional<StoredImage> cached_image(PersonId person_id) const override;
    std::optional<ImageInfo> cached_info(PersonId person_id) const override;
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override;
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override;
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override;
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override;
    [[nodiscard]] result<void> writable() const override;

protected:
    /// The store that everything is passed on to.
    ImageStore& next() const noexcept { return *next_; }

private:
    std::shared_ptr<ImageStore> next_;
};

} // namespace portrait
