#pragma once

#include <portrait/export.hpp>
#include <portrait/id.hpp>

#include <cstdint>
#include <memory>

namespace portrait {

class PORTRAIT_HIDDEN CacheContents;

/// Figures of a cache since its start.
struct CacheStatistics {
    std::uint64_t hits = 0; ///< of pictures and renditions; an ImageInfo alone isn't counted
    std::uint64_t misses = 0;
    std::uint64_t bytes = 0;   ///< held now
    std::uint64_t entries = 0; ///< held now, ImageInfos included
};

/// Memory for hot pictures, their ImageInfos, renditions and placeholders, within one limit. Share it between
/// a `CachingImageStore` or a `RevalidatingImageStore`, which fill it, and a `RenditionService`. Entries are
/// evicted by S3-FIFO: pictures that are requested once don't evict pictures in use.
///
/// Bytes are kept by blob id, version and rendition, so they can't be mistaken for those of another state; an
/// ImageInfo or a rendition that a write has overtaken since its row was read isn't kept. Thread-safe; a hit
/// takes a short lock and copies no picture.
class PORTRAIT_EXPORT ImageCache {
public:
    /// `max_bytes` counts pictures and a fixed overhead each; a picture larger than 1/32 of it isn't kept.
    explicit ImageCache(std::uint64_t max_bytes);
    ImageCache(const ImageCache&) = delete;
    ImageCache& operator=(const ImageCache&) = delete;

    CacheStatistics statistics() const;

    /// Drops a blob's bytes, renditions and ImageInfos, as a store does for a picture that another process
    /// has removed. What was read before and comes later isn't kept.
    void forget(BlobId blob_id);
    /// Drops everything, as `forget` does.
    void forget_all();

private:
    friend class CachingImageStore;
    friend class RevalidatingImageStore;
    friend class RenditionService;

    std::shared_ptr<CacheContents> contents_;
};

} // namespace portrait
