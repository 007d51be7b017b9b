#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace portrait::http {

/// The owner of a waiting item, which takes turns with other owners, and a second name, which the item may
/// share with items of other owners. Such as a client's network and a user's name.
struct QueuePlace {
    std::string owner;
    std::string also;
};

/// Bounds of a `FairQueue`.
struct QueueLimits {
    std::size_t all = 0;
    std::size_t of_one = 0; ///< of one owner, and of one second name
};

/// Items that wait for a thread. Owners take turns, an item each: an owner's first item waits for at most one
/// item of each other owner, however many items those have. Each owner's items keep their order. Not
/// synchronised.
///
/// ```
/// FairQueue<int> queue{{.all = 100, .of_one = 10}};
/// const auto pushed = queue.push(1, {.owner = "192.0.2.1", .also = "anna"});
/// if (pushed.displaced)
///     refuse(*pushed.displaced);
/// ```
template<class Item>
class FairQueue {
public:
    explicit FairQueue(QueueLimits limits) noexcept
        : limits_{limits} {}

    struct Pushed {
        bool added = false;
        std::optional<Item> displaced{}; ///< removed to make room
    };
    /// Adds an item unless its owner or its second name has too many. A full queue makes room by the newest
    /// item of the owner with the most, if that owner would have no fewer afterwards than this one.
    [[nodiscard]] Pushed push(Item item, QueuePlace place) {
        const auto own = count_of(place.owner);
        const auto also = also_.find(place.also);
        if (own >= limits_.of_one || (also != also_.end() && also->second >= limits_.of_one))
            return {};
        Pushed pushed;
        if (size_ >= limits_.all) {
            pushed.displaced = take_newest_of_busiest(own);
            if (!pushed.displaced)
                return pushed;
        }
        add(std::move(item), std::move(place));
        pushed.added = true;
        return pushed;
    }

    /// Removes and returns the next item. The queue must not be empty.
    [[nodiscard]] Item pop() {
        const auto owner = turns_.front();
        auto next = std::move(owner->second.front());
        owner->second.pop_front();
        if (owner->second.empty()) {
            owners_.erase(owner);
            turns_.pop_front();
        } else {
            turns_.splice(turns_.end(), turns_, turns_.begin());
        }
        forget(next);
        return std::move(next.item);
    }

    /// Removes the items for which the predicate holds, and passes each to `removed`.
    template<class Predicate, class Function>
    void remove_if(const Predicate& is_gone, const Function& removed) {
        for (auto turn = turns_.begin(); turn != turns_.end();) {
            auto& waiting = (*turn)->second;
            auto kept = waiting.begin();
            for (auto& each : waiting) {
                if (is_gone(each.item)) {
                    forget(each);
                    removed(std::move(each.item));
                } else {
                    if (&*kept != &each)
                        *kept = std::move(each);
                    ++kept;
                }
            }
            waiting.erase(kept, waiting.end());
            if (waiting.empty()) {
                owners_.erase(*turn);
                turn = turns_.erase(turn);
            } else {
                ++turn;
            }
        }
    }

    bool empty() const noexcept { return size_ == 0; }
    bool full() const noexcept { return size_ >= limits_.all; }
    std::size_t size() const noexcept { return size_; }

private:
    struct Waiting {
        Item item;
        std::string also;
    };
    using Owners = std::map<std::string, std::deque<Waiting>>; // clients can't choose keys that collide

    std::size_t count_of(const std::string& owner) const {
        const auto found = owners_.find(owner);
        return found == owners_.end() ? 0 : found->second.size();
    }

    /// Changes nothing when it throws.
    void add(Item item, QueuePlace place) {
        const auto also = also_.try_emplace(place.also, 0).first;
        const auto owner = owners_.try_emplace(std::move(place.owner)).first;
        const bool is_new = owner->second.empty();
        try {
            owner->second.push_back({std::move(item), std::move(place.also)});
            if (is_new)
                turns_.push_back(owner);
        } catch (...) {
            if (is_new)
                owners_.erase(owner);
            if (also->second == 0)
                also_.erase(also);
            throw;
        }
        ++also->second;
        ++size_;
    }

    std::optional<Item> take_newest_of_busiest(std::size_t own) {
        if (owners_.size() == size_) // an item each, or none
            return std::nullopt;
        const auto busiest =
            std::max_element(owners_.begin(), owners_.end(), [](const auto& left, const auto& right) {
                return left.second.size() < right.second.size();
            });
        if (busiest->second.size() < own + 2)
            return std::nullopt;
        auto newest = std::move(busiest->second.back()); // not the last one, so the owner's turn stays
        busiest->second.pop_back();
        forget(newest);
        return std::move(newest.item);
    }

    void forget(const Waiting& waiting) {
        --size_;
        const auto also = also_.find(waiting.also);
        if (--also->second == 0)
            also_.erase(also);
    }

    QueueLimits limits_;
    Owners owners_;                              ///< none is without items
    std::list<typename Owners::iterator> turns_; ///< each owner once
    std::map<std::string, std::size_t> also_;    ///< items by their second names
    std::size_t size_ = 0;
};

} // namespace portrait::http
