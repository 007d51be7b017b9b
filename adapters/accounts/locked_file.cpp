#include "locked_file.hpp"

#include "text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portrait::http {

namespace {

Error cannot_write(std::string_view name, std::string_view call, const std::filesystem::path& path) {
    return Error{errc::store_io, fmt::format("The {} can't be written", name)}.with_cause(
        fmt::format("{} {}: {}", call, path.string(), std::generic_category().message(errno)));
}

/// Opens and locks the file; makes it when there is none. Retries when the file was replaced between opening
/// and locking, since the lock is then on the old file.
[[nodiscard]] result<Descriptor> open_locked(const std::filesystem::path& path, std::string_view name) {
    for (;;) {
        Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)};
        if (!file.is_open())
            return cannot_write(name, "open", path);
        while (::flock(file.number(), LOCK_EX) != 0)
            if (errno != EINTR)
                return cannot_write(name, "flock", path);
        struct stat locked {};
        struct stat named {};
        if (::fstat(file.number(), &locked) != 0)
            return cannot_write(name, "fstat", path);
        if (::stat(path.c_str(), &named) == 0 && named.st_ino == locked.st_ino &&
            named.st_dev == locked.st_dev)
            return file;
    }
}

[[nodiscard]] result<void> write_all(const Descriptor& file, std::string_view text, std::string_view name,
                                     const std::filesystem::path& path) {
    while (!text.empty()) {
        const auto written = ::write(file.number(), text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return cannot_write(name, "write", path);
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    if (::fsync(file.number()) != 0)
        return cannot_write(name, "fsync", path);
    return {};
}

} // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0)
        ::close(number_);
}

result<LockedFile> LockedFile::open(const std::filesystem::path& path, std::string_view name) {
    auto file = open_locked(path, name);
    if (!file)
        return file.error();
    std::error_code error;
    auto real_path = std::filesystem::canonical(path, error);
    if (error)
        return Error{errc::store_io, fmt::format("The {} can't be found again", name)}.with_cause(
            error.message());
    return LockedFile{*std::move(file), std::move(real_path), name};
}

result<std::string> LockedFile::read() const {
    return read_text_file(path_, name_);
}

result<void> LockedFile::replace(std::string_view text) {
    auto temporary = path_.string() + ".XXXXXX";
    const Descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
    if (!file.is_open())
        return cannot_write(name_, "mkostemp", temporary);
    const auto write = [&]() -> result<void> {
        struct stat before {};
        if (::fstat(file_.number(), &before) != 0)
            return cannot_write(name_, "fstat", path_);
        // Only root can change the owner; other users own the new file already.
        const bool same_owner = ::fchown(file.number(), before.st_uid, before.st_gid) == 0;
        if (same_owner && ::fchmod(file.number(), before.st_mode & 0777U) != 0)
            return cannot_write(name_, "fchmod", temporary);
        if (auto done = write_all(file, text, name_, temporary); !done)
            return done;
        if (::rename(temporary.c_str(), path_.c_str()) != 0)
            return cannot_write(name_, "rename", path_);
        return {};
    };
    if (auto done = write(); !done) {
        ::unlink(temporary.c_str());
        return done;
    }
    const auto folder = path_.parent_path();
    const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.is_open() || ::fsync(directory.number()) != 0)
        return cannot_write(name_, "fsync", folder);
    return {};
}

} // namespace portrait::http
