#include "folder/folder_lock.hpp"

#include <portrait/try.hpp>

#include <portrait/trusted_file.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace portrait::sqlite {
namespace {

constexpr unsigned private_folder = 0700;

Error failed(const char* call, const std::filesystem::path& path) {
    return error_of_errno(errno, call, path);
}

/// The process id in a lock file, for the operator to read.
std::string owner_in(int descriptor) {
    std::array<std::byte, 32> text{};
    std::size_t read = 0;
    (void)read_fully(descriptor, text, 0, read);
    std::string owner(reinterpret_cast<const char*>(text.data()), read);
    return owner.substr(0, owner.find('\n'));
}

} // namespace

result<std::filesystem::path> absolute_folder(const std::filesystem::path& folder) {
    std::error_code failure;
    auto path = std::filesystem::absolute(folder, failure).lexically_normal();
    if (failure)
        return error_of_errno(failure.value(), "getcwd");
    return path.has_filename() ? path : path.parent_path();
}

result<void> make_folder(const std::filesystem::path& folder) {
    const auto parent = folder.has_parent_path() ? folder.parent_path() : ".";
    if (::mkdir(folder.c_str(), private_folder) == 0) {
        // The umask may have removed bits. Another user may put a link in the folder's place.
        if (::fchmodat(AT_FDCWD, folder.c_str(), private_folder, AT_SYMLINK_NOFOLLOW) != 0)
            return failed("chmod", folder);
        return sync_folder(parent);
    }
    const int failure = errno;
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) {
            // It may have been made just before, so that its name isn't durable. A parent that can't be
            // opened or synced is no fault: that one is somebody else's.
            (void)sync_folder(parent);
            return {};
        }
        return Error{errc::store_not_a_database, "The data folder is not a folder"}.with_cause(
            fmt::format("{} is not a folder", folder.string()));
    }
    if (failure == ENOENT || failure == ENOTDIR)
        return Error{errc::store_folder_missing}.with_cause(fmt::format("the parent of {}", folder.string()));
    return error_of_errno(failure, "mkdir", folder);
}

result<void> check_folder(const std::filesystem::path& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0)
        return failed("stat", folder);
    if (const auto trusted = check_trusted(Trusted::folder, status.st_uid, status.st_mode); !trusted)
        return Error{trusted.error()}.with_cause(folder.string());
    return {};
}

result<void> check_lock(const FileDescriptor& lock) {
    struct stat status {};
    if (::fstat(lock.get(), &status) == 0 && status.st_nlink == 0)
        return Error{errc::store_io}.with_cause("the data folder was deleted");
    return {};
}

result<FileDescriptor> lock_folder(const std::filesystem::path& folder) {
    const auto path = folder / lock_name;
    PORTRAIT_TRY(make_file(path));
    auto file = FileDescriptor::open(path, O_RDWR);
    if (!file)
        return failed("open", path);
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            const auto owner = owner_in(file.get());
            auto error = owner == std::to_string(::getpid())
                             ? Error{errc::store_in_use, "This process has the data folder open already; use "
                                                         "that store"}
                             : Error{errc::store_in_use};
            return std::move(error).with_cause(
                fmt::format("{} belongs to process {}", folder.string(), owner));
        }
        if (errno != EINTR)
            return failed("flock", path);
    }
    // Write over the earlier owner before the file is cut: on a full disk its block might be lost. There an
    // empty file stays empty, since the process id is for people only.
    auto owner = fmt::format("{}\n", ::getpid());
    const auto length = static_cast<off_t>(owner.size());
    std::array parts{iovec{owner.data(), owner.size()}};
    if (const int failure = write_fully(file.get(), parts, 0);
        failure != 0 && code_of_errno(failure) != errc::store_full)
        return error_of_errno(failure, "pwritev", path);
    if (::ftruncate(file.get(), length) != 0)
        return failed("ftruncate", path);
    return file;
}

} // namespace portrait::sqlite
