#include "segments/file_descriptor.hpp"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits.h>
#include <limits>
#include <memory>
#include <system_error>

namespace portrait::sqlite {
namespace {

/// The mode of every file that the store makes.
constexpr unsigned private_file = 0600;

/// Removes `written` bytes from the front.
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

FileDescriptor::~FileDescriptor() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

FileDescriptor FileDescriptor::open(const std::filesystem::path& path, int flags) noexcept {
    for (;;) {
        const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, private_file);
        if (descriptor >= 0 || errno != EINTR)
            return FileDescriptor{descriptor};
    }
}

int write_fully(int descriptor, std::span<iovec> parts, std::uint64_t offset) noexcept {
    parts = without_front(parts, 0);
    while (!parts.empty()) {
        const auto count = static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
        const auto written = ::pwritev(descriptor, parts.data(), count, static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? errno : EIO;
        offset += static_cast<std::uint64_t>(written);
        parts = without_front(parts, static_cast<std::size_t>(written));
    }
    return 0;
}

int read_fully(int descriptor, std::span<std::byte> buffer, std::uint64_t offset, std::size_t& read,
               Waiting waiting) noexcept {
    for (read = 0; read < buffer.size();) {
        const auto rest = buffer.subspan(read);
        const auto at = static_cast<off_t>(offset + read);
        const iovec part{rest.data(), rest.size()};
        const auto got = waiting == Waiting::allowed ? ::pread(descriptor, rest.data(), rest.size(), at)
                                                     : ::preadv2(descriptor, &part, 1, at, RWF_NOWAIT);
        if (got < 0 && errno != EINTR)
            return errno;
        if (got == 0)
            return 0;
        if (got > 0)
            read += static_cast<std::size_t>(got);
    }
    return 0;
}

std::uint64_t free_bytes(int descriptor) noexcept {
    struct statvfs status {};
    if (::fstatvfs(descriptor, &status) != 0)
        return std::numeric_limits<std::uint64_t>::max();
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

result<FileDescriptor> make_file(const std::filesystem::path& path) {
    auto file = FileDescriptor::open(path, O_RDWR | O_CREAT | O_EXCL);
    if (!file && errno != EEXIST)
        return error_of_errno(errno, "create", path);
    // The umask removes bits and an access control list adds some.
    if (file && ::fchmod(file.get(), private_file) != 0)
        return error_of_errno(errno, "fchmod", path);
    return file;
}

result<void> remove_file(const std::filesystem::path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return error_of_errno(errno, "unlink", path);
    return {};
}

result<std::vector<std::string>> names_in(const std::filesystem::path& folder) {
    struct Close {
        void operator()(DIR* open) const noexcept { ::closedir(open); }
    };
    const std::unique_ptr<DIR, Close> opened{::opendir(folder.c_str())};
    if (!opened)
        return error_of_errno(errno, "opendir", folder);
    std::vector<std::string> names;
    errno = 0;
    while (const auto* const entry = ::readdir(opened.get())) {
        if (const std::string_view name{entry->d_name}; name != "." && name != "..")
            names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0)
        return error_of_errno(errno, "readdir", folder);
    return names;
}

result<void> sync_folder(const std::filesystem::path& folder) {
    const auto descriptor = FileDescriptor::open(folder, O_RDONLY | O_DIRECTORY);
    if (!descriptor)
        return error_of_errno(errno, "open", folder);
    if (::fsync(descriptor.get()) != 0)
        return error_of_errno(errno, "fsync", folder);
    return {};
}

} // namespace portrait::sqlite
