#pragma once

#include "cache/s3_fifo.hpp"

#include <portrait/image_info.hpp>
#include <portrait/image_renderer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

namespace portrait {

/// Spreads consecutive ids over shards and slots.
constexpr std::uint64_t scattered(std::int64_t value) noexcept {
    return static_cast<std::uint64_t>(value) * 0x9E3779B97F4A7C15ULL;
}

/// A part of the cache with a lock of its own. The keys are those of `ImageCache`.
template<class BytesKey, class PlaceholderKey>
class CacheShard {
public:
    using Key = std::variant<PersonId, BytesKey, PlaceholderKey>;
    /// Shared, so that nothing but a pointer is copied under the lock.
    using Value = std::variant<std::shared_ptr<const ImageInfo>, RenderedImage>;

    explicit CacheShard(std::uint64_t max_bytes)
        : entries_{max_bytes} {}

    template<class Wanted>
    std::optional<Wanted> find(const Key& key) {
        const std::lock_guard lock{mutex_};
        const auto* const value = entries_.find(key);
        if (value == nullptr)
            return std::nullopt;
        return std::get<Wanted>(*value);
    }

    /// Kept only when nothing of it has been forgotten since `read_at`.
    void keep(const Key& key, BlobId blob_id, Value value, std::uint64_t weight, std::uint64_t read_at) {
        const std::lock_guard lock{mutex_};
        const auto* const person_id = std::get_if<PersonId>(&key);
        if (everything_forgotten_ > read_at || forgotten_blobs_[slot(blob_id.value())] > read_at ||
            (person_id != nullptr && forgotten_persons_[slot(person_id->value())] > read_at))
            return;
        if (entries_.insert(key, std::move(value), weight, [this](const Key& gone) { unlist(gone); })) {
            blobs_.insert_or_assign(key, blob_id);
            by_blob_.emplace(blob_id, key);
        }
    }

    /// What belongs to no blob, and so is never wrong.
    void keep(const Key& key, Value value, std::uint64_t weight) {
        const std::lock_guard lock{mutex_};
        entries_.insert(key, std::move(value), weight, [this](const Key& gone) { unlist(gone); });
    }

    void forget(PersonId person_id, std::uint64_t moment) {
        const std::lock_guard lock{mutex_};
        forgotten_persons_[slot(person_id.value())] = moment;
        if (entries_.erase(Key{person_id}))
            unlist(Key{person_id});
    }

    void forget(BlobId blob_id, std::uint64_t moment) {
        const std::lock_guard lock{mutex_};
        forgotten_blobs_[slot(blob_id.value())] = moment;
        const auto [first, last] = by_blob_.equal_range(blob_id);
        for (auto listed = first; listed != last; ++listed) {
            entries_.erase(listed->second);
            blobs_.erase(listed->second);
        }
        by_blob_.erase(first, last);
    }

    void forget_all(std::uint64_t moment) {
        const std::lock_guard lock{mutex_};
        everything_forgotten_ = moment;
        entries_.clear();
        blobs_.clear();
        by_blob_.clear();
    }

    std::pair<std::uint64_t, std::uint64_t> bytes_and_entries() {
        const std::lock_guard lock{mutex_};
        return {entries_.weight(), entries_.size()};
    }

private:
    struct KeyHash {
        // Not noexcept, though it never throws: libstdc++ then keeps each hash beside its key, and a search
        // compares those first.
        std::size_t operator()(const Key& key) const {
            if (const auto* const person_id = std::get_if<PersonId>(&key))
                return scattered(person_id->value());
            if (const auto* const bytes = std::get_if<BytesKey>(&key))
                return of(bytes->rendition,
                          scattered(bytes->blob_id.value()) ^ scattered(bytes->blob_version + 1));
            const auto& drawn = std::get<PlaceholderKey>(key);
            return of(drawn.rendition, static_cast<std::uint64_t>(drawn.kind));
        }

        static std::size_t of(const Rendition& wish, std::uint64_t hash) noexcept {
            const auto sides = (std::uint64_t{wish.width.value_or(0)} << 32U) | wish.height.value_or(0);
            const auto kind = (wish.format ? static_cast<unsigned>(*wish.format) + 1U : 0U) * 4U +
                              static_cast<unsigned>(wish.fit);
            hash = (hash ^ (hash >> 29U)) * 0xBF58476D1CE4E5B9ULL;
            hash = (hash ^ sides) * 0x94D049BB133111EBULL;
            return hash ^ (hash >> 31U) ^ kind;
        }
    };

    static constexpr std::size_t slots = 64;
    static std::size_t slot(std::int32_t id) noexcept { return (scattered(id) >> 40U) % slots; }

    void unlist(const Key& key) {
        const auto known = blobs_.find(key);
        if (known == blobs_.end())
            return;
        const auto [first, last] = by_blob_.equal_range(known->second);
        by_blob_.erase(std::find_if(first, last, [&](const auto& listed) { return listed.second == key; }));
        blobs_.erase(known);
    }

    std::mutex mutex_;
    S3Fifo<Key, Value, KeyHash> entries_;
    std::unordered_map<Key, BlobId, KeyHash> blobs_;
    std::unordered_multimap<BlobId, Key> by_blob_;
    // When something of the slot was forgotten last.
    std::array<std::uint64_t, slots> forgotten_persons_{};
    std::array<std::uint64_t, slots> forgotten_blobs_{};
    std::uint64_t everything_forgotten_ = 0;
};

} // namespace portrait
