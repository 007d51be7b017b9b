#include "commit/reclaimer.hpp"

#include <portrait/injection_point.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <new>
#include <numeric>
#include <span>

namespace portrait::sqlite {
namespace {

/// The time between two rounds, so that each round has many ranges and delays few syncs of saves.
constexpr std::chrono::milliseconds pause_between_rounds{200};
/// A segment that gives out this part of its size between two rounds is under load.
constexpr std::uint64_t busy_part = 64;
/// The longest time that ranges of such a segment wait for it to be full.
constexpr std::chrono::milliseconds longest_postponement{3000};
/// Pause after this many bytes: a save's sync waits for everything that the file system's journal holds by
/// then, also for the discarding of freed blocks on the device.
constexpr std::uint64_t bytes_per_stretch = 16ULL << 20;
constexpr std::chrono::milliseconds pause_between_stretches{5};
/// The number of holes whose rows one transaction deletes; saves wait for it.
constexpr std::size_t holes_per_transaction = 256;

std::uint64_t bytes_of(const std::vector<SegmentRange>& ranges) {
    return std::transform_reduce(ranges.begin(), ranges.end(), std::uint64_t{0}, std::plus{},
                                 [](const auto& range) { return range.length; });
}

/// The ranges with neighbours joined: pictures that came together are often removed together, and one hole is
/// much cheaper than many.
std::vector<SegmentRange> joined(std::vector<SegmentRange> ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& left, const auto& right) { return left.offset < right.offset; });
    std::vector<SegmentRange> whole;
    for (const auto& range : ranges) {
        if (!whole.empty() && whole.back().end() == range.offset)
            whole.back().length += range.length;
        else
            whole.push_back(range);
    }
    return whole;
}

} // namespace

class Reclaimer::Loan {
public:
    Loan(Reclaimer& reclaimer, std::uint64_t bytes, std::shared_ptr<void> claim) noexcept
        : reclaimer_{reclaimer}
        , bytes_{bytes}
        , claim_{std::move(claim)} {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { reclaimer_.end_loan(bytes_); }

private:
    Reclaimer& reclaimer_;
    const std::uint64_t bytes_;
    const std::shared_ptr<void> claim_; ///< of the segment file
};

Reclaimer::Reclaimer(Segments& segments, Committer& committer, ReaderPins& pins)
    : segments_{segments}
    , committer_{committer}
    , pins_{pins}
    , thread_{[this] { work(); }} {}

Reclaimer::~Reclaimer() {
    stop();
}

void Reclaimer::stop() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    erased_.notify_all();
    pins_.give_up();
    if (thread_.joinable())
        thread_.join();
}

void Reclaimer::add(const std::vector<SegmentRange>& ranges) noexcept {
    bytes_to_free_ += bytes_of(ranges);
    {
        const std::scoped_lock lock{mutex_};
        try {
            waiting_.insert(waiting_.end(), ranges.begin(), ranges.end());
        } catch (const std::bad_alloc&) {
            has_leftovers_ = true;
        }
        ++additions_;
    }
    changed_.notify_one();
}

std::optional<Reservation> Reclaimer::reuse(std::uint64_t length) {
    const std::scoped_lock lock{mutex_};
    const auto found = spares_.find(range_length(length));
    if (found == spares_.end() || found->second.empty() || urgent_ != 0)
        return std::nullopt;
    const auto& [file, range] = found->second.back();
    auto again = file->reserve_again(range);
    if (!again)
        return std::nullopt;
    again->claim = std::make_shared<Loan>(*this, range.length, std::move(again->claim));
    found->second.pop_back();
    ++lent_;
    unsettled_ = true;
    return again;
}

void Reclaimer::end_loan(std::uint64_t bytes) noexcept {
    bytes_to_free_ -= bytes;
    bytes_freed_ += bytes;
    const std::scoped_lock lock{mutex_};
    if (--lent_ == 0)
        erased_.notify_all();
}

