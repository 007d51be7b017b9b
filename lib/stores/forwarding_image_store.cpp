#include "values/awaited.hpp"
#include "values/required.hpp"

#include <portrait/forwarding_image_store.hpp>

#include <utility>

namespace portrait {

ForwardingImageStore::ForwardingImageStore(std::shared_ptr<ImageStore> store)
    : next_{required(std::move(store), "a store that forwards needs one to forward to")} {}

ForwardingImageStore::~ForwardingImageStore() = default;

result<SavedImage> ForwardingImageStore::save(SaveImage command) {
    return awaited<result<SavedImage>>(
        [&](Completion<SavedImage> completion) { submit(std::move(command), std::move(completion)); });
}

void ForwardingImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    next_->submit(std::move(command), std::move(completion));
}

result<StoredImage> ForwardingImageStore::image(ImageKey key) const {
    return next_->image(key);
}

result<ImageInfo> ForwardingImageStore::info(ImageKey key) const {
    return next_->info(key);
}

result<std::vector<std::optional<ImageInfo>>>
ForwardingImageStore::infos(std::span<const PersonId> persons) const {
    return next_->infos(persons);
}

std::optional<StoredImage> ForwardingImageStore::cached_image(PersonId person_id) const {
    return next_->cached_image(person_id);
}

std::optional<ImageInfo> ForwardingImageStore::cached_info(PersonId person_id) const {
    return next_->cached_info(person_id);
}

result<ImageInfo> ForwardingImageStore::update_info(UpdateImageInfo command) {
    return next_->update_info(std::move(command));
}

result<RemovedImage> ForwardingImageStore::remove(RemoveImage command) {
    return next_->remove(std::move(command));
}

result<ImageInfo> ForwardingImageStore::link(LinkImage command) {
    return next_->link(std::move(command));
}

result<std::optional<BlobId>> ForwardingImageStore::unlink(UnlinkImage command) {
    return next_->unlink(std::move(command));
}

result<void> ForwardingImageStore::writable() const {
    return next_->writable();
}

} // namespace portrait
