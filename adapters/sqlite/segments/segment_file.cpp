#include "segments/segment_file.hpp"

#include <portrait/try.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <system_error>
#include <vector>

namespace portrait::sqlite {
namespace {

/// Beyond these the file's size is checked before memory is allocated.
constexpr std::uint64_t max_unchecked_length = 1ULL << 20;
constexpr std::uint64_t max_unchecked_offset = 1ULL << 40;

/// Memory for a record, at a multiple of 64 bytes: the kernel copies into it up to a third faster than to a
/// multiple of 16, which `new` gives.
std::shared_ptr<std::byte[]> make_buffer(std::uint64_t size) {
    constexpr std::uint64_t alignment = 64;
    std::shared_ptr<std::byte[]> whole{new std::byte[size + alignment]};
    const auto address = reinterpret_cast<std::uintptr_t>(whole.get());
    auto* const begin = whole.get() + (alignment - address % alignment);
    return {std::move(whole), begin};
}

/// Without it the kernel reads further pages for a picture whose neighbours are in the page cache.
void advise_random_reads(int file) noexcept {
    (void)::posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM); // a failure costs time only
}

} // namespace

result<void> Reservation::write(std::span<const std::byte> bytes, const Digest& digest) const {
    return file->write(place, bytes, digest);
}

std::filesystem::path SegmentFile::path_of(const std::filesystem::path& folder, std::uint64_t number) {
    return folder / fmt::format("{:08}.seg", number);
}

result<std::map<std::string, std::uint64_t>> SegmentFile::list(const std::filesystem::path& folder) {
    PORTRAIT_TRY_GET(names, names_in(folder));
    std::map<std::string, std::uint64_t> files;
    for (const auto& name : names) {
        std::uint64_t number = 0;
        const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
        if (read.ec == std::errc{} && std::string_view{read.ptr} == ".seg")
            files.emplace(name, number);
    }
    return files;
}

SegmentFile::SegmentFile(std::filesystem::path folder, std::uint64_t number, FileDescriptor file,
                         Growth growth, bool sealed)
    : folder_{std::move(folder)}
    , number_{number}
    , file_{std::move(file)}
    , growth_{growth}
    , sealed_{sealed}
    , named_{sealed} {}

result<std::shared_ptr<SegmentFile>> SegmentFile::create(const std::filesystem::path& folder,
                                                         std::uint64_t number, Growth growth) {
    PORTRAIT_TRY_GET(file, make_file(path_of(folder, number)));
    if (!file)
        return std::shared_ptr<SegmentFile>{};
    advise_random_reads(file.get());
    return std::shared_ptr<SegmentFile>{new SegmentFile{folder, number, std::move(file), growth, false}};
}

result<std::shared_ptr<SegmentFile>> SegmentFile::open(const std::filesystem::path& folder,
                                                       std::uint64_t number, ReadOrder order) {
    const auto path = path_of(folder, number);
    auto file = FileDescriptor::open(path, O_RDWR);
    if (!file && errno == ENOENT)
        return Error{errc::store_corrupt}.with_cause(fmt::format("{} is missing", path.string()));
    if (!file)
        return error_of_errno(errno, "open", path);
    if (order == ReadOrder::random)
        advise_random_reads(file.get());
    return std::shared_ptr<SegmentFile>{new SegmentFile{folder, number, std::move(file), Growth{}, true}};
}

result<std::optional<Reservation>> SegmentFile::reserve(std::uint64_t length) {
    const auto wanted = range_length(length);
    const std::scoped_lock lock{mutex_};
    // The first range may have any length, so that a large picture gets a segment of its own.
    const bool full = end_ != 0 && (end_ >= growth_.segment_bytes || wanted > growth_.segment_bytes - end_);
    if (sealed_ || full || last_index_ == std::numeric_limits<std::uint32_t>::max())
        return std::optional<Reservation>{};
    PORTRAIT_TRY(preallocate(end_ + wanted));
    const RecordPlace place{{number_, end_, wanted}, number_ << 32U | ++last_index_};
    end_ += wanted;
    return std::optional{Reservation{shared_from_this(), place, claims_}};
}

