#include "cache/cache_contents.hpp"
#include "values/ports.hpp"

#include <portrait/caching_image_store.hpp>
#include <portrait/injection_point.hpp>

#include <type_traits>
#include <utility>
#include <variant>

namespace portrait {
namespace {

std::optional<BlobId> blob_of(const SavedImage& saved) {
    return saved.info.blob_id;
}
std::optional<BlobId> blob_of(const ImageInfo& info) {
    return info.blob_id;
}
std::optional<BlobId> blob_of(const RemovedImage& removed) {
    return removed.unlinked;
}
/// An unlinked blob keeps its bytes, so what other persons see doesn't change.
std::optional<BlobId> blob_of(const std::optional<BlobId>&) {
    return std::nullopt;
}
/// `CachingImageStore::erase` forgets the blobs.
std::optional<BlobId> blob_of(const ErasedImage&) {
    return std::nullopt;
}

/// Forgets what a write touched, whatever its outcome: a write that failed with an I/O error may still become
/// visible later. Only a success names the blob that a person's write met; without it everything is
/// forgotten, unless nothing can have changed.
template<class Target, class Outcome>
void forget(CacheContents& cache, const Target& target, const result<Outcome>& outcome) {
    if (!outcome && (outcome.error() == failure::internal || outcome.error() == failure::unavailable))
        return cache.forget_all();
    std::visit(
        [&cache](auto id) {
            if constexpr (!std::is_same_v<decltype(id), NewBlob>)
                cache.forget(id);
        },
        target);
    if (outcome)
        if (const auto blob_id = blob_of(*outcome))
            cache.forget(*blob_id);
}

/// Forgets after the write is decided and before it is answered. A write that threw may have happened all the
/// same.
template<class Write>
auto forgetting(CacheContents& cache, const ImageKey target, const Write& write) {
    try {
        auto outcome = write();
        forget(cache, target, outcome);
        return outcome;
    } catch (...) {
        cache.forget_all();
        throw;
    }
}

} // namespace

CachingImageStore::CachingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<ImageCache> cache)
    : ForwardingImageStore{std::move(store)}
    , cache_{required(std::move(cache), "CachingImageStore needs a cache")} {}

CachingImageStore::CachingImageStore(std::shared_ptr<ImageStore> store, std::uint64_t max_bytes)
    : CachingImageStore{std::move(store), std::make_shared<ImageCache>(max_bytes)} {}

void CachingImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    auto answer = [cache = cache_, target = command.target,
                   completion = std::move(completion)](result<SavedImage> saved) {
        forget(*cache->contents_, target, saved);
        completion(std::move(saved));
    };
    try {
        next().submit(std::move(command), std::move(answer));
    } catch (...) {
        cache_->contents_->forget_all();
        throw;
    }
}

result<StoredImage> CachingImageStore::image(ImageKey key) const {
    const auto read_at = cache_->contents_->now();
    auto stored = next().image(key);
    injection_point("cache/read");
    if (const auto* const person_id = std::get_if<PersonId>(&key); person_id != nullptr && stored)
        cache_->contents_->keep_picture(*person_id, *stored, read_at);
    return stored;
}

void CachingImageStore::fetch(ImageKey key, Completion<StoredImage> completion) const {
    const auto* const person_id = std::get_if<PersonId>(&key);
    if (person_id == nullptr)
        return next().fetch(key, std::move(completion));
    next().fetch(key, [cache = cache_, person_id = *person_id, read_at = cache_->contents_->now(),
                       completion = std::move(completion)](result<StoredImage> stored) {
        if (stored)
            cache->contents_->keep_picture(person_id, *stored, read_at);
        completion(std::move(stored));
    });
}

result<ImageInfo> CachingImageStore::info(ImageKey key) const {
    const auto read_at = cache_->contents_->now();
    auto info = next().info(key);
    if (const auto* const person_id = std::get_if<PersonId>(&key); person_id != nullptr && info)
        cache_->contents_->keep(*person_id, *info, read_at);
    return info;
}

std::optional<StoredImage> CachingImageStore::cached_image(PersonId person_id) const {
    auto& cache = *cache_->contents_;
    if (const auto info = cache.find(person_id))
        if (auto image = cache.find_image(BytesKey{info->blob_id, info->blob_version}))
            return StoredImage{*info, std::move(image->bytes)};
    cache.count_miss();
    const auto read_at = cache.now();
    auto stored = next().cached_image(person_id);
    if (stored)
        cache.keep_picture(person_id, *stored, read_at);
    return stored;
}

std::optional<ImageInfo> CachingImageStore::cached_info(PersonId person_id) const {
    auto& cache = *cache_->contents_;
    if (const auto info = cache.find(person_id))
        return *info;
    const auto read_at = cache.now();
    auto info = next().cached_info(person_id);
    if (info)
        cache.keep(person_id, *info, read_at);
    return info;
}

result<ImageInfo> CachingImageStore::update_info(UpdateImageInfo command) {
    return forgetting(*cache_->contents_, command.target,
                      [&] { return next().update_info(std::move(command)); });
}

result<RemovedImage> CachingImageStore::remove(RemoveImage command) {
    return forgetting(*cache_->contents_, command.target, [&] { return next().remove(std::move(command)); });
}

result<ImageInfo> CachingImageStore::link(LinkImage command) {
    return forgetting(*cache_->contents_, command.person_id, [&] { return next().link(std::move(command)); });
}

result<std::optional<BlobId>> CachingImageStore::unlink(UnlinkImage command) {
    return forgetting(*cache_->contents_, command.person_id,
                      [&] { return next().unlink(std::move(command)); });
}

result<ErasedImage> CachingImageStore::erase(EraseImage command) {
    const auto person_id = command.person_id;
    auto erased = forgetting(*cache_->contents_, person_id, [&] { return next().erase(std::move(command)); });
    if (erased)
        for (const auto blob_id : erased->erased)
            cache_->contents_->forget(blob_id);
    return erased;
}

CacheStatistics CachingImageStore::statistics() const {
    return cache_->statistics();
}

} // namespace portrait
