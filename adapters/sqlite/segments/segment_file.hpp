#pragma once

#include "segments/file_descriptor.hpp"
#include "segments/record.hpp"

#include <portrait/image_bytes.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace portrait::sqlite {

/// A part of a segment file, in whole blocks of 4 KiB.
struct SegmentRange {
    std::uint64_t segment = 0; ///< the file's number
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    std::uint64_t end() const noexcept { return offset + length; }
    friend bool operator==(const SegmentRange&, const SegmentRange&) = default;
};

/// The range of a record, and the sequence that its header must have.
struct RecordPlace {
    SegmentRange range;
    std::uint64_t sequence = 0;

    friend bool operator==(const RecordPlace&, const RecordPlace&) = default;
};

class SegmentFile;

/// A range that belongs to one writer. While it lives, its segment file isn't unlinked.
struct Reservation {
    std::shared_ptr<SegmentFile> file;
    RecordPlace place;
    std::shared_ptr<void> claim; ///< holds what the file counts by
    bool reused = false;         ///< the range had a record before, and is in `range_to_free`

    /// Calls `SegmentFile::write` for this range.
    [[nodiscard]] result<void> write(std::span<const std::byte> bytes, const Digest& digest) const;
};

/// One append-only file of records. Thread-safe: any number of threads may reserve, write and read at the
/// same time.
class SegmentFile : public std::enable_shared_from_this<SegmentFile> {
public:
    /// How a segment grows.
    struct Growth {
        std::uint64_t segment_bytes = 0;       ///< limit of the file's size; the first range may exceed it
        std::uint64_t preallocation_bytes = 0; ///< space is allocated in steps of this size; 0: as needed
    };

    /// Makes a new file of mode 0600, or returns null when there is a file of this number.
    [[nodiscard]] static result<std::shared_ptr<SegmentFile>> create(const std::filesystem::path& folder,
                                                                     std::uint64_t number, Growth growth);
    /// The order of most reads: the kernel reads ahead for ordered ones only.
    enum class ReadOrder { random, ascending };
    /// Opens an existing file as a sealed one. `store_corrupt` when it is missing.
    [[nodiscard]] static result<std::shared_ptr<SegmentFile>>
    open(const std::filesystem::path& folder, std::uint64_t number, ReadOrder order = ReadOrder::random);

    static std::filesystem::path path_of(const std::filesystem::path& folder, std::uint64_t number);
    /// The segment files in a folder: names and numbers.
    [[nodiscard]] static result<std::map<std::string, std::uint64_t>>
    list(const std::filesystem::path& folder);

    std::uint64_t number() const noexcept { return number_; }

    /// The next range, for a picture of `length` bytes; absent when the segment is full or sealed.
    /// `store_full` when the disk has no room for it.
    [[nodiscard]] result<std::optional<Reservation>> reserve(std::uint64_t length);

    /// A range of this file that no reader needs any more, for another picture of the same range length;
    /// absent when the file is sealed.
    [[nodiscard]] std::optional<Reservation> reserve_again(const SegmentRange& range);

    /// Writes a record into the page cache, and zeros behind it to the end of its range. Errors:
    /// `store_full`, `store_io`.
    [[nodiscard]] result<void> write(const RecordPlace& place, std::span<const std::byte> bytes,
                                     const Digest& digest) const;

    /// The picture of this length and digest at a place, in memory of its own. `store_corrupt` when there is
    /// another record or when header or bytes are damaged; with `Waiting::refused` also `service_busy` when
    /// the page cache lacks a part.
    [[nodiscard]] result<ImageBytes> read(const RecordPlace& place, std::uint64_t length,
                                          const Digest& digest, Waiting waiting = Waiting::allowed) const;

    /// Makes all writes before it durable and, the first time, the file's name. After a failure every later
    /// call fails, too, and the file takes no more records: the kernel doesn't write the lost pages again.
    [[nodiscard]] result<void> sync();
    /// Lets the kernel begin what `sync` will wait for.
    void start_sync() const noexcept;
    /// Whether a sync failed.
    bool failed() const;

    /// Takes no more records. Frees the space that was allocated behind the last range.
    [[nodiscard]] result<void> seal();
    /// Punches a hole, or writes zeros where the file system has no holes.
    [[nodiscard]] result<void> erase(const SegmentRange& range);

    /// Whether a reservation is alive or may still be made.
    bool in_use() const noexcept;
    /// The bytes of all ranges that were given out, reused ones again; absent in a sealed file.
    std::optional<std::uint64_t> given_out() const noexcept;
    /// The file's size now.
    [[nodiscard]] result<std::uint64_t> size() const;

private:
    SegmentFile(std::filesystem::path folder, std::uint64_t number, FileDescriptor file, Growth growth,
                bool sealed);
    Error corrupt(const RecordPlace& place, std::string_view what) const;
    [[nodiscard]] result<void> sync_once();
    [[nodiscard]] result<void> preallocate(std::uint64_t end);
    std::filesystem::path path() const { return path_of(folder_, number_); }

    const std::filesystem::path folder_;
    const std::uint64_t number_;
    const FileDescriptor file_;
    const Growth growth_;

    /// The kernel lets one writer into a file at a time, and the others spin meanwhile; here they sleep.
    mutable std::mutex write_mutex_;

    mutable std::mutex mutex_; ///< for the next six
    std::uint64_t end_ = 0;    ///< of the last range given out
    std::uint64_t allocated_ = 0;
    std::uint64_t given_again_ = 0; ///< bytes of reused ranges
    std::uint32_t last_index_ = 0;
    bool sealed_ = false;
    std::shared_ptr<void> claims_ = std::make_shared<int>(); ///< shared with every living reservation

    /// For the next two. The kernel reports a lost page to one sync only, so they run one at a time.
    mutable std::mutex sync_mutex_;
    bool named_ = false; ///< the folder's entry is durable
    bool sync_failed_ = false;
};

} // namespace portrait::sqlite
