#include "text_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
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

FileLook TextFileReader::read(const char* path, std::span<char> into) {
    if (!thread_.joinable())
        start();
    if (!thread_.joinable())
        return read_file(path, into);
    Job job{.path = path, .into = into};
    std::unique_lock lock{mutex_};
    job_ = &job;
    changed_.notify_all();
    changed_.wait(lock, [&job] { return job.done; });
    return job.look;
}

void TextFileReader::start() {
    const SignalsBlocked for_the_new_thread;
    try {
        thread_ = std::jthread{[this](const std::stop_token& stop) { work(stop); }};
        // NOLINTNEXTLINE(bugprone-empty-catch): the next call tries again
    } catch (const std::system_error&) {
    }
}

void TextFileReader::work(const std::stop_token& stop) {
    (void)::pthread_setname_np(::pthread_self(), "file-reader");
    // On older systems the thread keeps the process's table.
    (void)::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_UNSHARE);
    std::unique_lock lock{mutex_};
    while (changed_.wait(lock, stop, [this] { return job_ != nullptr; })) {
        job_->look = read_file(job_->path, job_->into);
        job_->done = true;
        job_ = nullptr;
        changed_.notify_all();
    }
}

} // namespace portrait::http
