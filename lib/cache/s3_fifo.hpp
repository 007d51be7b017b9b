#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <list>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace portrait {

/// A map within a limit of weight, evicting by S3-FIFO (Yang and others, SOSP 2023): a new entry waits in a
/// small queue and moves to the main queue only when it is used again, so a scan of entries that are used
/// once evicts nothing in use. Keys that left the small queue unused are remembered for a while without their
/// values and enter the main queue when they come back. Not synchronised.
template<class Key, class Value, class Hash = std::hash<Key>>
class S3Fifo {
public:
    explicit S3Fifo(std::uint64_t max_weight)
        : max_weight_{max_weight} {}

    /// Null when there is none; valid until the next change. Counts as a use.
    const Value* find(const Key& key) {
        const auto found = index_.find(key);
        if (found == index_.end())
            return nullptr;
        auto& node = *found->second;
        node.uses = static_cast<std::uint8_t>(std::min(node.uses + 1, most_uses));
        return &node.value;
    }

    /// Replaces the key's value. Calls `on_dropped(key, value)` for each entry that was replaced or evicted;
    /// returns false, and keeps nothing, when the weight alone is over the limit.
    template<class OnDropped>
    bool insert(const Key& key, Value value, std::uint64_t weight, const OnDropped& on_dropped) {
        erase(key, on_dropped);
        if (weight > max_weight_)
            return false;
        while (weight_ + weight > max_weight_)
            drop_one(on_dropped);
        const bool known = remembered_.erase(Hash{}(key)) != 0;
        auto& queue = known ? main_ : small_;
        queue.push_front({key, std::move(value), weight, 0, known});
        try {
            index_.emplace(key, queue.begin());
        } catch (...) {
            queue.pop_front();
            throw;
        }
        weight_ += weight;
        if (!known)
            small_weight_ += weight;
        return true;
    }

    bool erase(const Key& key) {
        return erase(key, [](const Key&, const Value&) {});
    }
    template<class OnDropped>
    bool erase(const Key& key, const OnDropped& on_dropped) {
        const auto found = index_.find(key);
        if (found == index_.end())
            return false;
        on_dropped(key, found->second->value);
        remove(found->second);
        return true;
    }

    void clear() {
        index_.clear();
        small_.clear();
        main_.clear();
        remembered_.clear();
        remembered_order_.clear();
        weight_ = 0;
        small_weight_ = 0;
    }

    std::uint64_t weight() const noexcept { return weight_; }
    std::size_t size() const noexcept { return index_.size(); }

private:
    struct Node {
        Key key;
        Value value;
        std::uint64_t weight;
        std::uint8_t uses;
        bool in_main;
    };
    using Queue = std::list<Node>;

    static constexpr int most_uses = 3;
    static constexpr std::uint64_t small_share = 10; // a tenth of the weight
    static constexpr std::size_t least_remembered = 64;

    template<class OnDropped>
    void drop_one(const OnDropped& on_dropped) {
        for (;;) {
            const bool from_small =
                !small_.empty() && (main_.empty() || small_weight_ > max_weight_ / small_share);
            auto& queue = from_small ? small_ : main_;
            const auto last = std::prev(queue.end());
            if (last->uses == 0) {
                if (from_small)
                    remember(last->key);
                on_dropped(last->key, last->value);
                return remove(last);
            }
            if (from_small) {
                last->uses = 0;
                last->in_main = true;
                small_weight_ -= last->weight;
            } else {
                --last->uses;
            }
            main_.splice(main_.begin(), queue, last);
        }
    }

    void remove(typename Queue::iterator node) {
        weight_ -= node->weight;
        if (!node->in_main)
            small_weight_ -= node->weight;
        index_.erase(node->key);
        (node->in_main ? main_ : small_).erase(node);
    }

    /// A hash is enough: a collision lets a new entry into the main queue, which is harmless.
    void remember(const Key& key) {
        const auto hash = Hash{}(key);
        remembered_order_.push_back(hash); // first: without memory, only those in it are forgotten again
        remembered_.insert(hash);
        while (remembered_order_.size() > std::max(index_.size(), least_remembered)) {
            remembered_.erase(remembered_order_.front());
            remembered_order_.pop_front();
        }
    }

    std::uint64_t max_weight_;
    std::uint64_t weight_ = 0;
    std::uint64_t small_weight_ = 0;
    Queue small_; // newest first
    Queue main_;  // newest first
    std::unordered_map<Key, typename Queue::iterator, Hash> index_;
    std::unordered_set<std::size_t> remembered_;
    std::deque<std::size_t> remembered_order_;
};

} // namespace portrait
