#include "segments/segment_file.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <vector>

namespace portrait::sqlite {

namespace {

constexpr std::uint64_t unquestioned_length = 1ULL << 20;
constexpr std::uint64_t unquestioned_offset = 1ULL << 40;

/// Memory for a record, at a multiple of 64 bytes: the kernel copies into it up to a third faster than to the
/// multiples of 16 that `new` gives.
std::shared_ptr<std::byte[]> make_buffer(std::uint64_t size) {
    constexpr std::uint64_t alignment = 64;
    std::shared_ptr<std::byte[]> whole{new std::byte[size + alignment]};
    const auto address = reinterpret_cast<std::uintptr_t>(whole.get());
    auto* const begin = whole.get() + (alignment - address % alignment);
    return {std::move(whole), begin};
}

} // namespace

Reservation::Reservation(std::shared_ptr<SegmentFile> file, RecordPlace place) noexcept
    : file_{std::move(file)}
    , place_{place} {
    ++file_->reservations_;
}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(place_, other.place_);
    return *this;
}

Reservation::~Reservation() {
    if (file_)
        --file_->reservations_;
}

result<void> Reservation::write(std::span<const std::byte> bytes, const Digest& digest) const {
    return file_->write(place_, bytes, digest);
}

std::filesystem::path SegmentFile::path_of(const std::filesystem::path& folder, std::uint64_t number) {
    return folder / fmt::format("{:08}.seg", number);
}

SegmentFile::SegmentFile(Key, std::filesystem::path folder, std::uint64_t number, FileDescriptor file,
                         Growth growth, bool sealed)
    : folder_{std::move(folder)}
    , number_{number}
    , file_{std::move(file)}
    , growth_{growth}
    , sealed_{sealed}
    , named_{sealed} {}

result<std::shared_ptr<SegmentFile>> SegmentFile::create(const std::filesystem::path& folder,
                                                         std::uint64_t number, Growth growth) {
    const auto path = path_of(folder, number);
    auto file = FileDescriptor::open(path, O_RDWR | O_CREAT | O_EXCL, private_file);
    if (!file) {
        if (errno == EEXIST)
            return std::shared_ptr<SegmentFile>{};
        return error_of_errno(errno, "create", path);
    }
    // The umask takes bits away, an access control list adds some: say what it has to be.
    if (::fchmod(file.get(), private_file) != 0)
        return error_of_errno(errno, "fchmod", path);
    return std::make_shared<SegmentFile>(Key{}, folder, number, std::move(file), growth, false);
}

result<std::shared_ptr<SegmentFile>> SegmentFile::open(const std::filesystem::path& folder,
                                                       std::uint64_t number) {
    const auto path = path_of(folder, number);
    auto file = FileDescriptor::open(path, O_RDWR);
    if (!file) {
        if (errno == ENOENT)
            return Error{errc::store_corrupt}.with_cause(fmt::format("{} is missing", path.string()));
        return error_of_errno(errno, "open", path);
    }
    return std::make_shared<SegmentFile>(Key{}, folder, number, std::move(file), Growth{}, true);
}

result<std::optional<Reservation>> SegmentFile::reserve(std::uint64_t length) {
    const auto wanted = range_length(length);
    const std::scoped_lock lock{mutex_};
    if (sealed_ || last_index_ == std::numeric_limits<std::uint32_t>::max())
        return std::optional<Reservation>{};
    // The first range is given out whatever its length: so a giant gets a segment of its own.
    if (end_ != 0 && (end_ >= growth_.segment_bytes || wanted > growth_.segment_bytes - end_))
        return std::optional<Reservation>{};
    if (const auto allocated = preallocate(end_ + wanted); !allocated)
        return allocated.error();
    const RecordPlace place{{number_, end_, wanted}, number_ << 32U | ++last_index_};
    end_ += wanted;
    return std::optional<Reservation>{Reservation{shared_from_this(), place}};
}

result<void> SegmentFile::preallocate(std::uint64_t end) {
    if (end <= allocated_ || growth_.preallocation_bytes == 0)
        return {};
    const auto step = std::min(allocated_ + growth_.preallocation_bytes, growth_.segment_bytes);
    // When a large step doesn't fit on the disk any more, what is needed just now may.
    for (const auto until : {std::max(step, end), end}) {
        int failure = 0;
        do {
            failure = ::fallocate(file_.get(), 0, static_cast<off_t>(allocated_),
                                  static_cast<off_t>(until - allocated_)) == 0
                          ? 0
                          : errno;
        } while (failure == EINTR);
        if (failure == 0) {
            allocated_ = until;
            return {};
        }
        if (failure == EOPNOTSUPP || failure == ENOSYS) {
            allocated_ = std::numeric_limits<std::uint64_t>::max();
            return {};
        }
        if (code_of_errno(failure) != errc::store_full || until == end)
            return error_of_errno(failure, "fallocate", path());
    }
    return {};
}

