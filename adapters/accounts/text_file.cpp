#include "text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
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

using Fault = FileOutcome::Fault;

FileOutcome failed(Fault fault) noexcept {
    return {.fault = fault, .error = errno};
}

std::chrono::nanoseconds time_of(const statx_timestamp& time) noexcept {
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Stats the path, or the open file when the path is empty and `flags` has AT_EMPTY_PATH.
FileOutcome stat_path(int descriptor, const char* path, int flags) noexcept {
    struct statx status {};
    if (::syscall(SYS_statx, descriptor, path, flags, STATX_BASIC_STATS, &status) != 0)
        return failed(errno == ENOENT || errno == ENOTDIR ? Fault::absent : Fault::no_stamp);
    const auto device = std::uint64_t{status.stx_dev_major} << 32U | status.stx_dev_minor;
    return {.stamp = {device, status.stx_ino, status.stx_uid, status.stx_mode, status.stx_size,
                      time_of(status.stx_mtime), time_of(status.stx_ctime)}};
}

FileOutcome read_open_file(int descriptor, std::span<char> into) noexcept {
    auto outcome = stat_path(descriptor, "", AT_EMPTY_PATH);
    if (outcome.fault == Fault::none && !S_ISREG(outcome.stamp.mode))
        outcome.fault = Fault::not_regular;
    if (outcome.fault != Fault::none)
        return outcome;
    while (outcome.size < into.size()) {
        const auto rest = into.subspan(outcome.size);
        const auto count = ::syscall(SYS_read, descriptor, rest.data(), rest.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failed(Fault::not_read);
        if (count == 0)
            break;
        outcome.size += static_cast<std::size_t>(count);
    }
    if (stat_path(descriptor, "", AT_EMPTY_PATH).stamp != outcome.stamp)
        outcome.fault = Fault::torn;
    return outcome;
}

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
    const bool full = errno == ENOSPC || errno == EDQUOT;
    return Error{full ? errc::store_full : errc::store_io, fmt::format("The {} can't be written", name)}
        .with_cause(fmt::format("{} {}: {}", call, path.string(), std::generic_category().message(errno)));
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

[[nodiscard]] result<void> sync(const Descriptor& file, std::string_view name,
                                const std::filesystem::path& path) {
    if (::fsync(file.number()) != 0)
        return cannot_write(name, "fsync", path);
    return {};
}

[[nodiscard]] result<void> sync_folder_of(const std::filesystem::path& path, std::string_view name) {
    const auto folder = path.parent_path();
    const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.is_open())
        return cannot_write(name, "open", folder);
    return sync(directory, name, folder);
}

[[nodiscard]] result<void> write_all(const Descriptor& file, std::string_view text, std::string_view name,
                                     const std::filesystem::path& path) {
    while (!text.empty()) {
        const auto written = ::write(file.number(), text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return cannot_write(name, "write", path);
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return sync(file, name, path);
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
    return sync_folder_of(path, name);
}

} // namespace

FileOutcome stat_file(const char* path) noexcept {
    return stat_path(AT_FDCWD, path, 0);
}

FileOutcome read_file(const char* path, std::span<char> into) noexcept {
    auto outcome = stat_file(path);
    // Check before opening: opening a device may have side effects.
    if (outcome.fault == Fault::none && !S_ISREG(outcome.stamp.mode))
        outcome.fault = Fault::not_regular;
    if (outcome.fault != Fault::none)
        return outcome;
    // O_NONBLOCK: the path may be a FIFO by now, and opening one waits for a writer.
    const auto descriptor = static_cast<int>(
        ::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0));
    if (descriptor < 0)
        return failed(errno == ENOENT || errno == ENOTDIR ? Fault::absent : Fault::not_opened);
    outcome = read_open_file(descriptor, into);
    (void)::syscall(SYS_close, descriptor);
    return outcome;
}

Error error_of(const FileOutcome& outcome, const std::filesystem::path& path, std::string_view name) {
    constexpr std::array<std::string_view, 7> reasons{"is valid",
                                                      "does not exist",
                                                      "can't be checked",
                                                      "is not a regular file that can be read",
                                                      "can't be opened",
                                                      "can't be read",
                                                      "changed while it was read"};
    auto cause = path.string();
    if (outcome.error != 0)
        cause += ": " + std::generic_category().message(outcome.error);
    return Error{errc::store_io,
                 fmt::format("The {} {}", name, reasons.at(static_cast<std::size_t>(outcome.fault)))}
        .with_cause(std::move(cause));
}

result<std::string> read_text_file(const std::filesystem::path& path, std::string_view name) {
    std::string text(max_account_file_bytes + 1, '\0');
    const auto outcome = read_file(path.c_str(), text);
    if (outcome.fault != Fault::none && outcome.fault != Fault::torn)
        return error_of(outcome, path, name);
    text.resize(outcome.size);
    return text;
}

void run_with_own_descriptors(const std::function<void()>& job) {
    // The new thread inherits the mask.
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    (void)::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::jthread thread;
    bool started = true;
    try {
        thread = std::jthread{[&job] {
            // On older systems the thread keeps the process's table.
            (void)::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_UNSHARE);
            job();
        }};
    } catch (const std::exception&) {
        started = false;
    }
    (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!started)
        job();
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
    if (*after != *before)
        return replace(*file, real_path, name, *after);
    // The caller relies on the text, too, and its writer may have been killed before it was durable.
    if (auto synced = sync(*file, name, real_path); !synced)
        return synced;
    return sync_folder_of(real_path, name);
}

} // namespace portrait::http
