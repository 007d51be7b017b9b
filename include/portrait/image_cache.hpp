#pragma once

#include <portrait/export.hpp>
#include <portrait/image_info.hpp>
#include <portrait/image_renderer.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace portrait {

/// Figures of a cache since its start.
struct CacheStatistics {
    std::uint64_t hits = 0; ///< of pictures and renditions; an ImageInfo alone isn't counted
    std::uint64_t misses = 0;
    std::uint64_t bytes = 0;   ///< held now
    std::uint64_t entries = 0; ///< held now, ImageInfos included
};

/// Memory for hot pictures, their ImageInfos, their renditions and placeholders, within one limit: share it
/// between a `CachingImageStore`, which fills it and keeps it right, and a `RenditionService`. What is asked
/// for once displaces nothing that is in use (S3-FIFO).
///
/// Bytes are kept by blob id, version and rendition, so they can't be mistaken for those of another state; an
/// ImageInfo or a rendition that a write has overtaken since its row was read isn't kept. Thread-safe; a hit
/// takes a short lock and copies no picture.
class PORTRAIT_EXPORT ImageCache {
public:
    /// `max_bytes` counts pictures and a fixed overhead each; a picture over a thirty-second of it isn't
    /// kept.
    explicit ImageCache(std::uint64_t max_bytes);
    ~ImageCache();
    ImageCache(const ImageCache&) = delete;
    ImageCache& operator=(const ImageCache&) = delete;

    CacheStatistics statistics() const;

private:
    friend class CachingImageStore;
    friend class RenditionService;
    class PORTRAIT_HIDDEN Shards;

    /// One state of a blob's bytes in one size and type; the stored bytes themselves have no wishes.
    struct BytesKey {
        BlobId blob_id;
        std::int64_t blob_version = 0;
        Rendition rendition{};

        friend bool operator==(const BytesKey&, const BytesKey&) = default;
    };
    /// What stands in for no picture, in one size and type.
    struct PlaceholderKey {
        Placeholder kind{};
        Rendition rendition{};

        friend bool operator==(const PlaceholderKey&, const PlaceholderKey&) = default;
    };
    /// A point in time to note before a row is read: what is forgotten after it, `keep` refuses.
    using Moment = std::uint64_t;

    Moment now() const noexcept;
    std::optional<ImageInfo> find(PersonId person_id) const;
    std::optional<RenderedImage> find(const BytesKey& key) const;
    std::optional<RenderedImage> find(const PlaceholderKey& key) const;
    void keep(PersonId person_id, const ImageInfo& info, Moment read_at);
    void keep(const BytesKey& key, const RenderedImage& image, Moment read_at);
    void keep(const PlaceholderKey& key, const RenderedImage& image);
    void count_miss() noexcept;

    void forget(PersonId person_id);
    /// Its bytes in every size, and the ImageInfos of everybody who is linked to it.
    void forget(BlobId blob_id);
    void forget_all();

    std::unique_ptr<Shards> shards_;
};

} // namespace portrait
