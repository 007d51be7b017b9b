#pragma once

#include "commit/committer.hpp"
#include "commit/reader_pins.hpp"
#include "segments/segments.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace portrait::sqlite {

/// Erases ranges that commits have freed, on a thread of its own: waits for earlier readers, punches holes,
/// syncs the files, and then deletes the rows of `range_to_free`. Unlinks segments without records. Ranges
/// that are left at the end are erased when the folder is opened again.
class Reclaimer {
public:
    Reclaimer(Segments& segments, Committer& committer, ReaderPins& pins);
    ~Reclaimer();

    /// Ends the thread. Ranges that are added later stay in `range_to_free`.
    void stop();

    /// Adds ranges that a durable commit has freed. Doesn't block. Without memory they are left to the next
    /// opening, as after an error.
    void add(const std::vector<SegmentRange>& ranges) noexcept;

    /// Erases without delay, and blocks until all ranges that were added before are erased: false at the
    /// deadline, while an earlier reader is left, or after an error.
    [[nodiscard]] bool erase_now(std::chrono::steady_clock::time_point deadline);

    std::uint64_t bytes_to_free() const noexcept { return bytes_to_free_; }
    std::uint64_t bytes_freed() const noexcept { return bytes_freed_; }

private:
    void work();
    /// Erases what waits. False when the thread has to end.
    bool erase_round(std::vector<SegmentRange>& ranges, std::uint64_t additions);
    /// Whether all of them are erased or postponed.
    bool reclaim(const std::vector<SegmentRange>& ranges);
    bool is_urgent();
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
    std::uint64_t filled_ = 0;  ///< its end then

    std::mutex mutex_; ///< for the rest
    std::condition_variable changed_;
    std::condition_variable erased_;
    std::vector<SegmentRange> waiting_;
    std::uint64_t additions_ = 0;        ///< calls of `add`
    std::uint64_t erased_additions_ = 0; ///< all ranges of so many calls are erased
    bool has_leftovers_ = false;         ///< ranges are left to the next opening, after an error
    int urgent_ = 0;                     ///< calls of `erase_now`
    bool stopping_ = false;

    std::thread thread_;
};

} // namespace portrait::sqlite
