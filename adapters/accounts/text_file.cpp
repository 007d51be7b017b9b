#include "text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portrait::http {

namespace {

using Fault = FileLook::Fault;

FileLook failed(Fault fault) noexcept {
    return {.fault = fault, .error = errno};
}

std::chrono::nanoseconds time_of(const statx_timestamp& time) noexcept {
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Stats the path, or the open file when the path is empty and `flags` has AT_EMPTY_PATH.
FileLook look_at(int descriptor, const char* path, int flags) noexcept {
    struct statx status {};
    if (::syscall(SYS_statx, descriptor, path, flags, STATX_BASIC_STATS, &status) != 0)
        return failed(errno == ENOENT || errno == ENOTDIR ? Fault::absent : Fault::no_stamp);
    const auto device = std::uint64_t{status.stx_dev_major} << 32U | status.stx_dev_minor;
    return {.stamp = {true, device, status.stx_ino, status.stx_mode, status.stx_size,
                      time_of(status.stx_mtime), time_of(status.stx_ctime)}};
}

FileLook read_open_file(int descriptor, std::span<char> into) noexcept {
    auto look = look_at(descriptor, "", AT_EMPTY_PATH);
    if (look.fault == Fault::none && !S_ISREG(look.stamp.mode))
        look.fault = Fault::not_regular;
    if (look.fault != Fault::none)
        return look;
    while (look.size < into.size()) {
        const auto rest = into.subspan(look.size);
        const auto count = ::syscall(SYS_read, descriptor, rest.data(), rest.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failed(Fault::not_read);
        if (count == 0)
            break;
        look.size += static_cast<std::size_t>(count);
    }
    if (look_at(descriptor, "", AT_EMPTY_PATH).stamp != look.stamp)
        look.fault = Fault::torn;
    return look;
}

/// Blocks all signals of the calling thread, and of threads that it starts, while this object exists.
class SignalsBlocked {
public:
    SignalsBlocked() noexcept {
        sigset_t all{};
        ::sigfillset(&all);
        (void)::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

/// Owns a file descriptor. Closing it releases its locks.
class Descriptor {
public:
    explicit Descriptor(int number) noexcept
        : number_{number} {}
    Descriptor(Descriptor&& other) noexcept
        : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (is_open())
            ::close(number_);
    }

    int number() const noexcept { return number_; }
    bool is_open() const noexcept { return number_ >= 0; }

private:
    int number_;
};

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

/// Writes a new file beside the locked one and gives it the path. `path` has no symbolic links.
[[nodiscard]] result<void> replace(const Descriptor& locked, const std::filesystem::path& path,
                                   std::string_view name, std::string_view text) {
    auto temporary = path.string() + ".XXXXXX";
    const Descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
    if (!file.is_open())
        return cannot_write(name, "mkostemp", temporary);
    const auto write = [&]() -> result<void> {
        struct stat before {};
        if (::fstat(locked.number(), &before) != 0)
            return cannot_write(name, "fstat", path);
        // Only root can change the owner; other users own the new file already.
        const bool same_owner = ::fchown(file.number(), before.st_uid, before.st_gid) == 0;
        if (same_owner && ::fchmod(file.number(), before.st_mode & 0777U) != 0)
            return cannot_write(name, "fchmod", temporary);
        if (auto done = write_all(file, text, name, temporary); !done)
            return done;
        if (::rename(temporary.c_str(), path.c_str()) != 0)
            return cannot_write(name, "rename", path);
        return {};
    };
    if (auto done = write(); !done) {
        ::unlink(temporary.c_str());
        return done;
    }
    const auto folder = path.parent_path();
    const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.is_open() || ::fsync(directory.number()) != 0)
        return cannot_write(name, "fsync", folder);
    return {};
}

} // namespace

FileLook look_at_file(const char* path) noexcept {
    return look_at(AT_FDCWD, path, 0);
}

FileLook read_file(const char* path, std::span<char> into) noexcept {
    auto look = look_at_file(path);
    // Check before opening: opening a device may have side effects.
    if (look.fault == Fault::none && !S_ISREG(look.stamp.mode))
        look.fault = Fault::not_regular;
    if (look.fault != Fault::none)
        return look;
    // O_NONBLOCK: the path may be a FIFO by now, and opening one waits for a writer.
    const auto descriptor = static_cast<int>(
        ::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0));
    if (descriptor < 0)
        return failed(errno == ENOENT || errno == ENOTDIR ? Fault::absent : Fault::not_opened);
    look = read_open_file(descriptor, into);
    (void)::syscall(SYS_close, descriptor);
    return look;
}

Error error_of(const FileLook& look, const std::filesystem::path& path, std::string_view name) {
    const auto words = [&look]() -> std::string_view {
        switch (look.fault) {
        case Fault::absent: return "does not exist";
        case Fault::no_stamp: return "can't be checked";
        case Fault::not_regular: return "is not a regular file that can be read";
        case Fault::not_opened: return "can't be opened";
        case Fault::torn: return "changed while it was read";
        case Fault::none:
        case Fault::not_read: break;
        }
        return "can't be read";
    };
    auto cause = path.string();
    if (look.error != 0)
        cause += ": " + std::generic_category().message(look.error);
    return Error{errc::store_io, fmt::format("The {} {}", name, words())}.with_cause(std::move(cause));
}

result<std::string> read_text_file(const std::filesystem::path& path, std::string_view name) {
    std::string text(max_account_file_bytes + 1, '\0');
    const auto look = read_file(path.c_str(), text);
    if (look.fault != Fault::none && look.fault != Fault::torn)
        return error_of(look, path, name);
    text.resize(look.size);
    return text;
}

void run_with_own_descriptors(const std::function<void()>& job) {
    const SignalsBlocked for_the_new_thread;
    try {
        const std::jthread thread{[&job] {
            // On older systems the thread keeps the process's table.
            (void)::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_UNSHARE);
            job();
        }};
    } catch (const std::system_error&) {
        job();
    }
}

result<void> change_file(const std::filesystem::path& path, std::string_view name,
                         const std::function<result<std::string>(const std::string& text)>& change) {
    const auto file = open_locked(path, name);
    if (!file)
        return file.error();
    std::error_code error;
    const auto real_path = std::filesystem::canonical(path, error);
    if (error)
        return Error{errc::store_io, fmt::format("The {} can't be found again", name)}.with_cause(
            error.message());
    const auto before = read_text_file(real_path, name);
    if (!before)
        return before.error();
    const auto after = change(*before);
    if (!after)
        return after.error();
    return *after == *before ? result<void>{} : replace(*file, real_path, name, *after);
}

} // namespace portrait::http
