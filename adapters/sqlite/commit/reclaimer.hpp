#pragma once

#include "commit/committer.hpp"
#include "commit/reader_pins.hpp"
#include "segments/segments.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace portrait::sqlite {

/// Erases ranges that commits have freed, on a thread of its own: waits for earlier readers, punches holes,
/// syncs the files, and then deletes the rows of `range_to_free`. Unlinks segments without records. Ranges
/// that are left at the end are erased when the folder is opened again. Ranges of the segment that is being
/// filled fast are offered for reuse first, for the time between two rounds: to overwrite them costs the file
/// system much less than to allocate and to free.
class Reclaimer {
public:
    Reclaimer(Segments& segments, Committer& committer, ReaderPins& pins);
    ~Reclaimer();

    /// Ends the thread. Ranges that are added later stay in `range_to_free`.
    void stop();

    /// A freed range for a picture of `length` bytes, if there is one of exactly the length that it needs.
    /// Its row of `range_to_free` has to be deleted by the commit. Doesn't block.
    [[nodiscard]] std::optional<Reservation> reuse(std::uint64_t length);

    /// Adds ranges that a durable commit has freed. Doesn't block. Without memory they are left to the next
    /// opening, as after an error.
    void add(const std::vector<SegmentRange>& ranges) noexcept;

    /// Erases without delay, and blocks until all ranges that were added before are erased: false at the
    /// deadline, while an earlier reader is left, or after an error.
    [[nodiscard]] bool erase_now(std::chrono::steady_clock::time_point deadline);

    std::uint64_t bytes_to_free() const noexcept { return bytes_to_free_; }
    std::uint64_t bytes_freed() const noexcept { return bytes_freed_; }

private:
    /// A range that no reader needs any more.
    struct Spare {
        std::shared_ptr<SegmentFile> file;
        SegmentRange range;
    };
    /// The claim of a reservation of a reused range.
    class Loan;

    void work();
    /// Erases what waits. False when the thread has to end.
    bool erase_round(std::vector<SegmentRange>& ranges, std::uint64_t additions);
    /// Whether all of them are erased or postponed.
    bool reclaim(const std::vector<SegmentRange>& ranges);
    /// Moves the ranges that may be reused from `ranges` to `spares_`, and those that were offered and not
    /// used to `ranges`.
    void offer(std::vector<SegmentRange>& ranges);
    void end_loan(std::uint64_t bytes) noexcept;
    /// Waits until the reused ranges are overwritten or freed again. False at the deadline.
    bool settle_loans(std::chrono::steady_clock::time_point deadline);
    bool is_urgent();
    /// Whether the file is being filled fast.
    bool is_busy(const SegmentFile& file);
    bool postpone(const SegmentFile& file, const std::vector<SegmentRange>& ranges);
    /// `file`: null when it is missing. `cancelled` when the thread has to end.
    [[nodiscard]] result<void> erase(SegmentFile* file, const std::vector<SegmentRange>& ranges);
    [[nodiscard]] result<void> punch(SegmentFile& file, const std::vector<SegmentRange>& holes);
    [[nodiscard]] result<void> remove_if_unused(const SegmentFile* file, std::uint64_t segment);

    Segments& segments_;
    Committer& committer_;
    ReaderPins& pins_;
    std::atomic<std::uint64_t> bytes_to_free_ = 0;
    std::atomic<std::uint64_t> bytes_freed_ = 0;

    // Used by the reclaimer's thread only.
    std::vector<SegmentRange> postponed_;
    std::chrono::steady_clock::time_point postponed_since_{};
    std::uint64_t filling_ = 0; ///< the segment that was filled at the last round
    std::uint64_t filled_ = 0;  ///< the bytes that it had given out then
    std::optional<bool> busy_;  ///< of this round; absent until it is needed

    std::mutex mutex_; ///< for the rest
    std::condition_variable changed_;
    std::condition_variable erased_;
    std::vector<SegmentRange> waiting_;
    std::unordered_map<std::uint64_t, std::vector<Spare>> spares_; ///< by their length
    std::uint64_t lent_ = 0;                                       ///< reservations of reused ranges
    bool unsettled_ = false;             ///< a range of a failed write may not be freed yet
    std::uint64_t additions_ = 0;        ///< calls of `add`
    std::uint64_t erased_additions_ = 0; ///< all ranges of so many calls are erased
    bool has_leftovers_ = false;         ///< ranges are left to the next opening, after an error
    int urgent_ = 0;                     ///< calls of `erase_now`
    bool stopping_ = false;

    std::thread thread_;
};

} // namespace portrait::sqlite