result<void> SegmentFile::write(const RecordPlace& place, std::span<const std::byte> bytes,
                                const Digest& digest) const {
    auto header = encode({place.sequence, bytes.size(), digest});
    // pwritev only reads from what it is given; its type can't say so.
    std::array parts{iovec{header.data(), header.size()},
                     iovec{const_cast<std::byte*>(bytes.data()), bytes.size()}};
    const std::scoped_lock lock{write_mutex_};
    if (const int failure = write_fully(file_.get(), parts, place.range.offset); failure != 0)
        return error_of_errno(failure, "pwritev", path());
    return {};
}

result<ImageBytes> SegmentFile::read(const RecordPlace& place, std::uint64_t length,
                                     const Digest& digest) const {
    const auto whole = record_header_size + length;
    // Before much memory is taken: a damaged row must not be able to ask for any amount of it.
    if (length > unquestioned_length || place.range.offset > unquestioned_offset) {
        const auto file_size = size();
        if (!file_size)
            return file_size.error();
        if (place.range.offset > *file_size || whole > *file_size - place.range.offset)
            return corrupt(place, "the record ends behind the file's end");
    }

    auto record = make_buffer(whole);
    std::size_t read = 0;
    if (const int failure = read_fully(file_.get(), {record.get(), whole}, place.range.offset, read);
        failure != 0)
        return error_of_errno(failure, "pread", path());
    return judge(std::move(record), read, place, length, digest);
}

std::optional<ImageBytes> SegmentFile::read_resident(const RecordPlace& place, std::uint64_t length,
                                                     const Digest& digest) const {
    if (length > unquestioned_length || place.range.offset > unquestioned_offset)
        return std::nullopt;
    const auto whole = record_header_size + length;
    auto record = make_buffer(whole);
    std::size_t read = 0;
    if (portrait::sqlite::read_resident(file_.get(), {record.get(), whole}, place.range.offset, read) != 0)
        return std::nullopt;
    auto bytes = judge(std::move(record), read, place, length, digest);
    if (!bytes)
        return std::nullopt;
    return *std::move(bytes);
}

result<ImageBytes> SegmentFile::judge(std::shared_ptr<std::byte[]> record, std::size_t read,
                                      const RecordPlace& place, std::uint64_t length,
                                      const Digest& digest) const {
    const std::span bytes{record.get(), record_header_size + length};
    if (read != bytes.size())
        return corrupt(place, "the record ends behind the file's end");
    const auto header = decode(bytes.first<record_header_size>());
    if (!header)
        return corrupt(place, header.error().cause());
    if (header->sequence != place.sequence || header->length != length || header->content != digest)
        return corrupt(place, "another record is there");
    const auto content = bytes.subspan(record_header_size);
    if (digest_of(content) != digest)
        return corrupt(place, "the picture's bytes have another digest than the header says");
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
    auto synced = sync_once();
    if (!synced) {
        sync_failed_ = true;
        const std::scoped_lock growth_lock{mutex_};
        sealed_ = true;
    }
    return synced;
}

result<void> SegmentFile::sync_once() {
    if ((named_ ? ::fdatasync(file_.get()) : ::fsync(file_.get())) != 0)
        return error_of_errno(errno, "fsync", path());
    if (!named_)
        if (auto synced = sync_folder(folder_); !synced)
            return synced;
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
    if (errno == EOPNOTSUPP || errno == ENOSYS)
        return write_zeros(range.offset, range.length);
    return error_of_errno(errno, "fallocate", path());
}

result<void> SegmentFile::write_zeros(std::uint64_t offset, std::uint64_t length) {
    const auto file_size = size();
    if (!file_size)
        return file_size.error();
    const auto end = std::min(offset + length, *file_size);
    std::vector<std::byte> zeros(64 * range_alignment);
    while (offset < end) {
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
    return !sealed_ || reservations_ != 0;
}

std::optional<std::uint64_t> SegmentFile::filled() const noexcept {
    const std::scoped_lock lock{mutex_};
    return sealed_ ? std::nullopt : std::optional{end_};
}

result<std::uint64_t> SegmentFile::size() const {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0)
        return error_of_errno(errno, "fstat", path());
    return static_cast<std::uint64_t>(status.st_size);
}

} // namespace portrait::sqlite
