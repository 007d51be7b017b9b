#pragma once

#include <portrait/http/secret_digest.hpp>

#include <cstddef>
#include <list>
#include <unordered_map>

namespace portrait::http {

/// Values by digest, in the order of their last `touch`. The owner bounds the map: it evicts `oldest`.
///
/// ```
/// LruMap<int> failures;
/// if (failures.find(key) == nullptr && failures.size() == capacity)
///     failures.erase(failures.oldest().key);
/// ++failures.touch(key);
/// ```
///
/// Not synchronised.
template<class Value>
class LruMap {
public:
    /// A value and its key.
    struct Entry {
        SecretDigest key;
        Value value;
    };

    /// Null when there is none. Leaves the order unchanged.
    Value* find(const SecretDigest& key) {
        const auto place = places_.find(key);
        return place == places_.end() ? nullptr : &place->second->value;
    }

    /// Makes the key's value the newest; adds a `Value{}` when there is none.
    Value& touch(const SecretDigest& key) {
        if (const auto place = places_.find(key); place != places_.end()) {
            oldest_first_.splice(oldest_first_.end(), oldest_first_, place->second);
            return place->second->value;
        }
        // Both are allocated before either is visible, so that no exception leaves one without the other.
        std::list<Entry> added;
        added.push_back({key, Value{}});
        places_.emplace(key, added.begin());
        oldest_first_.splice(oldest_first_.end(), added);
        return oldest_first_.back().value;
    }

    /// False when there is none. The key may be a reference into the map.
    bool erase(const SecretDigest& key) {
        const auto place = places_.find(key);
        if (place == places_.end())
            return false;
        const auto entry = place->second;
        places_.erase(place);
        oldest_first_.erase(entry);
        return true;
    }

    std::size_t size() const noexcept { return places_.size(); }
    bool empty() const noexcept { return places_.empty(); }
    /// The entry whose last `touch` is longest ago. The map must not be empty.
    const Entry& oldest() const { return oldest_first_.front(); }
    /// All entries, the oldest first.
    const std::list<Entry>& entries() const noexcept { return oldest_first_; }

private:
    std::list<Entry> oldest_first_;
    std::unordered_map<SecretDigest, typename std::list<Entry>::iterator, SecretDigestHash, SecretDigestEqual>
        places_;
};

} // namespace portrait::http