std::optional<Reservation> SegmentFile::reserve_again(const SegmentRange& range) {
    const std::scoped_lock lock{mutex_};
    if (sealed_ || last_index_ == std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    given_again_ += range.length;
    return Reservation{shared_from_this(), {range, number_ << 32U | ++last_index_}, claims_, true};
}

result<void> SegmentFile::preallocate(std::uint64_t end) {
    if (end <= allocated_ || growth_.preallocation_bytes == 0)
        return {};
    const auto step = std::min(allocated_ + growth_.preallocation_bytes, growth_.segment_bytes);
    // A large step may not fit on the disk any more when this range still does.
    const bool fits = free_bytes(file_.get()) > step - allocated_;
    for (auto until = fits ? std::max(step, end) : end;;) {
        const bool done = ::fallocate(file_.get(), 0, static_cast<off_t>(allocated_),
                                      static_cast<off_t>(until - allocated_)) == 0;
        if (done || errno == EOPNOTSUPP || errno == ENOSYS) {
            allocated_ = done ? until : std::numeric_limits<std::uint64_t>::max();
            return {};
        }
        if (errno == EINTR)
            continue;
        const int failure = errno;
        (void)::ftruncate(file_.get(), static_cast<off_t>(allocated_)); // a part may be allocated
        if (code_of_errno(failure) != errc::store_full || until == end)
            return error_of_errno(failure, "fallocate", path());
        until = end;
    }
}

result<void> SegmentFile::write(const RecordPlace& place, std::span<const std::byte> bytes,
                                const Digest& digest) const {
    auto header = encode({place.sequence, bytes.size(), digest});
    // pwritev only reads from its buffers, but iovec has no const pointer.
    std::array<std::byte, range_alignment> zeros{};
    std::array parts{iovec{header.data(), header.size()},
                     iovec{const_cast<std::byte*>(bytes.data()), bytes.size()},
                     iovec{zeros.data(), place.range.length - header.size() - bytes.size()}};
    const std::scoped_lock lock{write_mutex_};
    if (const int failure = write_fully(file_.get(), parts, place.range.offset); failure != 0)
        return error_of_errno(failure, "pwritev", path());
    return {};
}

result<ImageBytes> SegmentFile::read(const RecordPlace& place, std::uint64_t length, const Digest& digest,
                                     Waiting waiting) const {
    const auto whole = record_header_size + length;
    // Check before allocating: a damaged row could cost any amount of memory.
    if (length > max_unchecked_length || place.range.offset > max_unchecked_offset) {
        PORTRAIT_TRY_GET(file_size, size());
        if (place.range.offset > file_size || whole > file_size - place.range.offset)
            return corrupt(place, "the record ends behind the end of the file");
    }

    auto record = make_buffer(whole);
    const std::span bytes{record.get(), whole};
    std::size_t read = 0;
    const int failure = read_fully(file_.get(), bytes, place.range.offset, read, waiting);
    if (failure != 0 && waiting == Waiting::refused)
        return Error{errc::service_busy}; // without a cause, since it is common and nobody logs it
    if (failure != 0)
        return error_of_errno(failure, "pread", path());
    if (read != whole)
        return corrupt(place, "the record ends behind the end of the file");
    const auto header = decode(bytes.first<record_header_size>());
    if (!header)
        return corrupt(place, header.error().cause());
    if (header->sequence != place.sequence || header->length != length || header->content != digest)
        return corrupt(place, "there is another record");
    const auto content = bytes.subspan(record_header_size);
    if (digest_of(content) != digest)
        return corrupt(place, "the picture's bytes do not match their digest");
    return ImageBytes{std::move(record), content};
}

Error SegmentFile::corrupt(const RecordPlace& place, std::string_view what) const {
    return Error{errc::store_corrupt}.with_cause(
        fmt::format("{} at {}: {}", path().string(), place.range.offset, what));
}

result<void> SegmentFile::sync() {
    const std::scoped_lock lock{sync_mutex_};
    if (sync_failed_)
        return Error{errc::store_io}.with_cause(fmt::format("{}: an earlier sync failed", path().string()));
    sync_failed_ = true; // first: there may be no memory to report a failure
    auto synced = sync_once();
    sync_failed_ = !synced;
    if (!synced) {
        const std::scoped_lock growth_lock{mutex_};
        sealed_ = true;
    }
    return synced;
}

void SegmentFile::start_sync() const noexcept {
    (void)::sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

result<void> SegmentFile::sync_once() {
    if ((named_ ? ::fdatasync(file_.get()) : ::fsync(file_.get())) != 0)
        return error_of_errno(errno, "fsync", path());
    if (!named_)
        PORTRAIT_TRY(sync_folder(folder_));
    named_ = true;
    return {};
}

bool SegmentFile::failed() const {
    const std::scoped_lock lock{sync_mutex_};
    return sync_failed_;
}

result<void> SegmentFile::seal() {
    const std::scoped_lock lock{mutex_};
    if (sealed_)
        return {};
    sealed_ = true;
    if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0)
        return error_of_errno(errno, "ftruncate", path());
    return {};
}

result<void> SegmentFile::erase(const SegmentRange& range) {
    if (::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(range.offset),
                    static_cast<off_t>(range.length)) == 0)
        return {};
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        return error_of_errno(errno, "fallocate", path());
    PORTRAIT_TRY_GET(file_size, size());
    const auto end = std::min(range.end(), file_size);
    std::vector<std::byte> zeros(64 * range_alignment);
    for (auto offset = range.offset; offset < end;) {
        const auto count = std::min<std::uint64_t>(zeros.size(), end - offset);
        std::array parts{iovec{zeros.data(), count}};
        if (const int failure = write_fully(file_.get(), parts, offset); failure != 0)
            return error_of_errno(failure, "pwritev", path());
        offset += count;
    }
    return {};
}

bool SegmentFile::in_use() const noexcept {
    const std::scoped_lock lock{mutex_};
    return !sealed_ || claims_.use_count() > 1;
}

std::optional<std::uint64_t> SegmentFile::given_out() const noexcept {
    const std::scoped_lock lock{mutex_};
    return sealed_ ? std::nullopt : std::optional{end_ + given_again_};
}

result<std::uint64_t> SegmentFile::size() const {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0)
        return error_of_errno(errno, "fstat", path());
    return static_cast<std::uint64_t>(status.st_size);
}

} // namespace portrait::sqlite
