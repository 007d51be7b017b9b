#pragma once

#include "cache/s3_fifo.hpp"

#include <portrait/image_cache.hpp>
#include <portrait/image_info.hpp>
#include <portrait/image_renderer.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

namespace portrait {

/// One state of a blob's bytes in one size and type; the stored bytes have an empty rendition.
struct BytesKey {
    BlobId blob_id;
    std::int64_t blob_version = 0;
    Rendition rendition{};

    friend bool operator==(const BytesKey&, const BytesKey&) = default;
};

/// A placeholder in one size and type.
struct PlaceholderKey {
    Placeholder kind{};
    Rendition rendition{};

    friend bool operator==(const PlaceholderKey&, const PlaceholderKey&) = default;
};

using CacheKey = std::variant<PersonId, BytesKey, PlaceholderKey>;

struct CacheKeyHash {
    // Not noexcept, though it never throws: libstdc++ then stores each hash beside its key, and a search
    // compares the hashes first.
    std::size_t operator()(const CacheKey& key) const;
};

/// What an `ImageCache` keeps. Thread-safe.
class CacheContents {
public:
    /// A point in time to note before a row is read: `keep` refuses what was forgotten after it.
    using Moment = std::uint64_t;

    explicit CacheContents(std::uint64_t max_bytes);

    CacheStatistics statistics() const;
    Moment now() const noexcept { return moment_; }
    /// Null when there is none.
    std::shared_ptr<const ImageInfo> find(PersonId person_id) const;
    /// Of a `BytesKey` or a `PlaceholderKey`.
    std::optional<RenderedImage> find_image(const CacheKey& key) const;
    /// Keeps nothing when the memory is exhausted: what was read can be answered all the same.
    void keep(PersonId person_id, const ImageInfo& info, Moment read_at) noexcept;
    /// A placeholder belongs to no blob, so only `forget_all` drops it.
    void keep(const CacheKey& key, const RenderedImage& image, Moment read_at) noexcept;
    /// The stored bytes with their ImageInfo.
    void keep_picture(PersonId person_id, const StoredImage& stored, Moment read_at) noexcept;
    void count_miss() noexcept { ++misses_; }

    void forget(PersonId person_id);
    /// Its bytes in every size, and the ImageInfos of all persons that are linked to it.
    void forget(BlobId blob_id);
    void forget_all();

private:
    /// The infos are shared, so that nothing but a pointer is copied under the lock.
    using Value = std::variant<std::shared_ptr<const ImageInfo>, RenderedImage>;

    /// A part of the cache with its own lock.
    struct Shard {
        static constexpr std::size_t slots = 64;

        explicit Shard(std::uint64_t max_bytes)
            : entries{max_bytes} {}

        /// Removes an entry's key from `by_blob`; every entry with a blob is listed there.
        void unlist(const CacheKey& key, std::optional<BlobId> blob_id);

        std::mutex mutex;
        S3Fifo<CacheKey, Value, CacheKeyHash> entries;
        std::unordered_multimap<BlobId, CacheKey> by_blob;
        // When an id of the slot was forgotten last.
        std::array<Moment, slots> forgotten_persons{};
        std::array<Moment, slots> forgotten_blobs{};
        Moment everything_forgotten = 0;
    };

    static std::optional<BlobId> blob_of(const CacheKey& key, const Value& value);
    Shard& shard_of(const CacheKey& key) const;
    void insert(const CacheKey& key, Value value, std::uint64_t weight, Moment read_at);

    std::uint64_t largest_picture_;
    mutable std::deque<Shard> shards_; // a shard can't move
    std::atomic<Moment> moment_{0};
    mutable std::atomic<std::uint64_t> hits_{0};
    std::atomic<std::uint64_t> misses_{0};
};

} // namespace portrait