bool Reclaimer::settle_loans(std::chrono::steady_clock::time_point deadline) {
    {
        std::unique_lock lock{mutex_};
        if (!unsettled_)
            return true;
        if (!erased_.wait_until(lock, deadline, [&] { return lent_ == 0; }))
            return false;
    }
    // Ranges of failed writes are freed by the next commit, which may not have come yet.
    if (!committer_.run<void>([](Transaction&) { return result<void>{}; }, Room::frees))
        return false;
    const std::scoped_lock lock{mutex_};
    unsettled_ = false; // nothing was lent meanwhile, since an erasure runs
    return true;
}

bool Reclaimer::erase_now(std::chrono::steady_clock::time_point deadline) {
    {
        const std::scoped_lock lock{mutex_};
        ++urgent_;
    }
    const bool settled = settle_loans(deadline);
    std::unique_lock lock{mutex_};
    const auto until = additions_;
    changed_.notify_one();
    if (settled)
        erased_.wait_until(lock, deadline,
                           [&] { return stopping_ || has_leftovers_ || erased_additions_ >= until; });
    --urgent_;
    return settled && !has_leftovers_ && erased_additions_ >= until;
}

void Reclaimer::work() {
    for (;;) {
        std::vector<SegmentRange> ranges;
        std::uint64_t additions = 0;
        {
            std::unique_lock lock{mutex_};
            if (postponed_.empty() && spares_.empty())
                changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_)
                return;
            ranges.swap(waiting_);
            additions = additions_;
        }
        try {
            if (!erase_round(ranges, additions))
                return;
        } catch (const std::exception&) { // no memory; it would end the process
            postponed_.clear();
            const std::scoped_lock lock{mutex_};
            has_leftovers_ = true;
            erased_.notify_all();
        }
    }
}

bool Reclaimer::erase_round(std::vector<SegmentRange>& ranges, std::uint64_t additions) {
    // Readers whose rows may still name one of these ranges have pins of this epoch or an earlier one.
    if (!pins_.wait_until_gone(pins_.advance()))
        return false;
    injection_point("sqlite/readers_gone");
    // After a failed sync or commit nothing is erased until the store is reopened and checked.
    const bool in_doubt = !committer_.open();
    busy_.reset();
    if (!in_doubt)
        offer(ranges);
    if (postponed_.empty())
        postponed_since_ = std::chrono::steady_clock::now();
    ranges.insert(ranges.end(), postponed_.begin(), postponed_.end());
    postponed_.clear();
    const bool complete = !in_doubt && reclaim(ranges);
    std::unique_lock lock{mutex_};
    if (in_doubt)
        waiting_.insert(waiting_.end(), ranges.begin(), ranges.end());
    else if (!complete)
        has_leftovers_ = true;
    else if (postponed_.empty() && spares_.empty())
        erased_additions_ = additions;
    erased_.notify_all();
    changed_.wait_for(lock, pause_between_rounds, [&] {
        return stopping_ ||
               (urgent_ != 0 && !in_doubt && (!waiting_.empty() || !postponed_.empty() || !spares_.empty()));
    });
    return !stopping_;
}

void Reclaimer::offer(std::vector<SegmentRange>& ranges) {
    const std::scoped_lock lock{mutex_};
    decltype(spares_) unused;
    unused.swap(spares_);
    if (urgent_ == 0 && !stopping_)
        std::erase_if(ranges, [&](const SegmentRange& range) {
            auto file = segments_.open_file(range.segment);
            // In the segment that is being filled only: each further file costs each commit a sync.
            const bool busy = file && is_busy(*file);
            if (busy)
                spares_[range.length].push_back({std::move(file), range});
            return busy;
        });
    for (const auto& [length, spares] : unused)
        for (const auto& spare : spares)
            ranges.push_back(spare.range);
}

bool Reclaimer::is_urgent() {
    const std::scoped_lock lock{mutex_};
    return urgent_ != 0;
}

