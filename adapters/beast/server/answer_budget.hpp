#pragma once

#include <portrait/http/message.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace portrait::http {

class AnswerBudget;

/// The memory of answers, of all or of those to one address. Pictures are identified by their owner, which
/// all answers that send the same bytes share.
class AnswerMemory {
public:
    /// The memory of one body.
    struct Body {
        const void* owner = nullptr; ///< null: the bytes aren't shared
        std::uint64_t bytes = 0;
    };

    std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
    /// Bytes of the body that aren't counted yet.
    std::uint64_t more_for(const Body& body) const noexcept;
    void add(const Body& body);
    void remove(const Body& body) noexcept;

private:
    struct Picture {
        std::uint32_t answers = 0; ///< that send it
        std::uint64_t bytes = 0;
    };
    boost::unordered_flat_map<const void*, Picture> pictures_;
    std::atomic<std::uint64_t> used_{0};
};

/// The memory that the bodies of all answers may hold at a time, from when an answer is ready until its last
/// byte was handed to the socket. A picture that several answers send is one copy and counts once, for the
/// server and for each address. Each address is limited to a share, except for an answer that is the only one
/// of its address: otherwise a share smaller than the largest picture would refuse that picture for ever.
/// Thread-safe; takes a short lock.
class AnswerBudget {
public:
    /// Bodies up to this size may use all of a limit, larger ones leave a sixteenth of it: a few slow readers
    /// of large pictures can't stop the thumbnails.
    static constexpr std::uint64_t small_body = 64ULL * 1024;

    /// `address_limit` 0 means an eighth of `limit`.
    AnswerBudget(std::uint64_t limit, std::uint64_t address_limit) noexcept
        : limit_{limit}
        , address_limit_{address_limit == 0 ? limit / 8 : address_limit} {}

    std::uint64_t used() const noexcept { return all_.used(); }

private:
    friend class AnswerCharge;

    static bool has_room(const AnswerMemory& memory, const AnswerMemory::Body& body,
                         std::uint64_t limit) noexcept;
    /// With `always` the limits may be exceeded.
    bool take(AnswerMemory& of_address, const AnswerMemory::Body& body, bool always);
    void give_back(AnswerMemory& of_address, const AnswerMemory::Body& body) noexcept;

    const std::uint64_t limit_;
    const std::uint64_t address_limit_;
    std::mutex mutex_; ///< of the memory here and of that of every address
    AnswerMemory all_;
};

/// The share of the budget that one answer holds; released by the destructor. Not thread-safe.
class AnswerCharge {
public:
    AnswerCharge() noexcept = default;
    AnswerCharge(std::shared_ptr<AnswerBudget> budget, std::shared_ptr<AnswerMemory> address) noexcept
        : budget_{std::move(budget)}
        , address_{std::move(address)} {}
    AnswerCharge(const AnswerCharge&) = delete;
    AnswerCharge& operator=(const AnswerCharge&) = delete;
    AnswerCharge(AnswerCharge&&) = delete;
    AnswerCharge& operator=(AnswerCharge&& other) noexcept;
    ~AnswerCharge() { release(); }

    /// Counts the memory of a body and releases that of the one before; false, and nothing is counted, when a
    /// limit would be exceeded, unless `always`. Texts of up to 4 KiB aren't counted: they are part of the
    /// memory of a connection.
    bool take(const ResponseBody& body, bool always);
    /// As above for a piece of a body.
    bool take(const std::string& text);
    void release() noexcept;

private:
    bool take(const AnswerMemory::Body& body, ImageBytes picture, bool always);

    std::shared_ptr<AnswerBudget> budget_;
    std::shared_ptr<AnswerMemory> address_;
    AnswerMemory::Body counted_;
    ImageBytes picture_; ///< the counted one: kept, so that no other gets its owner's address
};

} // namespace portrait::http
