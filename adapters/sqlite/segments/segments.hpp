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

/// All segment files of a folder: gives out ranges in the current one, and opens the others for readers.
/// Thread-safe.
class Segments {
public:
    /// Returns a number that no call returned before, in this process or an earlier one. May block.
    using NumberSource = std::function<result<std::uint64_t>()>;

    Segments(std::filesystem::path folder, SegmentFile::Growth growth, NumberSource next_number);

    /// A range for a picture of `length` bytes, in a new file when the current one has no room. A picture
    /// larger than a segment gets a file of its own. Errors: `store_full`, `store_io`, those of the number
    /// source.
    [[nodiscard]] result<Reservation> reserve(std::uint64_t length);

    /// Ends the filling of the current file, so that none of its ranges is given out again. The next range is
    /// in a new one.
    void seal_current();

    /// The file of a number; opens it when it isn't open.
    [[nodiscard]] result<std::shared_ptr<SegmentFile>> file(std::uint64_t number);
    /// The file of a number if it is open, otherwise null. Never blocks.
    std::shared_ptr<SegmentFile> open_file(std::uint64_t number);

    /// Closes files whose sync failed. They are opened again, as sealed files, to erase ranges.
    void forget_failed();

    /// Unlinks an unused file and makes that durable. Success when there is no such file.
    [[nodiscard]] result<void> remove(std::uint64_t number);

    std::uint64_t segment_bytes() const noexcept { return growth_.segment_bytes; }
    const std::filesystem::path& folder() const noexcept { return folder_; }

private:
    [[nodiscard]] result<std::shared_ptr<SegmentFile>> make_file();
    /// Adds an open file. Returns the one that is there already, because all threads must share one object.
    std::shared_ptr<SegmentFile> remember(std::shared_ptr<SegmentFile> file);

    const std::filesystem::path folder_;
    const SegmentFile::Growth growth_;
    const NumberSource next_number_;

    std::mutex reserve_mutex_; ///< for the next two; taken before `files_mutex_`
    std::shared_ptr<SegmentFile> current_;
    std::optional<std::uint64_t> unused_number_; ///< of a file that failed to be made

    std::mutex files_mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<SegmentFile>> files_;
};

} // namespace portrait::sqlite
