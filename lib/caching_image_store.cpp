#include <portrait/caching_image_store.hpp>

#include <algorithm>
#include <array>
#include <list>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <variant>

namespace portrait {

namespace {

constexpr std::size_t shard_count = 8; // a picture may take a whole shard: an eighth of the cache
constexpr std::size_t generations_per_shard = 64;
constexpr std::uint64_t overhead_of_entry = 512; // list node, two index nodes, ImageInfo

std::uint64_t weight_of(const StoredImage& image) noexcept {
    const auto& info = image.info;
    return overhead_of_entry + image.bytes.size() + info.description.size() + info.extra_info.size() +
           info.conceptual_type.size();
}

/// Spreads consecutive ids over shards and generations.
std::uint64_t scattered(PersonId person_id) noexcept {
    return static_cast<std::uint64_t>(person_id.value()) * 0x9E3779B97F4A7C15ULL;
}

/// What a reader noted before it read a row; the fill counts only if nothing has been written since.
struct Ticket {
    std::uint64_t person_generation = 0;
    std::uint64_t blob_generation = 0;

    friend bool operator==(const Ticket&, const Ticket&) = default;
};

/// A part of the cache with a lock of its own.
class Shard {
public:
    void set_max_bytes(std::uint64_t max_bytes) { max_bytes_ = max_bytes; }

    std::optional<StoredImage> find(PersonId person_id) {
        const std::lock_guard lock{mutex_};
        const auto found = by_person_.find(person_id);
        if (found == by_person_.end()) {
            ++misses_;
            return std::nullopt;
        }
        ++hits_;
        recent_.splice(recent_.begin(), recent_, found->second);
        return found->second->image;
    }

    Ticket ticket(PersonId person_id) {
        const std::lock_guard lock{mutex_};
        return {generation_of(person_id), blob_generation_};
    }

    void fill(PersonId person_id, const StoredImage& image, const Ticket& ticket) {
        const auto weight = weight_of(image);
        const std::lock_guard lock{mutex_};
        if (weight > max_bytes_ || ticket != Ticket{generation_of(person_id), blob_generation_})
            return;
        drop(person_id);
        while (bytes_ + weight > max_bytes_)
            drop(recent_.back().person_id);
        recent_.push_front({person_id, weight, image});
        by_person_.emplace(person_id, recent_.begin());
        by_blob_.emplace(image.info.blob_id, person_id);
        bytes_ += weight;
    }

    void invalidate(PersonId person_id) {
        const std::lock_guard lock{mutex_};
        ++generation_of(person_id);
        drop(person_id);
    }

    void invalidate(BlobId blob_id) {
        const std::lock_guard lock{mutex_};
        ++blob_generation_;
        for (auto found = by_blob_.find(blob_id); found != by_blob_.end(); found = by_blob_.find(blob_id))
            drop(found->second);
    }

    void invalidate_all() {
        const std::lock_guard lock{mutex_};
        ++blob_generation_;
        by_person_.clear();
        by_blob_.clear();
        recent_.clear();
        bytes_ = 0;
    }

    void add_to(CacheStatistics& statistics) {
        const std::lock_guard lock{mutex_};
        statistics.hits += hits_;
        statistics.misses += misses_;
        statistics.bytes += bytes_;
        statistics.entries += by_person_.size();
    }

private:
    struct Entry {
        PersonId person_id;
        std::uint64_t weight;
        StoredImage image;
    };

    std::uint64_t& generation_of(PersonId person_id) {
        return generations_[(scattered(person_id) >> 40U) % generations_per_shard];
    }

    void drop(PersonId person_id) {
        const auto found = by_person_.find(person_id);
        if (found == by_person_.end())
            return;
        const auto entry = found->second;
        const auto [first, last] = by_blob_.equal_range(entry->image.info.blob_id);
        by_blob_.erase(std::find_if(first, last, [&](const auto& pair) { return pair.second == person_id; }));
        by_person_.erase(found);
        bytes_ -= entry->weight;
        recent_.erase(entry);
    }

    std::mutex mutex_;
    std::uint64_t max_bytes_ = 0;
    std::list<Entry> recent_; // most recently used first
    std::unordered_map<PersonId, std::list<Entry>::iterator> by_person_;
    std::unordered_multimap<BlobId, PersonId> by_blob_;
    std::array<std::uint64_t, generations_per_shard> generations_{};
    std::uint64_t blob_generation_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t hits_ = 0;
    std::uint64_t misses_ = 0;
};

} // namespace

class CachingImageStore::Cache {
public:
    explicit Cache(std::uint64_t max_bytes) {
        for (auto& shard : shards_)
            shard.set_max_bytes(max_bytes / shard_count);
    }

