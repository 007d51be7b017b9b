#pragma once

#include "segments/segment_file.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace portrait::sqlite {

/// All segment files of a folder: gives out ranges in the one that is being filled, and finds the others for
/// readers. Thread-safe.
class Segments {
public:
    /// Gives a number that was never given before, not even by an earlier process. May block.
    using NumberSource = std::function<result<std::uint64_t>()>;

    Segments(std::filesystem::path folder, SegmentFile::Growth growth, NumberSource next_number);

    /// A range for a picture of `length`; rolls over to a new file when the present one hasn't the room. A
    /// picture that is larger than a whole segment gets a file of its own. Errors: `store_full`, `store_io`,
    /// those of the source of numbers.
    [[nodiscard]] result<Reservation> reserve(std::uint64_t length);

    /// The file of a number; opened at need.
    [[nodiscard]] result<std::shared_ptr<SegmentFile>> file(std::uint64_t number);

    /// The same when it is open already, otherwise null; never blocks.
    std::shared_ptr<SegmentFile> open_file(std::uint64_t number);

    /// Has files whose sync failed opened anew, so that ranges can be erased in them; nothing is appended to
    /// them.
    void forget_failed();

    /// No new range comes from the present file.
    void seal();

    /// Unlinks a file that nobody uses. Success, too, when there is none.
    [[nodiscard]] result<void> remove(std::uint64_t number);

    const std::filesystem::path& folder() const noexcept { return folder_; }

private:
    [[nodiscard]] result<std::shared_ptr<SegmentFile>> make_file();
    void remember(const std::shared_ptr<SegmentFile>& file);

    const std::filesystem::path folder_;
    const SegmentFile::Growth growth_;
    const NumberSource next_number_;

    std::mutex reserve_mutex_; ///< for the next two; taken before `files_mutex_`
    std::shared_ptr<SegmentFile> present_;
    std::optional<std::uint64_t> unused_number_; ///< of a file that couldn't be made

    std::mutex files_mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<SegmentFile>> files_;
};

} // namespace portrait::sqlite
