#pragma once

#include <portrait/error.hpp>

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <sys/types.h>

namespace portrait::http {

/// Follows a small file that an operator keeps: reads it again whenever it is not as it was. Thread-safe.
class WatchedFile {
public:
    /// Takes over what the file says now; `exists` is false when it isn't there. Never called twice at a
    /// time.
    using Read = std::function<result<void>(bool exists)>;
    /// Told of what can't be used, once for each change of the file. Must not throw.
    using OnFault = std::function<void(const Error&)>;

    /// `name` is how messages call the file. Reads nothing yet.
    WatchedFile(std::filesystem::path file, std::string_view name, Read read, OnFault on_fault);
    ~WatchedFile();
    WatchedFile(const WatchedFile&) = delete;
    WatchedFile& operator=(const WatchedFile&) = delete;

    /// Looks at the file, and reads it when it has changed; afterwards it counts as seen even when it can't
    /// be used, so that a fault is told once.
    result<void> refresh();
    /// The same, with the fault told to `on_fault`.
    void refresh_and_tell();
    /// Does that again and again, on a thread of its own; an interval of 0 never. To be called once.
    void start(std::chrono::milliseconds interval);
    /// Ends that thread.
    void stop();

private:
    /// What of a file changes when it does.
    struct Stamp {
        bool exists = false;
        dev_t device{};
        ino_t inode{};
        mode_t mode{};
        off_t size{};
        time_t seconds{};
        long nanoseconds{};

        friend bool operator==(const Stamp&, const Stamp&) = default;
    };

    result<Stamp> stamp() const;
    void watch(const std::stop_token& stop, std::chrono::milliseconds interval);

    const std::filesystem::path file_;
    const std::string name_;
    const Read read_;
    const OnFault on_fault_;

    std::mutex refreshing_;
    Stamp seen_;
    bool unreadable_ = false; ///< the file couldn't be looked at the last time, which was told

    std::mutex sleeping_;
    std::condition_variable_any awake_;
    std::jthread watcher_; // the last member: it stops before the others go
};

} // namespace portrait::http
