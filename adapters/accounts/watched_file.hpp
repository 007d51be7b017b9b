#pragma once

#include "text_file.hpp"

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/http/secret_digest.hpp>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace portrait::http {

/// Follows a small file that an operator keeps: reads and applies it whenever it has changed. Retries a
/// failed read or application at every check. Works while the process has no descriptor left. Thread-safe.
class WatchedFile {
public:
    /// Applies the file's content, at most one byte more than `max_account_file_bytes`; no text and a stamp
    /// of zeros when there is no file. Never called concurrently.
    using Apply = std::function<result<void>(std::string_view text, const FileStamp& stamp)>;
    /// Called when a fault begins and when its text changes, and once a minute while it lasts. Must not
    /// throw.
    using OnFault = std::function<void(const Error&)>;

    /// A stamp is trusted after this time: changes within one tick of the file system's clock may leave the
    /// stamp unchanged. FAT's tick is the longest.
    static constexpr std::chrono::seconds settling_time{2};
    static constexpr std::chrono::seconds fault_period{60};

    /// Reads nothing yet. `name` is the file's name in messages.
    WatchedFile(std::filesystem::path path, std::string_view name, Apply apply, OnFault on_fault,
                std::shared_ptr<const SteadyClock> clock)
        : path_{std::move(path)}
        , name_{name}
        , apply_{std::move(apply)}
        , on_fault_{std::move(on_fault)}
        , clock_{std::move(clock)} {}
    ~WatchedFile() = default;
    WatchedFile(const WatchedFile&) = delete;
    WatchedFile& operator=(const WatchedFile&) = delete;

    /// Reads and applies the file in any case. Returns the fault and doesn't report it.
    [[nodiscard]] result<void> read();
    /// Reads and applies the file in any case, and reports the fault.
    void refresh() { update_and_report(When::always); }
    /// Reads and applies the file if it has changed, and reports the fault.
    void check() { update_and_report(When::changed); }
    /// Calls `check` periodically on a thread of its own; never for an interval of 0. To be called once.
    void start(std::chrono::milliseconds interval);

private:
    enum class When : bool { always, changed };

    struct Applied {
        FileStamp stamp;
        SecretDigest digest{}; ///< of the text, which isn't kept
        SteadyTimestamp since; ///< when the stamp was first seen
        bool settled = false;  ///< an equal stamp means an unchanged file
    };
    struct Report {
        std::string text;
        SteadyTimestamp at;
    };

    [[nodiscard]] result<void> update(When when);
    [[nodiscard]] result<void> update_or_throw(When when);
    void update_and_report(When when);

    const std::filesystem::path path_;
    const std::string name_;
    const Apply apply_;
    const OnFault on_fault_;
    const std::shared_ptr<const SteadyClock> clock_;

    std::mutex updating_;
    std::optional<Applied> applied_;
    std::optional<Report> report_; ///< while there is a fault

    std::mutex sleeping_;
    std::condition_variable_any awake_;
    std::jthread watcher_; // the last member: it stops before the others go
};

/// The parsed content of a watched file, which readers keep while it is replaced. Thread-safe.
template<class Content>
class Snapshot {
public:
    explicit Snapshot(std::shared_ptr<const Content> content = std::make_shared<const Content>())
        : content_{std::move(content)} {}

    std::shared_ptr<const Content> load() const {
        const std::lock_guard lock{mutex_};
        return content_;
    }
    void store(std::shared_ptr<const Content> content) {
        const std::lock_guard lock{mutex_};
        content_.swap(content);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Content> content_;
};

} // namespace portrait::http
