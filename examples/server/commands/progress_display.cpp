#include "commands/progress_display.hpp"

#include "terminal/console.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>

namespace portrait_server {
namespace {

constexpr std::chrono::milliseconds bar_interval{100};
constexpr std::chrono::seconds line_interval{10};
constexpr int bar_width = 30;

volatile std::sig_atomic_t signalled = 0;

void note_signal(int) {
    signalled = 1;
}

void handle(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    // No SA_RESTART: a signal has to interrupt reads of the socket. A second signal ends the process.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    (void)::sigaction(SIGINT, &action, nullptr);
    (void)::sigaction(SIGTERM, &action, nullptr);
}

double mebibytes(std::uint64_t bytes) {
    return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

/// `, 3 min left`, when the rate so far allows a guess.
std::string time_left(std::uint64_t done, std::uint64_t total, double seconds) {
    constexpr double minute = 60;
    constexpr double hour = 3600;
    if (done == 0 || total <= done || seconds < 1)
        return {};
    const auto left = std::ceil(static_cast<double>(total - done) * seconds / static_cast<double>(done));
    if (left < 2 * minute)
        return fmt::format(", {:.0f} s left", left);
    if (left < 2 * hour)
        return fmt::format(", {:.0f} min left", left / minute);
    return fmt::format(", {:.0f} h left", left / hour);
}

} // namespace

ProgressDisplay::ProgressDisplay()
    : on_terminal_{::isatty(STDERR_FILENO) == 1} {
    handle(note_signal);
}

ProgressDisplay::~ProgressDisplay() {
    wipe_bar();
    handle(SIG_DFL);
}

void ProgressDisplay::say(std::string_view line) {
    wipe_bar();
    portrait_server::say(fmt::format("{}\n", portrait::printable(line)));
}

bool ProgressDisplay::progress(std::string_view step, std::uint64_t done, std::uint64_t total) {
    const auto now = Clock::now();
    if (step != step_) {
        step_ = step;
        began_ = now;
        next_ = on_terminal_ ? now : now + line_interval;
    }
    if (now < next_)
        return !cancelled();
    next_ = on_terminal_ ? now + Clock::duration{bar_interval} : now + line_interval;
    bar_shown_ = on_terminal_;
    const auto seconds = std::chrono::duration<double>(now - began_).count();
    const auto rate = seconds > 0 ? mebibytes(done) / seconds : 0;
    const auto left = time_left(done, total, seconds);
    std::string amount;
    if (total == 0) {
        amount = fmt::format("{:.0f} MiB", mebibytes(done));
    } else if (on_terminal_) {
        const auto part = std::min(1.0, mebibytes(done) / mebibytes(total));
        const std::string bar(static_cast<std::size_t>(part * bar_width), '#');
        amount = fmt::format("[{:{}}] {:3.0f}%", bar, bar_width, part * 100);
    } else {
        amount = fmt::format("{:.0f} of {:.0f} MiB", mebibytes(done), mebibytes(total));
    }
    note(on_terminal_
             ? fmt::format("\r{:9} {}  {:.0f} MiB/s{}\x1b[K", portrait::printable(step), amount, rate, left)
             : fmt::format("{}: {}, {:.0f} MiB/s{}\n", portrait::printable(step), amount, rate, left));
    return !cancelled();
}

bool ProgressDisplay::cancelled() const {
    return signalled != 0;
}

void ProgressDisplay::wipe_bar() {
    if (bar_shown_)
        note("\r\x1b[K");
    bar_shown_ = false;
}

} // namespace portrait_server
