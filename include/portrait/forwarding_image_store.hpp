#pragma once

#include <portrait/export.hpp>
#include <portrait/image_store.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace portrait {

/// Forwards every call to another store: the base of a store that stands in front of another and changes some
/// of its behaviour. It keeps the promises of `ImageStore`, thread safety included, as far as that store
/// does.
///
/// Pictures are saved by `submit` alone: `save` calls it and waits, so a class only has to override `submit`.
/// `save` throws what `submit` throws. `fetch` calls `image`, and `fetch_info` calls `info`: override them if
/// the other store's don't block.
class PORTRAIT_EXPORT ForwardingImageStore : public ImageStore {
public:
    /// A null store throws `std::invalid_argument`.
    explicit ForwardingImageStore(std::shared_ptr<ImageStore> store);
    ForwardingImageStore(const ForwardingImageStore&) = delete;
    ForwardingImageStore& operator=(const ForwardingImageStore&) = delete;

    /// By `submit`. A completion must not call it, as it waits for one.
    [[nodiscard]] result<SavedImage> save(SaveImage command) final;
    void submit(SaveImage command, Completion<SavedImage> completion) override {
        next_->submit(std::move(command), std::move(completion));
    }
    [[nodiscard]] result<StoredImage> image(ImageKey key) const override { return next_->image(key); }
    [[nodiscard]] result<ImageInfo> info(ImageKey key) const override { return next_->info(key); }
    [[nodiscard]] result<std::vector<std::optional<ImageInfo>>>
    infos(std::span<const PersonId> persons) const override {
        return next_->infos(persons);
    }
    [[nodiscard]] result<std::vector<PersonId>> persons_with_image(std::optional<PersonId> after,
                                                                   std::size_t limit) const override {
        return next_->persons_with_image(after, limit);
    }
    bool checks_persons_of(const PersonDirectory& directory) const noexcept override {
        return next_->checks_persons_of(directory);
    }
    std::optional<StoredImage> cached_image(PersonId person_id) const override {
        return next_->cached_image(person_id);
    }
    std::optional<ImageInfo> cached_info(PersonId person_id) const override {
        return next_->cached_info(person_id);
    }
    [[nodiscard]] result<ImageInfo> update_info(UpdateImageInfo command) override {
        return next_->update_info(std::move(command));
    }
    [[nodiscard]] result<RemovedImage> remove(RemoveImage command) override {
        return next_->remove(std::move(command));
    }
    [[nodiscard]] result<ImageInfo> link(LinkImage command) override {
        return next_->link(std::move(command));
    }
    [[nodiscard]] result<std::optional<BlobId>> unlink(UnlinkImage command) override {
        return next_->unlink(std::move(command));
    }
    [[nodiscard]] result<ErasedImage> erase(EraseImage command) override {
        return next_->erase(std::move(command));
    }
    [[nodiscard]] result<std::optional<Erasure>> last_erasure(PersonId person_id) const override {
        return next_->last_erasure(person_id);
    }
    [[nodiscard]] result<std::int64_t> erasures() const override { return next_->erasures(); }
    std::string epoch() const override { return next_->epoch(); }
    [[nodiscard]] result<void> writable() const override { return next_->writable(); }

protected:
    /// The store behind this one.
    ImageStore& next() const noexcept { return *next_; }

private:
    std::shared_ptr<ImageStore> next_;
};

} // namespace portrait
