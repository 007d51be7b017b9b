#include <portrait/revalidating_image_store.hpp>

#include "cache/cache_contents.hpp"
#include "values/ports.hpp"

#include <utility>

namespace portrait {

RevalidatingImageStore::RevalidatingImageStore(std::shared_ptr<ImageStore> store,
                                               std::shared_ptr<ImageCache> cache)
    : ForwardingImageStore{std::move(store)}
    , cache_{required(std::move(cache), "RevalidatingImageStore needs a cache")} {}

result<StoredImage> RevalidatingImageStore::image(ImageKey key) const {
    return awaited<result<StoredImage>>(
        [&](Completion<StoredImage> completion) { fetch(key, std::move(completion)); });
}

void RevalidatingImageStore::fetch(ImageKey key, Completion<StoredImage> completion) const {
    const auto* const person_id = std::get_if<PersonId>(&key);
    if (person_id == nullptr)
        return next().fetch(key, std::move(completion));
    const auto read_at = cache_->contents_->now();
    auto known = cache_->contents_->find(*person_id);
    auto bytes =
        known ? cache_->contents_->find_image(BytesKey{known->blob_id, known->blob_version}) : std::nullopt;
    auto complete = [cache = cache_, person_id = *person_id, read_at, bytes,
                     completion = std::move(completion)](result<StoredImage> stored) {
        if (stored) {
            if (bytes && stored->bytes.empty())
                stored->bytes = bytes->bytes;
            cache->contents_->keep_picture(person_id, *stored, read_at);
        }
        completion(std::move(stored));
    };
    if (bytes)
        return next().fetch_unless(key, *known, std::move(complete));
    cache_->contents_->count_miss();
    next().fetch(key, std::move(complete));
}

void RevalidatingImageStore::fetch_unless(ImageKey key, const ImageInfo& known,
                                          Completion<StoredImage> completion) const {
    next().fetch_unless(key, known, std::move(completion));
}

void RevalidatingImageStore::fetch_info(ImageKey key, Completion<ImageInfo> completion) const {
    next().fetch_info(key, std::move(completion));
}

result<RemovedImage> RevalidatingImageStore::remove(RemoveImage command) {
    auto removed = next().remove(std::move(command));
    if (removed && removed->erased && removed->unlinked)
        cache_->forget(*removed->unlinked);
    return removed;
}

result<ErasedImage> RevalidatingImageStore::erase(EraseImage command) {
    auto erased = next().erase(std::move(command));
    if (erased)
        for (const auto blob_id : erased->erased)
            cache_->forget(blob_id);
    return erased;
}

} // namespace portrait
