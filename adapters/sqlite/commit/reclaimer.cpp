#include "commit/reclaimer.hpp"

#include "rows/segment_rows.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <span>

namespace portrait::sqlite {

namespace {

/// Rounds are this far apart, so that each has much to do and takes few syncs from the saves.
constexpr std::chrono::milliseconds pause_between_rounds{200};
/// A segment that grows by this much between two rounds is being written to in earnest.
constexpr std::uint64_t busy_growth = 16ULL << 20;
/// A hole in such a segment waits so long for the segment to be full.
constexpr std::chrono::milliseconds longest_postponement{3000};
/// So much is punched at a stretch, and then there is a pause: a save's sync has to wait for all that the
/// file system's journal has taken on until then, the discarding of freed blocks on the device included.
constexpr std::uint64_t punched_at_a_stretch = 16ULL << 20;
constexpr std::chrono::milliseconds pause_between_stretches{5};
/// So many holes are forgotten in one transaction, which saves wait for.
constexpr std::size_t holes_forgotten_at_once = 256;

std::uint64_t bytes_of(const std::vector<SegmentRange>& ranges) {
    std::uint64_t bytes = 0;
    for (const auto& range : ranges)
        bytes += range.length;
    return bytes;
}

/// The same ranges with neighbours joined: pictures that came together often go together, and a hole in one
/// piece is much cheaper than many.
std::vector<SegmentRange> joined(std::vector<SegmentRange> ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& left, const auto& right) { return left.offset < right.offset; });
    std::vector<SegmentRange> whole;
    for (const auto& range : ranges) {
        if (!whole.empty() && whole.back().offset + whole.back().length == range.offset)
            whole.back().length += range.length;
        else
            whole.push_back(range);
    }
    return whole;
}

/// By holes rather than by ranges: saves wait while this runs, and whatever begins in a hole is in it.
[[nodiscard]] result<void> forget_ranges(Connection& connection, std::span<const SegmentRange> holes) {
    for (const auto& hole : holes) {
        auto deleted = connection
                           .query("DELETE FROM range_to_free WHERE segment = ?1 AND range_offset >= ?2 "
                                  "AND range_offset < ?3")
                           .bind(static_cast<std::int64_t>(hole.segment))
                           .bind(static_cast<std::int64_t>(hole.offset))
                           .bind(static_cast<std::int64_t>(hole.offset + hole.length))
                           .run();
        if (!deleted)
            return deleted;
    }
    return {};
}

} // namespace

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
    pins_.give_up();
    if (thread_.joinable())
        thread_.join();
}

void Reclaimer::add(std::vector<SegmentRange> ranges) {
    bytes_to_free_ += bytes_of(ranges);
    {
        const std::scoped_lock lock{mutex_};
        waiting_.insert(waiting_.end(), ranges.begin(), ranges.end());
    }
    changed_.notify_one();
}

void Reclaimer::work() {
    for (;;) {
        std::vector<SegmentRange> ranges;
        {
            std::unique_lock lock{mutex_};
            if (postponed_.empty())
                changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_)
                return;
            ranges.swap(waiting_);
        }
        // Whoever may still see a row that names one of these ranges has a pin of this epoch or an older one.
        if (!pins_.wait_until_gone(pins_.advance()))
            return;
        // After a failed sync or commit nothing is erased until the store has checked itself.
        const bool in_doubt = !committer_.writable();
        if (postponed_.empty())
            postponed_since_ = std::chrono::steady_clock::now();
        ranges.insert(ranges.end(), postponed_.begin(), postponed_.end());
        postponed_.clear();
        if (!in_doubt)
            reclaim(ranges);
        std::unique_lock lock{mutex_};
        if (in_doubt)
            waiting_.insert(waiting_.end(), ranges.begin(), ranges.end());
        if (changed_.wait_for(lock, pause_between_rounds, [this] { return stopping_; }))
            return;
    }
}

void Reclaimer::reclaim(const std::vector<SegmentRange>& ranges) {
    std::map<std::uint64_t, std::vector<SegmentRange>> by_segment;
    for (const auto& range : ranges)
        by_segment[range.segment].push_back(range);
    for (const auto& [segment, its_ranges] : by_segment) {
        if (postpone(segment, its_ranges) || !erase(segment, its_ranges))
            continue;
        const auto bytes = bytes_of(its_ranges);
        bytes_to_free_ -= bytes;
        bytes_freed_ += bytes;
        remove_if_dead(segment);
    }
}

// The file system shuts writers out of a file while it makes a hole in it, which they would feel: under much
// load holes are made in full segments.
bool Reclaimer::postpone(std::uint64_t segment, const std::vector<SegmentRange>& ranges) {
    const auto file = segments_.file(segment);
    const auto filled = file ? (*file)->filled() : std::nullopt;
    if (!filled)
        return false;
    const auto before = filling_ == segment ? filled_ : 0;
    filling_ = segment;
    filled_ = *filled;
    if (*filled - before < busy_growth ||
        std::chrono::steady_clock::now() - postponed_since_ > longest_postponement)
        return false;
    postponed_.insert(postponed_.end(), ranges.begin(), ranges.end());
    return true;
}

bool Reclaimer::erase(std::uint64_t segment, const std::vector<SegmentRange>& ranges) {
    const auto file = segments_.file(segment);
    if (!file && file.error() != errc::store_corrupt)
        return false;
    const auto holes = joined(ranges);
    if (file && (!punch(**file, holes) || !(*file)->sync()))
        return false;
    for (std::span<const SegmentRange> rest{holes}; !rest.empty();) {
        const auto some = rest.first(std::min(rest.size(), holes_forgotten_at_once));
        if (!committer_.run<void>(
                [some](Transaction& transaction) { return forget_ranges(transaction.connection, some); }))
            return false;
        rest = rest.subspan(some.size());
    }
    return true;
}

bool Reclaimer::punch(SegmentFile& file, const std::vector<SegmentRange>& holes) {
    std::uint64_t punched = 0;
    for (auto hole : holes) {
        while (hole.length != 0) {
            if (punched == punched_at_a_stretch) {
                std::unique_lock lock{mutex_};
                if (changed_.wait_for(lock, pause_between_stretches, [this] { return stopping_; }))
                    return false;
                punched = 0;
            }
            const auto length = std::min(hole.length, punched_at_a_stretch - punched);
            if (!file.erase({hole.segment, hole.offset, length}))
                return false;
            punched += length;
            hole.offset += length;
            hole.length -= length;
        }
    }
    return true;
}

void Reclaimer::remove_if_dead(std::uint64_t segment) {
    // In this order: once nobody fills the file any more, no row can come to name it.
    if (const auto file = segments_.file(segment); file && (*file)->in_use())
        return;
    // Ranges that wait to be freed may still have readers who opened no file yet.
    const auto dead = committer_.run<bool>([&](Transaction& transaction) -> result<bool> {
        auto unnamed = is_unnamed(transaction.connection, segment);
        if (!unnamed || !*unnamed)
            return unnamed;
        return nothing_to_free(transaction.connection, segment);
    });
    if (!dead || !*dead || !segments_.remove(segment))
        return;
    (void)committer_.run<void>(
        [&](Transaction& transaction) { return forget_segment(transaction.connection, segment); });
}

} // namespace portrait::sqlite
