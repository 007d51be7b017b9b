#pragma once

#include "folder/folder_job.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace portrait_server {

/// Prints the lines of a job on standard output, and its progress on standard error: as a bar on a terminal,
/// otherwise as a line every ten seconds, with the throughput and the time left. SIGINT and SIGTERM cancel
/// the job.
class ProgressDisplay final : public JobListener {
public:
    ProgressDisplay();
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;
    ~ProgressDisplay() override;

    void say(std::string_view line) override;
    bool progress(std::string_view step, std::uint64_t done, std::uint64_t total) override;
    /// True after one of the signals.
    bool cancelled() const override;

private:
    using Clock = std::chrono::steady_clock;

    void wipe_bar();

    const bool on_terminal_;
    std::string step_;
    Clock::time_point began_{};
    Clock::time_point next_{};
    bool bar_shown_ = false;
};

} // namespace portrait_server
