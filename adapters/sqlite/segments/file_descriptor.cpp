#include "segments/file_descriptor.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits.h>
#include <system_error>

namespace portrait::sqlite {

namespace {

/// Takes `written` bytes off the front.
std::span<iovec> without_front(std::span<iovec> parts, std::size_t written) noexcept {
    while (!parts.empty() && written >= parts.front().iov_len) {
        written -= parts.front().iov_len;
        parts = parts.subspan(1);
    }
    if (!parts.empty()) {
        parts.front().iov_base = static_cast<std::byte*>(parts.front().iov_base) + written;
        parts.front().iov_len -= written;
    }
    return parts;
}

} // namespace

errc code_of_errno(int number) noexcept {
    switch (number) {
    case ENOSPC:
    case EFBIG: // RLIMIT_FSIZE
    case EDQUOT: return errc::store_full;
    case EROFS:
    case EACCES:
    case EPERM: return errc::store_read_only;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return errc::service_busy;
    default: return errc::store_io;
    }
}

Error error_of_errno(int number, std::string_view call, const std::filesystem::path& path) {
    return Error{code_of_errno(number)}.with_cause(
        fmt::format("{} {}: {}", call, path.string(), std::system_category().message(number)));
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

FileDescriptor::~FileDescriptor() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

FileDescriptor FileDescriptor::open(const std::filesystem::path& path, int flags, unsigned mode) noexcept {
    for (;;) {
        const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        if (descriptor >= 0 || errno != EINTR)
            return FileDescriptor{descriptor};
    }
}

int write_fully(int descriptor, std::span<iovec> parts, std::uint64_t offset) noexcept {
    parts = without_front(parts, 0);
    while (!parts.empty()) {
        const auto count = static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
        const auto written = ::pwritev(descriptor, parts.data(), count, static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR)
                continue;
            return errno;
        }
        if (written == 0)
            return EIO;
        offset += static_cast<std::uint64_t>(written);
        parts = without_front(parts, static_cast<std::size_t>(written));
    }
    return 0;
}

namespace {

/// Calls `read_at`, which is like pread without its descriptor, until the buffer is full or the file ends.
template<class ReadAt>
int read_by(ReadAt&& read_at, std::span<std::byte> buffer, std::uint64_t offset, std::size_t& read) noexcept {
    read = 0;
    while (read < buffer.size()) {
        const auto got =
            read_at(buffer.data() + read, buffer.size() - read, static_cast<off_t>(offset + read));
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return errno;
        }
        if (got == 0)
            return 0;
        read += static_cast<std::size_t>(got);
    }
    return 0;
}

} // namespace

int read_fully(int descriptor, std::span<std::byte> buffer, std::uint64_t offset,
               std::size_t& read) noexcept {
    return read_by([descriptor](std::byte* bytes, std::size_t count,
                                off_t at) { return ::pread(descriptor, bytes, count, at); },
                   buffer, offset, read);
}

int read_resident(int descriptor, std::span<std::byte> buffer, std::uint64_t offset,
                  std::size_t& read) noexcept {
    return read_by(
        [descriptor](std::byte* bytes, std::size_t count, off_t at) {
            const iovec part{bytes, count};
            return ::preadv2(descriptor, &part, 1, at, RWF_NOWAIT);
        },
        buffer, offset, read);
}

[[nodiscard]] result<void> sync_folder(const std::filesystem::path& folder) {
    const auto descriptor = FileDescriptor::open(folder, O_RDONLY | O_DIRECTORY);
    if (!descriptor)
        return error_of_errno(errno, "open", folder);
    if (::fsync(descriptor.get()) != 0)
        return error_of_errno(errno, "fsync", folder);
    return {};
}

} // namespace portrait::sqlite
