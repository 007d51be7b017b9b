#include <portrait/image_cache.hpp>

#include "cache/cache_contents.hpp"

#include <algorithm>
#include <utility>

namespace portrait {
namespace {

constexpr unsigned shard_bits = 3;
constexpr std::size_t shard_count = 1U << shard_bits;
constexpr std::uint64_t largest_share = 32;      // of the cache that one picture may take
constexpr std::uint64_t overhead_of_entry = 512; // nodes of the queue and of the indexes

/// Spreads consecutive ids over shards and slots.
constexpr std::uint64_t scattered(std::int64_t value) noexcept {
    return static_cast<std::uint64_t>(value) * 0x9E3779B97F4A7C15ULL;
}

std::size_t hash_of(const Rendition& rendition, std::uint64_t hash) noexcept {
    const auto sides = (std::uint64_t{rendition.width.value_or(0)} << 32U) | rendition.height.value_or(0);
    const auto kind = (rendition.format ? static_cast<unsigned>(*rendition.format) + 1U : 0U) * 4U +
                      static_cast<unsigned>(rendition.fit);
    hash = (hash ^ (hash >> 29U)) * 0xBF58476D1CE4E5B9ULL;
    hash = (hash ^ sides) * 0x94D049BB133111EBULL;
    return hash ^ (hash >> 31U) ^ kind;
}

template<class Moments, class Id>
auto& moment_of(Moments& moments, Id id) noexcept {
    return moments[(scattered(id.value()) >> 40U) % moments.size()];
}

} // namespace

std::size_t CacheKeyHash::operator()(const CacheKey& key) const {
    if (const auto* const person_id = std::get_if<PersonId>(&key))
        return scattered(person_id->value());
    if (const auto* const bytes = std::get_if<BytesKey>(&key))
        return hash_of(bytes->rendition,
                       scattered(bytes->blob_id.value()) ^ scattered(bytes->blob_version + 1));
    const auto& placeholder = std::get<PlaceholderKey>(key);
    return hash_of(placeholder.rendition, static_cast<std::uint64_t>(placeholder.kind));
}

CacheContents::CacheContents(std::uint64_t max_bytes)
    : largest_picture_{max_bytes / largest_share} {
    for (std::size_t made = 0; made < shard_count; ++made)
        shards_.emplace_back(max_bytes / shard_count);
}

CacheStatistics CacheContents::statistics() const {
    CacheStatistics statistics{.hits = hits_, .misses = misses_};
    for (auto& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        statistics.bytes += shard.entries.weight();
        statistics.entries += shard.entries.size();
    }
    return statistics;
}

std::shared_ptr<const ImageInfo> CacheContents::find(PersonId person_id) const {
    auto& shard = shard_of(person_id);
    const std::lock_guard lock{shard.mutex};
    const auto* const value = shard.entries.find(person_id);
    return value != nullptr ? std::get<0>(*value) : nullptr;
}

std::optional<RenderedImage> CacheContents::find_image(const CacheKey& key) const {
    auto& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    const auto* const value = shard.entries.find(key);
    if (value == nullptr)
        return std::nullopt;
    ++hits_;
    return std::get<RenderedImage>(*value);
}

void CacheContents::keep(PersonId person_id, const ImageInfo& info, Moment read_at) noexcept {
    try {
        insert(person_id, std::make_shared<const ImageInfo>(info),
               overhead_of_entry + info.description.size() + info.extra_info.size() +
                   info.conceptual_type.size(),
               read_at);
    } catch (...) { // NOLINT(bugprone-empty-catch): no memory; the next read misses
    }
}

void CacheContents::keep(const CacheKey& key, const RenderedImage& image, Moment read_at) noexcept {
    try {
        const auto weight = overhead_of_entry + image.bytes.size();
        if (weight <= largest_picture_)
            insert(key, image, weight, read_at);
    } catch (...) { // NOLINT(bugprone-empty-catch): no memory; the next read misses
    }
}

void CacheContents::keep_picture(PersonId person_id, const StoredImage& stored, Moment read_at) noexcept {
    const auto& info = stored.info;
    keep(person_id, info, read_at);
    keep(BytesKey{info.blob_id, info.blob_version},
         {stored.bytes, info.format.value_or(ImageFormat::png), info.width, info.height}, read_at);
}

void CacheContents::insert(const CacheKey& key, Value value, std::uint64_t weight, Moment read_at) {
    const auto blob_id = blob_of(key, value);
    const auto* const person_id = std::get_if<PersonId>(&key);
    auto& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    if (shard.everything_forgotten > read_at ||
        (blob_id && moment_of(shard.forgotten_blobs, *blob_id) > read_at) ||
        (person_id != nullptr && moment_of(shard.forgotten_persons, *person_id) > read_at))
        return;
    // Listed first: an exception must not leave an entry that `forget` cannot find.
    if (blob_id)
        shard.by_blob.emplace(*blob_id, key);
    const auto unlist = [&shard](const CacheKey& gone, const Value& dropped) {
        shard.unlist(gone, blob_of(gone, dropped));
    };
    bool kept = false;
    try {
        kept = shard.entries.insert(key, std::move(value), weight, unlist);
    } catch (...) {
        shard.unlist(key, blob_id);
        throw;
    }
    if (!kept)
        shard.unlist(key, blob_id);
}

void CacheContents::forget(PersonId person_id) {
    auto& shard = shard_of(person_id);
    const auto moment = ++moment_;
    const std::lock_guard lock{shard.mutex};
    moment_of(shard.forgotten_persons, person_id) = moment;
    shard.entries.erase(person_id, [&shard](const CacheKey& gone, const Value& dropped) {
        shard.unlist(gone, blob_of(gone, dropped));
    });
}

void CacheContents::forget(BlobId blob_id) {
    const auto moment = ++moment_;
    for (auto& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        moment_of(shard.forgotten_blobs, blob_id) = moment;
        const auto [first, last] = shard.by_blob.equal_range(blob_id);
        for (auto listed = first; listed != last; ++listed)
            shard.entries.erase(listed->second);
        shard.by_blob.erase(first, last);
    }
}

void CacheContents::forget_all() {
    const auto moment = ++moment_;
    for (auto& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        shard.everything_forgotten = moment;
        shard.entries.clear();
        shard.by_blob.clear();
    }
}

std::optional<BlobId> CacheContents::blob_of(const CacheKey& key, const Value& value) {
    if (const auto* const info = std::get_if<std::shared_ptr<const ImageInfo>>(&value))
        return (*info)->blob_id;
    const auto* const bytes = std::get_if<BytesKey>(&key);
    return bytes ? std::optional{bytes->blob_id} : std::nullopt;
}

CacheContents::Shard& CacheContents::shard_of(const CacheKey& key) const {
    // The highest bits of a scattered id: consecutive blobs fill the shards evenly, so none evicts while the
    // others have room.
    const auto* const bytes = std::get_if<BytesKey>(&key);
    const auto hash = bytes ? scattered(bytes->blob_id.value()) : CacheKeyHash{}(key);
    return shards_[hash >> (64U - shard_bits)];
}

void CacheContents::Shard::unlist(const CacheKey& key, std::optional<BlobId> blob_id) {
    if (!blob_id)
        return;
    const auto [first, last] = by_blob.equal_range(*blob_id);
    by_blob.erase(std::find_if(first, last, [&](const auto& listed) { return listed.second == key; }));
}

ImageCache::ImageCache(std::uint64_t max_bytes)
    : contents_{std::make_shared<CacheContents>(max_bytes)} {}

CacheStatistics ImageCache::statistics() const {
    return contents_->statistics();
}

void ImageCache::forget(BlobId blob_id) {
    contents_->forget(blob_id);
}

void ImageCache::forget_all() {
    contents_->forget_all();
}

} // namespace portrait
