#include "folder/folder_lock.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <string>

namespace portrait::sqlite {

namespace {

constexpr unsigned private_folder = 0700;

/// The process id that the owner left in the file; for the operator's eyes only.
std::string owner_in(int descriptor) {
    std::array<std::byte, 32> text{};
    std::size_t read = 0;
    (void)read_fully(descriptor, text, 0, read);
    std::string owner(reinterpret_cast<const char*>(text.data()), read);
    return owner.substr(0, owner.find('\n'));
}

[[nodiscard]] result<void> write_owner(int descriptor, const std::filesystem::path& path) {
    auto text = fmt::format("{}\n", ::getpid());
    std::array parts{iovec{text.data(), text.size()}};
    if (::ftruncate(descriptor, 0) != 0)
        return error_of_errno(errno, "ftruncate", path);
    if (const int failure = write_fully(descriptor, parts, 0); failure != 0)
        return error_of_errno(failure, "pwritev", path);
    return {};
}

} // namespace

[[nodiscard]] result<void> make_folder(const std::filesystem::path& folder) {
    if (::mkdir(folder.c_str(), private_folder) == 0) {
        // The umask may have taken more away than it should.
        if (::chmod(folder.c_str(), private_folder) != 0)
            return error_of_errno(errno, "chmod", folder);
        return sync_folder(folder.has_parent_path() ? folder.parent_path() : ".");
    }
    const int failure = errno;
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return {};
        return Error{errc::store_not_a_database, "The data folder is not a folder"}.with_cause(
            fmt::format("{} is not a folder", folder.string()));
    }
    if (failure == ENOENT || failure == ENOTDIR)
        return Error{errc::store_folder_missing}.with_cause(fmt::format("the parent of {}", folder.string()));
    return error_of_errno(failure, "mkdir", folder);
}

[[nodiscard]] result<void> make_file(const std::filesystem::path& path) {
    const auto file = FileDescriptor::open(path, O_RDWR | O_CREAT | O_EXCL, private_file);
    if (!file)
        return errno == EEXIST ? result<void>{} : error_of_errno(errno, "create", path);
    if (::fchmod(file.get(), private_file) != 0)
        return error_of_errno(errno, "fchmod", path);
    return {};
}

result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
    const auto path = folder / "lock";
    if (auto made = make_file(path); !made)
        return made.error();
    auto file = FileDescriptor::open(path, O_RDWR);
    if (!file)
        return error_of_errno(errno, "open", path);
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return Error{errc::store_in_use}.with_cause(
                fmt::format("{} belongs to process {}", folder.string(), owner_in(file.get())));
        if (errno != EINTR)
            return error_of_errno(errno, "flock", path);
    }
    if (const auto written = write_owner(file.get(), path); !written)
        return written.error();
    return FolderLock{std::move(file)};
}

} // namespace portrait::sqlite
