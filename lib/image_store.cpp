#include <portrait/image_store.hpp>

#include <utility>

namespace portrait {

void ImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    completion(save(std::move(command)));
}

std::optional<StoredImage> ImageStore::cached_image(PersonId) const {
    return std::nullopt;
}

} // namespace portrait
