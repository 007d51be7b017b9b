#pragma once

#include <portrait/error.hpp>
#include <portrait/image_bytes.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace portrait {

/// The pictures in memory, for stores: all requests for one picture share its bytes, and the table itself
/// keeps none of them in memory.
///
/// `Key` identifies one immutable state of the bytes, such as a record's number. `Picture` is a struct with a
/// member `ImageBytes bytes`; its other members are copied. Thread-safe.
///
/// ```cpp
/// PicturesInUse<std::uint64_t, Content> in_use;
/// result<Content> content = in_use.find_or_read(row.record, [&] { return read_record(row.record); });
/// ```
template<class Key, class Picture, class Hash = std::hash<Key>>
class PicturesInUse {
public:
    /// The picture, if an `ImageBytes` keeps it. Never waits for a read.
    std::optional<Picture> find(const Key& key) const {
        const std::lock_guard lock{mutex_};
        const auto found = entries_.find(key);
        return found == entries_.end() ? std::nullopt : found->second.held();
    }

    /// Adds a picture that was read, or returns the one that is already in memory.
    Picture share(const Key& key, Picture picture) {
        const std::lock_guard lock{mutex_};
        Entry& entry = entry_of(key);
        if (auto held = entry.held())
            return *std::move(held);
        entry.hold(picture);
        return picture;
    }

    /// As `find`, but on a miss calls `read`, which returns a `result<Picture>`. Of several threads with one
    /// key, one reads and the others wait and share its picture.
    template<class Read>
    [[nodiscard]] result<Picture> find_or_read(const Key& key, Read&& read) {
        const auto reading = [&] {
            const std::lock_guard lock{mutex_};
            Entry& entry = entry_of(key);
            if (!entry.reading)
                entry.reading = std::make_shared<std::mutex>();
            return entry.reading;
        }();
        const std::lock_guard one_at_a_time{*reading};
        if (auto held = find(key))
            return *std::move(held);
        auto picture = std::forward<Read>(read)();
        if (!picture)
            return picture;
        return share(key, *std::move(picture));
    }

    /// The number of entries, including expired ones; bounded by the number of pictures in memory.
    std::size_t size() const {
        const std::lock_guard lock{mutex_};
        return entries_.size();
    }

private:
    struct Entry {
        WeakImageBytes bytes;
        Picture rest{};
        std::shared_ptr<std::mutex> reading; ///< locked during a read

        std::optional<Picture> held() const {
            auto locked = bytes.lock();
            if (!locked)
                return std::nullopt;
            auto picture = rest;
            picture.bytes = *std::move(locked);
            return picture;
        }
        void hold(const Picture& picture) {
            bytes = WeakImageBytes{picture.bytes};
            rest = picture;
            rest.bytes = {};
        }
    };

    static constexpr std::size_t least_entries = 64;

    Entry& entry_of(const Key& key) {
        if (entries_.size() >= sweep_at_) {
            std::erase_if(entries_, [](const auto& one) {
                return one.second.bytes.expired() && one.second.reading.use_count() <= 1;
            });
            sweep_at_ = least_entries + entries_.size() * 2;
        }
        return entries_[key];
    }

    mutable std::mutex mutex_;
    std::unordered_map<Key, Entry, Hash> entries_;
    std::size_t sweep_at_ = least_entries;
};

} // namespace portrait
