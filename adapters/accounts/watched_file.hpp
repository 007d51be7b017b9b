#pragma once

#include "text_file.hpp"

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/http/secret_digest.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include <sys/types.h>

namespace portrait::http {

/// The content of a watched file.
struct WatchedText {
    std::string_view text;
    mode_t mode{};
};

/// Follows a small file that an operator keeps: reads and applies it whenever it has changed. Retries a
/// failed read or application at every check. Works while the process has no descriptor left. Thread-safe.
class WatchedFile {
public:
    /// Applies the file's content; null when there is no file. Never called concurrently.
    using Apply = std::function<result<void>(const WatchedText* file)>;
    /// Called when a fault begins and when its text changes, and once a minute while it lasts. Must not
    /// throw.
    using OnFault = std::function<void(const Error&)>;

    struct Source {
        std::filesystem::path path;
        std::string name; ///< in messages
        std::size_t most; ///< bytes; of a longer file one more byte is applied
    };

    /// A stamp is trusted after this time: changes within one tick of the file system's clock may leave the
    /// stamp unchanged. FAT's tick is the longest.
    static constexpr std::chrono::seconds settling_time{2};
    static constexpr std::chrono::seconds fault_period{60};

    /// Reads nothing yet.
    WatchedFile(Source source, Apply apply, OnFault on_fault, std::shared_ptr<const SteadyClock> clock);
    ~WatchedFile() = default;
    WatchedFile(const WatchedFile&) = delete;
    WatchedFile& operator=(const WatchedFile&) = delete;

    /// Reads and applies the file in any case. Returns the fault and doesn't report it.
    [[nodiscard]] result<void> read();
    /// Reads and applies the file in any case, and reports the fault.
    void refresh() { update_and_report(When::always); }
    /// Reads and applies the file if it has changed, and reports the fault.
    void look() { update_and_report(When::changed); }
    /// Calls `look` periodically on a thread of its own; never for an interval of 0. To be called once.
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
    [[nodiscard]] result<void> apply_absence();
    [[nodiscard]] result<void> apply_text(const FileLook& look, std::string_view text, When when,
                                          SteadyTimestamp now);
    void update_and_report(When when);
    bool is_due(const result<void>& done);
    void watch(const std::stop_token& stop, std::chrono::milliseconds interval);

    const Source source_;
    const Apply apply_;
    const OnFault on_fault_;
    const std::shared_ptr<const SteadyClock> clock_;

    std::mutex updating_;
    TextFileReader reader_;
    std::optional<Applied> applied_;
    std::optional<Report> report_; ///< while there is a fault

    std::mutex sleeping_;
    std::condition_variable_any awake_;
    std::jthread watcher_; // the last member: it stops before the others go
};

} // namespace portrait::http
