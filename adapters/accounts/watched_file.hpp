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

/// What a watched file has.
struct WatchedText {
    std::string_view text;
    mode_t mode{};
};

/// Follows a small file that an operator keeps: reads it again until what it has was applied, whenever it is
/// not as it was. What can't be read or applied is tried again at every look. Works while the process has no
/// descriptor left. Thread-safe.
class WatchedFile {
public:
    /// Takes over what the file has; null when there is no file. Never called twice at a time.
    using Apply = std::function<result<void>(const WatchedText* file)>;
    /// Told when a fault begins and when its text changes, and once a minute while it lasts. Must not throw.
    using OnFault = std::function<void(const Error&)>;

    /// Which file, and how messages call it.
    struct Source {
        std::filesystem::path path;
        std::string name;
        std::size_t most; ///< bytes; of a longer file that many are applied and one more
    };

    /// A file whose stamp was first seen a shorter time ago than this is read again at the next look: what
    /// changes within one tick of the file system's clock may have the same stamp. FAT's tick is the longest.
    static constexpr std::chrono::seconds settling_time{2};
    static constexpr std::chrono::seconds fault_period{60};

    /// Reads nothing yet.
    WatchedFile(Source source, Apply apply, OnFault on_fault, std::shared_ptr<const SteadyClock> clock);
    ~WatchedFile();
    WatchedFile(const WatchedFile&) = delete;
    WatchedFile& operator=(const WatchedFile&) = delete;

    /// Reads and applies the file, whatever is remembered of it. The fault is returned and not told.
    [[nodiscard]] result<void> read();
    /// Reads and applies the file, whatever is remembered of it, and tells the fault.
    void refresh();
    /// Reads and applies the file unless it is as it was, and tells the fault.
    void look();
    /// Looks again and again, on a thread of its own; an interval of 0 never. To be called once.
    void start(std::chrono::milliseconds interval);
    /// Ends that thread.
    void stop();

private:
    enum class When : bool { always, changed };

    struct Applied {
        FileStamp stamp;
        SecretDigest digest{}; ///< of the text, which isn't kept
        SteadyTimestamp since; ///< when the stamp was first seen
        bool settled = false;  ///< the file is as it was as long as the stamp is
    };
    struct Told {
        std::string text;
        SteadyTimestamp at;
    };

    [[nodiscard]] result<void> update(When when);
    [[nodiscard]] result<void> update_or_throw(When when);
    [[nodiscard]] result<void> apply_absence();
    [[nodiscard]] result<void> apply_text(const FileLook& look, std::string_view text, When when,
                                          SteadyTimestamp now);
    void update_and_tell(When when);
    bool is_news(const result<void>& done);
    void watch(const std::stop_token& stop, std::chrono::milliseconds interval);

    const Source source_;
    const Apply apply_;
    const OnFault on_fault_;
    const std::shared_ptr<const SteadyClock> clock_;

    std::mutex updating_;
    TextFileReader reader_;
    std::optional<Applied> applied_;
    std::optional<Told> told_; ///< while there is a fault

    std::mutex sleeping_;
    std::condition_variable_any awake_;
    std::jthread watcher_; // the last member: it stops before the others go
};

} // namespace portrait::http
