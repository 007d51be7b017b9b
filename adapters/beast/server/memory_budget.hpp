#pragma once

#include <portrait/http/message.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace portrait::http {

/// The memory of one body. Bodies with the same owner share their bytes; null: the bytes aren't shared.
struct BodyMemory {
    const void* owner = nullptr;
    std::uint64_t bytes = 0;
};

/// The memory of bodies, of all or of those of one address. Changed under the mutex of its `MemoryBudget`.
class HeldMemory {
public:
    std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
    /// Bytes of the body that aren't counted yet.
    std::uint64_t more_for(const BodyMemory& body) const noexcept;
    void add(const BodyMemory& body);
    void remove(const BodyMemory& body) noexcept;

private:
    struct Picture {
        std::uint32_t bodies = 0; ///< that share it
        std::uint64_t bytes = 0;
    };
    boost::unordered_flat_map<const void*, Picture> pictures_;
    std::atomic<std::uint64_t> used_{0};
};

/// The memory that the bodies of all requests or of all answers may hold at a time. Bytes that several bodies
/// share are one copy and count once, for the server and for each address. Each address is limited to a
/// share, except for a body that is the only one of its address: otherwise a share smaller than the largest
/// body would refuse that body for ever. Thread-safe; takes a short lock.
class MemoryBudget {
public:
    enum class Of {
        requests,
        /// One that is the only one may exceed the whole limit, too. Those over 64 KiB leave a sixteenth of a
        /// limit to smaller ones: a few slow readers of large pictures can't stop the thumbnails.
        answers
    };

    /// `address_limit` 0 means an eighth of `limit`.
    MemoryBudget(Of bodies, std::uint64_t limit, std::uint64_t address_limit) noexcept
        : bodies_{bodies}
        , limit_{limit}
        , address_limit_{address_limit == 0 ? limit / 8 : address_limit} {}

    std::uint64_t used() const noexcept { return all_.used(); }

private:
    friend class MemoryCharge;

    bool has_room(const HeldMemory& memory, const BodyMemory& body, std::uint64_t limit,
                  bool alone) const noexcept;
    bool has_room(const HeldMemory& of_address, std::uint64_t own, const BodyMemory& body) const noexcept;

    const Of bodies_;
    const std::uint64_t limit_;
    const std::uint64_t address_limit_;
    std::mutex mutex_; ///< of the memory here and of that of every address
    HeldMemory all_;
};

/// The part of a budget that one request or one answer holds; released by the destructor. Not thread-safe.
class MemoryCharge {
public:
    MemoryCharge() noexcept = default;
    /// Both have to outlive the charge.
    MemoryCharge(MemoryBudget& budget, HeldMemory& of_address) noexcept
        : budget_{&budget}
        , address_{&of_address} {}
    MemoryCharge(const MemoryCharge&) = delete;
    MemoryCharge& operator=(const MemoryCharge&) = delete;
    MemoryCharge(MemoryCharge&&) = delete;
    MemoryCharge& operator=(MemoryCharge&& other) noexcept;
    ~MemoryCharge() { release(); }

    /// Counts `bytes` more; false, and nothing is counted, when a limit would be exceeded.
    bool add(std::uint64_t bytes);
    /// Whether `add` would succeed now.
    bool has_room_for(std::uint64_t bytes) const;

    /// Counts the memory of this body instead of that of the last one; false, and nothing is counted, when a
    /// limit would be exceeded, unless `always`. Texts of up to 4 KiB aren't counted: they are part of the
    /// memory of a connection.
    bool replace(const ResponseBody& body, bool always);
    /// As above for a piece of a body.
    bool replace(const std::string& text);
    void release() noexcept;

private:
    bool replace(const BodyMemory& body, ImageBytes picture, bool always);
    bool take(const BodyMemory& body, bool always);

    MemoryBudget* budget_ = nullptr;
    HeldMemory* address_ = nullptr;
    BodyMemory counted_;
    ImageBytes picture_; ///< the counted one: kept, so that no other gets its owner's address
};

/// The budgets of a server.
struct MemoryBudgets {
    MemoryBudget requests;
    MemoryBudget answers;
};

/// The connections of one client address and the memory of its bodies.
struct AddressShare {
    explicit AddressShare(std::shared_ptr<MemoryBudgets> of_server) noexcept
        : budgets{std::move(of_server)} {}

    const std::shared_ptr<MemoryBudgets> budgets;
    std::atomic<std::uint32_t> connections{0}; ///< open at present; counted by the connections
    HeldMemory requests;
    HeldMemory answers;
};

/// The shares of all addresses with a connection. Thread-safe.
class AddressShares {
public:
    explicit AddressShares(std::shared_ptr<MemoryBudgets> budgets) noexcept
        : budgets_{std::move(budgets)} {}

    std::shared_ptr<AddressShare> share_of(const std::string& network);
    /// Addresses that are known at present.
    std::size_t size();

private:
    const std::shared_ptr<MemoryBudgets> budgets_;
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<AddressShare>> shares_;
    std::size_t sweep_at_ = 64;
};

} // namespace portrait::http
