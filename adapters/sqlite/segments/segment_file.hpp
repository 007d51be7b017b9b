#pragma once

#include "segments/file_descriptor.hpp"
#include "segments/record.hpp"

#include <portrait/image_bytes.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

namespace portrait::sqlite {

/// A part of a segment file, whole 4 KiB blocks.
struct SegmentRange {
    std::uint64_t segment = 0; ///< its number
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    friend bool operator==(const SegmentRange&, const SegmentRange&) = default;
};

/// Where a record is, and which record has to be there.
struct RecordPlace {
    SegmentRange range;
    std::uint64_t sequence = 0;

    friend bool operator==(const RecordPlace&, const RecordPlace&) = default;
};

class SegmentFile;

/// A range that belongs to one writer. While it lives, its segment file isn't unlinked. Movable.
class Reservation {
public:
    Reservation(std::shared_ptr<SegmentFile> file, RecordPlace place) noexcept;
    Reservation(Reservation&& other) noexcept = default;
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation();

    const std::shared_ptr<SegmentFile>& file() const noexcept { return file_; }
    const RecordPlace& place() const noexcept { return place_; }

    /// Writes header and bytes; blocks on the page cache only. Errors: `store_full`, `store_io`.
    [[nodiscard]] result<void> write(std::span<const std::byte> bytes, const Digest& digest) const;

private:
    std::shared_ptr<SegmentFile> file_;
    RecordPlace place_;
};

/// One append-only file of records. Knows nothing of rows. Thread-safe: any number of threads reserve, write
/// and read at the same time.
class SegmentFile : public std::enable_shared_from_this<SegmentFile> {
    struct Key {};

public:
    /// How a segment grows.
    struct Growth {
        std::uint64_t segment_bytes =
            0; ///< a range that would end beyond this isn't given out, but for the first
        std::uint64_t preallocation_bytes = 0; ///< space is taken in steps of this size; 0: none in advance
    };

    /// Makes a new file of mode 0600. Errors: `store_full`, `store_io`, …; a file of this number is left
    /// alone and gives nothing.
    [[nodiscard]] static result<std::shared_ptr<SegmentFile>> create(const std::filesystem::path& folder,
                                                                     std::uint64_t number, Growth growth);
    /// Opens an existing file; it is sealed: nothing is appended to it. A missing one is `store_corrupt`.
    [[nodiscard]] static result<std::shared_ptr<SegmentFile>> open(const std::filesystem::path& folder,
                                                                   std::uint64_t number);

    static std::filesystem::path path_of(const std::filesystem::path& folder, std::uint64_t number);

    SegmentFile(Key, std::filesystem::path folder, std::uint64_t number, FileDescriptor file, Growth growth,
                bool sealed);

    std::uint64_t number() const noexcept { return number_; }

    /// The next range, long enough for a picture of `length`, or nothing when the segment is full or sealed.
    /// Errors: `store_full` when the disk has no room for it.
    [[nodiscard]] result<std::optional<Reservation>> reserve(std::uint64_t length);

    /// The picture of this length and digest at a place, in memory of its own. `store_corrupt` when another
    /// record is there or when header or bytes are damaged.
    [[nodiscard]] result<ImageBytes> read(const RecordPlace& place, std::uint64_t length,
                                          const Digest& digest) const;

    /// The same without waiting for the disk: nothing when some of it isn't in memory, or when anything is
    /// wrong with it, which `read` tells. For records of moderate length.
    std::optional<ImageBytes> read_resident(const RecordPlace& place, std::uint64_t length,
                                            const Digest& digest) const;

    /// Writes a record where it was in the file that this one is a copy of. Errors: `store_full`, `store_io`.
    [[nodiscard]] result<void> put(const RecordPlace& place, std::span<const std::byte> bytes,
                                   const Digest& digest) const {
        return write(place, bytes, digest);
    }

    /// Makes what has been written durable, and the file's name, too, the first time. A failure is for good:
    /// every later call fails as well, since what was lost isn't written again, and the file takes no more
    /// records.
    [[nodiscard]] result<void> sync();

    /// Whether a sync failed.
    bool failed() const;

    /// Takes no more records; gives back the space that was preallocated beyond the last range.
    [[nodiscard]] result<void> seal();

    /// Erases ranges and gives their space back; zeros are written where the file system has no holes.
    [[nodiscard]] result<void> erase(const SegmentRange& range);

    /// Whether a reservation is alive or may still be made.
    bool in_use() const noexcept;
    /// Where the last range ends that was given out, while more can be; nothing in a sealed file.
    std::optional<std::uint64_t> filled() const noexcept;

    /// The file's size now.
    [[nodiscard]] result<std::uint64_t> size() const;

private:
    friend class Reservation;

    [[nodiscard]] result<void> write(const RecordPlace& place, std::span<const std::byte> bytes,
                                     const Digest& digest) const;
    [[nodiscard]] result<ImageBytes> judge(std::shared_ptr<std::byte[]> record, std::size_t read,
                                           const RecordPlace& place, std::uint64_t length,
                                           const Digest& digest) const;
    Error corrupt(const RecordPlace& place, std::string_view what) const;
    [[nodiscard]] result<void> sync_once();
    [[nodiscard]] result<void> preallocate(std::uint64_t end);
    [[nodiscard]] result<void> write_zeros(std::uint64_t offset, std::uint64_t length);
    std::filesystem::path path() const { return path_of(folder_, number_); }

    const std::filesystem::path folder_;
    const std::uint64_t number_;
    const FileDescriptor file_;
    const Growth growth_;
    std::atomic<std::uint64_t> reservations_ = 0;

    /// The kernel lets one writer into a file at a time, and the others spin meanwhile; here they sleep.
    mutable std::mutex write_mutex_;

    mutable std::mutex mutex_; ///< for the next four
    std::uint64_t end_ = 0;    ///< of the last range given out
    std::uint64_t allocated_ = 0;
    std::uint32_t last_index_ = 0;
    bool sealed_ = false;

    mutable std::mutex
        sync_mutex_;     ///< for the next two: an error is told once, so only one thread asks at a time
    bool named_ = false; ///< the folder's entry is durable
    bool sync_failed_ = false;
};

} // namespace portrait::sqlite
