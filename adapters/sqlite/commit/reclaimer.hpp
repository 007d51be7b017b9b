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

/// Erases what commits have freed, on a thread of its own: waits for the readers of the time before, punches
/// the ranges out of their files, makes that durable, and only then forgets them. Unlinks segments that are
/// left without records. What it doesn't get done is in `range_to_free` and taken up when the folder is
/// opened again.
class Reclaimer {
public:
    Reclaimer(Segments& segments, Committer& committer, ReaderPins& pins);
    ~Reclaimer();

    /// Ends the work; ranges that are added later stay in `range_to_free`.
    void stop();

    /// Takes ranges over that a durable commit has freed. Quick; any thread.
    void add(std::vector<SegmentRange> ranges);

    std::uint64_t bytes_to_free() const noexcept { return bytes_to_free_; }
    std::uint64_t bytes_freed() const noexcept { return bytes_freed_; }

private:
    void work();
    void reclaim(const std::vector<SegmentRange>& ranges);
    bool postpone(std::uint64_t segment, const std::vector<SegmentRange>& ranges);
    bool erase(std::uint64_t segment, const std::vector<SegmentRange>& ranges);
    bool punch(SegmentFile& file, const std::vector<SegmentRange>& holes);
    void remove_if_dead(std::uint64_t segment);

    Segments& segments_;
    Committer& committer_;
    ReaderPins& pins_;
    std::atomic<std::uint64_t> bytes_to_free_ = 0;
    std::atomic<std::uint64_t> bytes_freed_ = 0;

    // The thread's own.
    std::vector<SegmentRange> postponed_;
    std::chrono::steady_clock::time_point postponed_since_{};
    std::uint64_t filling_ = 0; ///< the segment that was being filled when it was looked at last
    std::uint64_t filled_ = 0;  ///< and how far it was

    std::mutex mutex_; ///< for the next three
    std::condition_variable changed_;
    std::vector<SegmentRange> waiting_;
    bool stopping_ = false;

    std::thread thread_;
};

} // namespace portrait::sqlite
