#pragma once

#include "server/answer_budget.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace portrait::http {

class BodyBudget;

/// The connections of one client address and their shares of a `BodyBudget` and an `AnswerBudget`. Shared by
/// connections; thread-safe.
class AddressShare {
public:
    explicit AddressShare(std::shared_ptr<BodyBudget> budget) noexcept
        : budget_{std::move(budget)} {}

    /// Open at present; counted by the connections.
    std::atomic<std::uint32_t> connections{0};
    AnswerMemory answers; ///< under the mutex of the `AnswerBudget`

private:
    friend class BodyCharge;
    std::shared_ptr<BodyBudget> budget_;
    std::atomic<std::uint64_t> used_{0};
};

/// The bytes of request bodies that all connections may hold at a time, charged as they arrive. One address
/// is limited to a share, except for a body that is the only one of its address: otherwise a share smaller
/// than the largest body would refuse that body for ever. Thread-safe.
class BodyBudget : public std::enable_shared_from_this<BodyBudget> {
public:
    /// `address_limit` 0 means an eighth of `limit`.
    BodyBudget(std::uint64_t limit, std::uint64_t address_limit) noexcept
        : limit_{limit}
        , address_limit_{address_limit == 0 ? limit / 8 : address_limit} {}

    /// The share of the address with this text. IPv6 addresses of one /64 network share one, since a single
    /// client has them all.
    std::shared_ptr<AddressShare> share_of(const std::string& network);

    std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

    /// Addresses that are known at present.
    std::size_t share_count();

private:
    friend class BodyCharge;

    const std::uint64_t limit_;
    const std::uint64_t address_limit_;
    std::atomic<std::uint64_t> used_{0};
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<AddressShare>> shares_;
    std::size_t sweep_at_ = 64;
};

/// The share of the budget that one request holds; released by the destructor. Not thread-safe.
class BodyCharge {
public:
    BodyCharge() noexcept = default;
    explicit BodyCharge(std::shared_ptr<AddressShare> share) noexcept
        : share_{std::move(share)} {}
    BodyCharge(BodyCharge&& other) noexcept;
    BodyCharge& operator=(BodyCharge&& other) noexcept;
    ~BodyCharge() { release(); }

    /// Takes `bytes` more; false, and nothing is taken, when a limit would be exceeded.
    bool add(std::uint64_t bytes) noexcept;
    /// Whether `add` would succeed now; takes nothing.
    bool has_room_for(std::uint64_t bytes) const noexcept;
    void release() noexcept;

private:
    std::shared_ptr<AddressShare> share_;
    std::uint64_t bytes_ = 0;
};

} // namespace portrait::http
