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
    if (!bytes) {
        cache_->contents_->count_miss();
        return next().fetch(key, [cache = cache_, person_id = *person_id, read_at,
                                  completion = std::move(completion)](result<StoredImage> stored) {
            if (stored)
                cache->contents_->keep_picture(person_id, *stored, read_at);
            completion(std::move(stored));
        });
    }
    auto complete = [cache = cache_, person_id = *person_id, read_at, known, bytes = std::move(bytes->bytes),
                     completion = std::move(completion)](result<StoredImage> stored) {
        if (stored) {
            if (stored->bytes.empty())
                stored->bytes = bytes;
            // What is kept already would lose its uses, and be evicted before what is used less.
            if (stored->info != *known)
                cache->contents_->keep_picture(person_id, *stored, read_at);
        }
        completion(std::move(stored));
    };
    next().fetch_unless(key, std::move(known), std::move(complete));
}

void RevalidatingImageStore::fetch_unless(ImageKey key, std::shared_ptr<const ImageInfo> known,
                                          Completion<StoredImage> completion) const {
    next().fetch_unless(key, std::move(known), std::move(completion));
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
