#include "folder/folder_lock.hpp"
#include <portrait/try.hpp>

#include <portrait/sqlite/open_folder.hpp>
#include <portrait/trusted_file.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace portrait::sqlite {
namespace {

/// Why a file isn't accepted by its type.
Error not_accepted(const std::filesystem::path& file, const char* fault) {
    return Error{errc::file_invalid,
                 fmt::format("{} in the folder is {}; a regular file with one name is accepted",
                             file.string(), fault)};
}

[[nodiscard]] result<int> open_directory(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor >= 0)
        return descriptor;
    const int failure = errno;
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode))
        return Error{errc::file_invalid, "The folder is a symbolic link; name the folder itself"}.with_cause(
            path.string());
    if (failure == ENOTDIR)
        return Error{errc::store_not_a_database, "The folder is not a folder"}.with_cause(path.string());
    if (failure == ENOENT)
        return Error{errc::store_folder_missing, "The folder does not exist"}.with_cause(path.string());
    return error_of_errno(failure, "open", path);
}

} // namespace

OpenFolder::OpenFolder(int descriptor, std::filesystem::path name) noexcept
    : descriptor_{descriptor}
    , name_{std::move(name)} {}

OpenFolder::OpenFolder(OpenFolder&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}
    , name_{std::move(other.name_)} {}

OpenFolder::~OpenFolder() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

result<OpenFolder> OpenFolder::open(const std::filesystem::path& path) {
    PORTRAIT_TRY_GET(absolute, absolute_folder(path));
    PORTRAIT_TRY_GET(descriptor, open_directory(absolute));
    return adopt(descriptor, absolute);
}

result<OpenFolder> OpenFolder::open_or_make(const std::filesystem::path& path) {
    PORTRAIT_TRY_GET(absolute, absolute_folder(path));
    PORTRAIT_TRY(make_folder(absolute));
    return open(absolute);
}

result<OpenFolder> OpenFolder::adopt(int descriptor, std::filesystem::path name) {
    OpenFolder folder{descriptor, std::move(name)};
    struct stat status {};
    if (::fstat(descriptor, &status) != 0)
        return error_of_errno(errno, "fstat", folder.name_);
    if (!S_ISDIR(status.st_mode))
        return Error{errc::store_not_a_database, "The folder is not a folder"}.with_cause(
            folder.name_.string());
    if (const auto trusted = check_trusted(Trusted::folder, status.st_uid, status.st_mode); !trusted)
        return Error{trusted.error()}.with_cause(folder.name_.string());
    return folder;
}

std::filesystem::path OpenFolder::path() const {
    return fmt::format("/proc/self/fd/{}", descriptor_);
}

result<void> OpenFolder::check_file(const std::filesystem::path& file) const {
    struct stat status {};
    if (::fstatat(descriptor_, file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? result<void>{} : error_of_errno(errno, "stat", name_ / file);
    if (S_ISLNK(status.st_mode))
        return not_accepted(file, "a symbolic link").with_cause(name_.string());
    if (!S_ISREG(status.st_mode))
        return not_accepted(file, "no file").with_cause(name_.string());
    if (status.st_nlink > 1)
        return not_accepted(file, "a hard link").with_cause(name_.string());
    if (const auto trusted = check_trusted(Trusted::file, status.st_uid, status.st_mode); !trusted)
        return Error{trusted.error()}.with_cause((name_ / file).string());
    return {};
}

result<void> OpenFolder::check_subfolder(const std::filesystem::path& subfolder) const {
    struct stat status {};
    if (::fstatat(descriptor_, subfolder.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? result<void>{} : error_of_errno(errno, "stat", name_ / subfolder);
    if (!S_ISDIR(status.st_mode))
        return Error{
            errc::file_invalid,
            fmt::format("{} in the folder is a link or a file; a folder is accepted", subfolder.string())}
            .with_cause(name_.string());
    if (const auto trusted = check_trusted(Trusted::folder, status.st_uid, status.st_mode); !trusted)
        return Error{trusted.error()}.with_cause((name_ / subfolder).string());
    PORTRAIT_TRY_GET(names, names_in(path() / subfolder));
    for (const auto& name : names)
        PORTRAIT_TRY(check_file(subfolder / name));
    return {};
}

} // namespace portrait::sqlite