    Shard& shard(PersonId person_id) { return shards_[(scattered(person_id) >> 56U) % shard_count]; }

    void invalidate(PersonId person_id) { shard(person_id).invalidate(person_id); }

    void invalidate(BlobId blob_id) {
        for (auto& shard : shards_)
            shard.invalidate(blob_id);
    }

    void invalidate(NewBlob) {} // nobody can have read it

    void invalidate_all() {
        for (auto& shard : shards_)
            shard.invalidate_all();
    }

    CacheStatistics statistics() {
        CacheStatistics statistics;
        for (auto& shard : shards_)
            shard.add_to(statistics);
        return statistics;
    }

private:
    std::array<Shard, shard_count> shards_;
};

namespace {

std::shared_ptr<ImageStore> required(std::shared_ptr<ImageStore> store) {
    if (!store)
        throw std::invalid_argument{"CachingImageStore needs a store"};
    return store;
}

} // namespace

CachingImageStore::CachingImageStore(std::shared_ptr<ImageStore> store, std::uint64_t max_bytes)
    : store_{required(std::move(store))}
    , cache_{std::make_shared<Cache>(max_bytes)} {}

CachingImageStore::~CachingImageStore() = default;

// Every write drops what it touched after it has been decided and before it is answered, whatever its
// outcome: a write that failed with an I/O error may still show later, and so may one whose store threw.
template<class Target>
class CachingImageStore::InvalidateOnExit {
public:
    InvalidateOnExit(Cache& cache, Target target)
        : cache_{cache}
        , target_{target} {}
    InvalidateOnExit(const InvalidateOnExit&) = delete;
    InvalidateOnExit& operator=(const InvalidateOnExit&) = delete;
    ~InvalidateOnExit() {
        std::visit([this](auto id) { cache_.invalidate(id); }, target_);
    }

private:
    Cache& cache_;
    Target target_;
};

result<SavedImage> CachingImageStore::save(SaveImage command) {
    const InvalidateOnExit<SaveTarget> after{*cache_, command.target};
    return store_->save(std::move(command));
}

void CachingImageStore::submit(SaveImage command, Completion<SavedImage> completion) {
    const auto target = command.target;
    store_->submit(std::move(command),
                   [cache = cache_, target, completion = std::move(completion)](result<SavedImage> saved) {
                       std::visit([&](auto id) { cache->invalidate(id); }, target);
                       completion(std::move(saved));
                   });
}

result<StoredImage> CachingImageStore::image(ImageKey key) const {
    const auto* person_id = std::get_if<PersonId>(&key);
    if (person_id == nullptr)
        return store_->image(key);
    auto& shard = cache_->shard(*person_id);
    const auto ticket = shard.ticket(*person_id);
    auto stored = store_->image(key);
    if (stored)
        shard.fill(*person_id, *stored, ticket);
    return stored;
}

result<ImageInfo> CachingImageStore::info(ImageKey key) const {
    return store_->info(key);
}

std::optional<StoredImage> CachingImageStore::cached_image(PersonId person_id) const {
    return cache_->shard(person_id).find(person_id);
}

result<ImageInfo> CachingImageStore::update_info(UpdateImageInfo command) {
    const InvalidateOnExit<ImageKey> after{*cache_, command.target};
    auto updated = store_->update_info(std::move(command));
    // Others may be linked to the same blob; which one it is, only a success tells.
    if (updated)
        cache_->invalidate(updated->blob_id);
    else if (updated.error() == failure::internal || updated.error() == failure::unavailable)
        cache_->invalidate_all();
    return updated;
}

result<RemovedImage> CachingImageStore::remove(RemoveImage command) {
    const InvalidateOnExit<ImageKey> after{*cache_, command.target};
    return store_->remove(std::move(command));
}

result<ImageInfo> CachingImageStore::link(LinkImage command) {
    const InvalidateOnExit<ImageKey> after{*cache_, command.person_id};
    return store_->link(std::move(command));
}

result<std::optional<BlobId>> CachingImageStore::unlink(UnlinkImage command) {
    const InvalidateOnExit<ImageKey> after{*cache_, command.person_id};
    return store_->unlink(std::move(command));
}

result<void> CachingImageStore::writable() const {
    return store_->writable();
}

CacheStatistics CachingImageStore::statistics() const {
    return cache_->statistics();
}

} // namespace portrait
