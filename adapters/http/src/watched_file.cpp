#include "watched_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <exception>
#include <stop_token>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace portrait::http {

WatchedFile::WatchedFile(std::filesystem::path file, std::string_view name, Read read, OnFault on_fault)
    : file_{std::move(file)}
    , name_{name}
    , read_{std::move(read)}
    , on_fault_{std::move(on_fault)} {}

WatchedFile::~WatchedFile() {
    stop();
}

result<WatchedFile::Stamp> WatchedFile::stamp() const {
    struct stat status {};
    if (::stat(file_.c_str(), &status) == 0)
        return Stamp{true,           status.st_dev,         status.st_ino,         status.st_mode,
                     status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    if (errno == ENOENT || errno == ENOTDIR)
        return Stamp{};
    return Error{errc::store_io, fmt::format("The {} can't be looked at", name_)}.with_cause(
        fmt::format("stat {}: {}", file_.string(), std::generic_category().message(errno)));
}

result<void> WatchedFile::refresh() {
    const std::lock_guard one_at_a_time{refreshing_};
    const auto now = stamp();
    if (!now)
        return std::exchange(unreadable_, true) ? result<void>{} : result<void>{now.error()};
    unreadable_ = false;
    if (*now == seen_)
        return {};
    seen_ = *now;
    return read_(seen_.exists);
}

void WatchedFile::refresh_and_tell() {
    result<void> refreshed;
    try {
        refreshed = refresh();
    } catch (const std::exception& exception) {
        refreshed = Error{errc::internal, fmt::format("The {} can't be read again", name_)}.with_cause(
            exception.what());
    }
    if (!refreshed && on_fault_)
        on_fault_(refreshed.error());
}

void WatchedFile::start(std::chrono::milliseconds interval) {
    if (interval.count() > 0)
        watcher_ = std::jthread{[this, interval](const std::stop_token& stop) { watch(stop, interval); }};
}

void WatchedFile::stop() {
    watcher_ = {};
}

void WatchedFile::watch(const std::stop_token& stop, std::chrono::milliseconds interval) {
    std::unique_lock lock{sleeping_};
    while (!stop.stop_requested()) {
        awake_.wait_for(lock, stop, interval, [] { return false; });
        if (!stop.stop_requested())
            refresh_and_tell();
    }
}

} // namespace portrait::http