bool Reclaimer::reclaim(const std::vector<SegmentRange>& ranges) {
    bool complete = true;
    std::map<std::uint64_t, std::vector<SegmentRange>> by_segment;
    for (const auto& range : ranges)
        by_segment[range.segment].push_back(range);
    for (const auto& [segment, its_ranges] : by_segment) {
        const auto file = segments_.file(segment);
        if (!file && file.error() != errc::store_corrupt) { // else the file is missing, and with it the bytes
            complete = false;
            continue;
        }
        if (file && postpone(**file, its_ranges))
            continue;
        // After an error the rest is left to the next opening of the folder.
        auto* const open = file ? file->get() : nullptr;
        if (erase(open, its_ranges))
            (void)remove_if_unused(open, segment);
        else
            complete = false;
    }
    return complete;
}

bool Reclaimer::is_busy(const SegmentFile& file) {
    const auto filled = file.given_out();
    if (!filled)
        return false;
    if (!busy_) {
        const auto before = filling_ == file.number() ? filled_ : 0;
        filling_ = file.number();
        filled_ = *filled;
        busy_ = *filled - before >= segments_.segment_bytes() / busy_part;
    }
    return *busy_;
}

// The file system blocks writers of a file while it punches a hole. So under load holes are punched in full
// segments only.
bool Reclaimer::postpone(const SegmentFile& file, const std::vector<SegmentRange>& ranges) {
    if (!is_busy(file) || is_urgent() ||
        std::chrono::steady_clock::now() - postponed_since_ > longest_postponement)
        return false;
    postponed_.insert(postponed_.end(), ranges.begin(), ranges.end());
    return true;
}

result<void> Reclaimer::erase(SegmentFile* file, const std::vector<SegmentRange>& ranges) {
    const auto holes = joined(ranges);
    if (file != nullptr) {
        PORTRAIT_TRY(punch(*file, holes));
        PORTRAIT_TRY(file->sync());
    }
    for (std::span<const SegmentRange> rest{holes}; !rest.empty();) {
        const auto some = rest.first(std::min(rest.size(), holes_per_transaction));
        const auto forgotten = committer_.run<void>(
            [some](Transaction& transaction) -> result<void> {
                // Delete by holes and not by ranges, which are many more: saves wait for this.
                for (const auto& hole : some)
                    PORTRAIT_TRY(transaction.connection.run("DELETE FROM range_to_free WHERE segment = ? AND "
                                                            "range_offset >= ? AND range_offset < ?",
                                                            hole.segment, hole.offset, hole.end()));
                return {};
            },
            Room::frees);
        if (!forgotten)
            return forgotten.error();
        rest = rest.subspan(some.size());
    }
    const auto bytes = bytes_of(ranges);
    bytes_to_free_ -= bytes;
    bytes_freed_ += bytes;
    return {};
}

result<void> Reclaimer::punch(SegmentFile& file, const std::vector<SegmentRange>& holes) {
    std::uint64_t punched = 0;
    for (auto hole : holes)
        while (hole.length != 0) {
            if (punched == bytes_per_stretch) {
                std::unique_lock lock{mutex_};
                if (changed_.wait_for(lock, pause_between_stretches, [this] { return stopping_; }))
                    return Error{errc::cancelled};
                punched = 0;
            }
            const auto length = std::min(hole.length, bytes_per_stretch - punched);
            PORTRAIT_TRY(file.erase({hole.segment, hole.offset, length}));
            punched += length;
            hole.offset += length;
            hole.length -= length;
        }
    return {};
}

result<void> Reclaimer::remove_if_unused(const SegmentFile* file, std::uint64_t segment) {
    // Ask this before the rows: when nothing fills the file any more, no new row can name it.
    if (file != nullptr && file->in_use())
        return {};
    // Readers of ranges that wait to be freed may not have opened the file yet.
    const auto used = committer_.run<bool>(
        [&](Transaction& transaction) {
            return transaction.connection.has_row("SELECT 1 FROM blob WHERE segment = ?1 UNION ALL "
                                                  "SELECT 1 FROM range_to_free WHERE segment = ?1 LIMIT 1",
                                                  segment);
        },
        Room::frees);
    if (!used || *used)
        return used ? result<void>{} : used.error();
    PORTRAIT_TRY(segments_.remove(segment));
    return committer_.run<void>(
        [&](Transaction& transaction) { return forget_segment(transaction.connection, segment); },
        Room::frees);
}

} // namespace portrait::sqlite
