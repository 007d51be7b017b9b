#include "values/awaited.hpp"
#include "values/required.hpp"

#include <portrait/forwarding_image_store.hpp>

namespace portrait {

ForwardingImageStore::ForwardingImageStore(std::shared_ptr<ImageStore> store)
    : next_{required(std::move(store), "ForwardingImageStore needs a store to forward to")} {}

ForwardingImageStore::~ForwardingImageStore() = default;

result<SavedImage> ForwardingImageStore::save(SaveImage command) {
    return awaited<result<SavedImage>>(
        [&](Completion<SavedImage> completion) { submit(std::move(command), std::move(completion)); });
}

} // namespace portrait
