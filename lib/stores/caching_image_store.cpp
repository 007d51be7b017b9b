#include "values/required.hpp"

#include <portrait/caching_image_store.hpp>

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
/// An unlinked blob keeps its bytes, and whoever else is linked to it sees what was seen before.
std::optional<BlobId> blob_of(const std::optional<BlobId>&) {
    return std::nullopt;
}

} // namespace

// A write forgets what it touched after it has been decided and before it is answered, whatever its outcome:
// a write that failed with an I/O error may still show later, and so may one whose store threw. Which blob a
// person's write met only a success tells; without it everything is forgotten, unless nothing can have
// changed.
template<class Outcome>
class CachingImageStore::ForgetOnExit {
public:
    template<class Target>
    ForgetOnExit(ImageCache& cache, const Target& target)
        : cache_{cache} {
        remember(target);
    }
    ForgetOnExit(const ForgetOnExit&) = delete;
    ForgetOnExit& operator=(const ForgetOnExit&) = delete;
    ~ForgetOnExit() {
        if (unknown_) {
            cache_.forget_all();
            return;
        }
        if (person_id_)
            cache_.forget(*person_id_);
        if (target_blob_)
            cache_.forget(*target_blob_);
        if (blob_id_)
            cache_.forget(*blob_id_);
    }

    [[nodiscard]] result<Outcome> decided(result<Outcome> outcome) {
        unknown_ =
            !outcome && (outcome.error() == failure::internal || outcome.error() == failure::unavailable);
        if (outcome)
            blob_id_ = blob_of(*outcome);
        return outcome;
    }

private:
    void remember(PersonId person_id) { person_id_ = person_id; }
    void remember(BlobId blob_id) { target_blob_ = blob_id; }
    void remember(NewBlob) {}
    template<class... Targets>
    void remember(const std::variant<Targets...>& target) {
        std::visit([this](auto id) { this->remember(id); }, target); // clang sees no use without this->
    }

    ImageCache& cache_;
    std::optional<PersonId> person_id_;
    std::optional<BlobId> target_blob_;
    std::optional<BlobId> blob_id_;
    bool unknown_ = true;
};

CachingImageStore::CachingImageStore(std::shared_ptr<ImageStore> store, std::shared_ptr<ImageCache> cache)
    : ForwardingImageStore{std::move(store)}
    , cache_{required(std::move(cache), "CachingImageStore needs a cache")} {}

CachingImageStore::CachingImageStore(std::shared_ptr<ImageStore> store, std::uint64_t max_bytes)
    : CachingImageStore{std::move(store), std::make_shared<ImageCache>(max_bytes)} {}

CachingImageStore::~CachingImageStore() = default;

void CachingImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    const auto target = command.target;
    auto forgetting = [cache = cache_, target, completion = std::move(completion)](result<SavedImage> saved) {
        {
            ForgetOnExit<SavedImage> after{*cache, target};
            saved = after.decided(std::move(saved));
        }
        completion(std::move(saved));
    };
    try {
        next().submit(std::move(command), std::move(forgetting));
    } catch (...) {
        cache_->forget_all(); // it may have been saved all the same
        throw;
    }
}

result<StoredImage> CachingImageStore::image(ImageKey key) const {
    const auto* person_id = std::get_if<PersonId>(&key);
    if (person_id == nullptr)
        return next().image(key);
    const auto read_at = cache_->now();
    auto stored = next().image(key);
    if (stored)
        keep(*person_id, *stored, read_at);
    return stored;
}

result<ImageInfo> CachingImageStore::info(ImageKey key) const {
    const auto read_at = cache_->now();
    auto info = next().info(key);
    if (const auto* const person_id = std::get_if<PersonId>(&key); person_id != nullptr && info)
        cache_->keep(*person_id, *info, read_at);
    return info;
}

std::optional<StoredImage> CachingImageStore::cached_image(PersonId person_id) const {
    if (auto info = cache_->find(person_id))
        if (auto image = cache_->find({info->blob_id, info->blob_version}))
            return StoredImage{*std::move(info), std::move(image->bytes)};
    cache_->count_miss();
    const auto read_at = cache_->now();
    auto stored = next().cached_image(person_id);
    if (stored)
        keep(person_id, *stored, read_at);
    return stored;
}

std::optional<ImageInfo> CachingImageStore::cached_info(PersonId person_id) const {
    if (auto info = cache_->find(person_id))
        return info;
    const auto read_at = cache_->now();
    auto info = next().cached_info(person_id);
    if (info)
        cache_->keep(person_id, *info, read_at);
    return info;
}

void CachingImageStore::keep(PersonId person_id, const StoredImage& stored,
                             ImageCache::Moment read_at) const {
    const auto& info = stored.info;
    cache_->keep(person_id, info, read_at);
    cache_->keep({info.blob_id, info.blob_version},
                 {stored.bytes, info.format.value_or(ImageFormat::png), info.width, info.height}, read_at);
}

result<ImageInfo> CachingImageStore::update_info(UpdateImageInfo command) {
    ForgetOnExit<ImageInfo> after{*cache_, command.target};
    return after.decided(next().update_info(std::move(command)));
}

result<RemovedImage> CachingImageStore::remove(RemoveImage command) {
    ForgetOnExit<RemovedImage> after{*cache_, command.target};
    return after.decided(next().remove(std::move(command)));
}

result<ImageInfo> CachingImageStore::link(LinkImage command) {
    ForgetOnExit<ImageInfo> after{*cache_, command.person_id};
    return after.decided(next().link(std::move(command)));
}

result<std::optional<BlobId>> CachingImageStore::unlink(UnlinkImage command) {
    ForgetOnExit<std::optional<BlobId>> after{*cache_, command.person_id};
    return after.decided(next().unlink(std::move(command)));
}

CacheStatistics CachingImageStore::statistics() const {
    return cache_->statistics();
}

} // namespace portrait
