#include "locked_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace portrait::http {

namespace {

/// A file descriptor that is closed when its owner is gone, which gives its lock back.
class Descriptor {
public:
    explicit Descriptor(int number) noexcept
        : number_{number} {}
    ~Descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const noexcept { return number_; }
    bool open() const noexcept { return number_ >= 0; }
    int release() noexcept { return std::exchange(number_, -1); }

private:
    int number_;
};

Error cannot_write(std::string_view name, std::string_view call, const std::filesystem::path& path) {
    return Error{errc::store_io, fmt::format("The {} can't be written", name)}.with_cause(
        fmt::format("{} {}: {}", call, path.string(), std::generic_category().message(errno)));
}

/// Opens and locks the file, which is made when there is none. A rename that happened between opening and
/// locking means that the lock is on a file that is gone: once more.
[[nodiscard]] result<int> open_locked(const std::filesystem::path& path, std::string_view name) {
    for (;;) {
        Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)};
        if (!file.open())
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
            return file.release();
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

LockedFile::LockedFile(int descriptor, std::filesystem::path path, std::string_view name)
    : descriptor_{descriptor}
    , path_{std::move(path)}
    , name_{name} {}

LockedFile::LockedFile(LockedFile&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}
    , path_{std::move(other.path_)}
    , name_{std::move(other.name_)} {}

LockedFile::~LockedFile() {
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

result<LockedFile> LockedFile::open(const std::filesystem::path& path, std::string_view name) {
    const auto descriptor = open_locked(path, name);
    if (!descriptor)
        return descriptor.error();
    LockedFile locked{*descriptor, path, name};
    std::error_code error;
    locked.path_ = std::filesystem::canonical(path, error);
    if (error)
        return Error{errc::store_io, fmt::format("The {} can't be found again", name)}.with_cause(
            error.message());
    return locked;
}

result<void> LockedFile::replace(std::string_view text) {
    auto temporary = path_.string() + ".XXXXXX";
    const Descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
    if (!file.open())
        return cannot_write(name_, "mkostemp", temporary);
    const auto write = [&]() -> result<void> {
        struct stat before {};
        if (::fstat(descriptor_, &before) != 0)
            return cannot_write(name_, "fstat", path_);
        // Only root can give a file away; for everybody else it is theirs already.
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
    if (!directory.open() || ::fsync(directory.number()) != 0)
        return cannot_write(name_, "fsync", folder);
    return {};
}

} // namespace portrait::http
