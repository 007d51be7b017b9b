#pragma once

#include "folder/folder_job.hpp"

#include <chrono>

namespace portrait_server {

/// Shows a job to the operator: lines on standard output; progress on standard error, as a bar when that is
/// a terminal and as a line with the throughput every ten seconds otherwise. SIGINT and SIGTERM stop the job.
class ProgressDisplay final : public JobListener {
public:
    ProgressDisplay();
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;
    ~ProgressDisplay() override;

    void say(std::string_view line) override;
    bool progress(std::string_view step, std::uint64_t done, std::uint64_t total) override;

    /// Until one of the signals comes.
    bool wanted() const override;

private:
    using Clock = std::chrono::steady_clock;

    void wipe_bar();
    void begin(std::string_view step);

    const bool on_terminal_;
    std::string step_;
    Clock::time_point began_{};
    Clock::time_point next_{};
    bool bar_shown_ = false;
};

} // namespace portrait_server
