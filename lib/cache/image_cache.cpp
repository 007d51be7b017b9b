#include "cache/cache_shard.hpp"

#include <portrait/image_cache.hpp>

#include <atomic>
#include <deque>

namespace portrait {

namespace {

constexpr std::size_t shard_count = 8;
constexpr std::uint64_t largest_share = 32;      // of the cache that one picture may take
constexpr std::uint64_t overhead_of_entry = 512; // nodes of the queue and of the indexes

std::uint64_t weight_of(const ImageInfo& info) noexcept {
    return overhead_of_entry + info.description.size() + info.extra_info.size() + info.conceptual_type.size();
}

} // namespace

class ImageCache::Shards {
public:
    using Shard = CacheShard<BytesKey, PlaceholderKey>;

    explicit Shards(std::uint64_t max_bytes)
        : largest_picture{max_bytes / largest_share} {
        for (std::size_t made = 0; made < shard_count; ++made)
            all.emplace_back(max_bytes / shard_count);
    }

    Shard& of(PersonId person_id) { return all[(scattered(person_id.value()) >> 56U) % shard_count]; }
    Shard& of(const PlaceholderKey& key) {
        const auto& wish = key.rendition;
        return all[(scattered(wish.width.value_or(0) + wish.height.value_or(0)) >> 56U) % shard_count];
    }
    Shard& of(const BytesKey& key) { return all[(scattered(key.blob_id.value()) >> 56U) % shard_count]; }

    std::uint64_t largest_picture;
    std::deque<Shard> all; // a shard can't move
    std::atomic<Moment> moment{0};
    std::atomic<std::uint64_t> hits{0};
    std::atomic<std::uint64_t> misses{0};
};

ImageCache::ImageCache(std::uint64_t max_bytes)
    : shards_{std::make_unique<Shards>(max_bytes)} {}

ImageCache::~ImageCache() = default;

CacheStatistics ImageCache::statistics() const {
    CacheStatistics statistics{.hits = shards_->hits, .misses = shards_->misses};
    for (auto& shard : shards_->all) {
        const auto [bytes, entries] = shard.bytes_and_entries();
        statistics.bytes += bytes;
        statistics.entries += entries;
    }
    return statistics;
}

ImageCache::Moment ImageCache::now() const noexcept {
    return shards_->moment;
}

std::optional<ImageInfo> ImageCache::find(PersonId person_id) const {
    const auto found =
        shards_->of(person_id).find<std::shared_ptr<const ImageInfo>>(Shards::Shard::Key{person_id});
    if (!found)
        return std::nullopt;
    return **found;
}

std::optional<RenderedImage> ImageCache::find(const BytesKey& key) const {
    auto found = shards_->of(key).find<RenderedImage>(Shards::Shard::Key{key});
    if (found)
        ++shards_->hits;
    return found;
}

std::optional<RenderedImage> ImageCache::find(const PlaceholderKey& key) const {
    auto found = shards_->of(key).find<RenderedImage>(Shards::Shard::Key{key});
    if (found)
        ++shards_->hits;
    return found;
}

void ImageCache::count_miss() noexcept {
    ++shards_->misses;
}

void ImageCache::keep(PersonId person_id, const ImageInfo& info, Moment read_at) {
    shards_->of(person_id).keep(person_id, info.blob_id, std::make_shared<const ImageInfo>(info),
                                weight_of(info), read_at);
}

void ImageCache::keep(const BytesKey& key, const RenderedImage& image, Moment read_at) {
    const auto weight = overhead_of_entry + image.bytes.size();
    if (weight <= shards_->largest_picture)
        shards_->of(key).keep(key, key.blob_id, image, weight, read_at);
}

void ImageCache::keep(const PlaceholderKey& key, const RenderedImage& image) {
    const auto weight = overhead_of_entry + image.bytes.size();
    if (weight <= shards_->largest_picture)
        shards_->of(key).keep(key, image, weight);
}

void ImageCache::forget(PersonId person_id) {
    shards_->of(person_id).forget(person_id, ++shards_->moment);
}

void ImageCache::forget(BlobId blob_id) {
    const auto moment = ++shards_->moment;
    for (auto& shard : shards_->all)
        shard.forget(blob_id, moment);
}

void ImageCache::forget_all() {
    const auto moment = ++shards_->moment;
    for (auto& shard : shards_->all)
        shard.forget_all(moment);
}

} // namespace portrait
