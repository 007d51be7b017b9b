#include "folder/progress_display.hpp"

#include "terminal/console.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace portrait_server {

namespace {

constexpr std::chrono::milliseconds between_bars{100};
constexpr std::chrono::seconds between_lines{10};
constexpr int bar_width = 30;

volatile std::sig_atomic_t signalled = 0;

void note_signal(int) {
    signalled = 1;
}

void handle(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    // No SA_RESTART: what waits on the socket has to wake up. A second signal ends the process.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    (void)::sigaction(SIGINT, &action, nullptr);
    (void)::sigaction(SIGTERM, &action, nullptr);
}

double mebibytes(double bytes) {
    return bytes / (1024.0 * 1024.0);
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

bool ProgressDisplay::wanted() const {
    return signalled == 0;
}

void ProgressDisplay::say(std::string_view line) {
    wipe_bar();
    portrait_server::say(fmt::format("{}\n", portrait::printable(line)));
}

void ProgressDisplay::begin(std::string_view step) {
    step_ = step;
    began_ = Clock::now();
    next_ = on_terminal_ ? began_ : began_ + between_lines;
}

bool ProgressDisplay::progress(std::string_view step, std::uint64_t done, std::uint64_t total) {
    if (step != step_)
        begin(step);
    const auto now = Clock::now();
    if (now < next_)
        return wanted();
    const auto seconds = std::chrono::duration<double>(now - began_).count();
    const auto rate = seconds > 0 ? mebibytes(static_cast<double>(done)) / seconds : 0;
    const auto part =
        std::min(1.0, static_cast<double>(done) / static_cast<double>(std::max(total, std::uint64_t{1})));
    if (total == 0 && on_terminal_) {
        note(fmt::format("\r{:9} {:.0f} MiB  {:.0f} MiB/s\x1b[K", portrait::printable(step),
                         mebibytes(static_cast<double>(done)), rate));
        bar_shown_ = true;
        next_ = now + between_bars;
    } else if (total == 0) {
        note(fmt::format("{}: {:.0f} MiB, {:.0f} MiB/s\n", portrait::printable(step),
                         mebibytes(static_cast<double>(done)), rate));
        next_ = now + between_lines;
    } else if (on_terminal_) {
        const auto full = static_cast<std::size_t>(part * bar_width);
        note(fmt::format("\r{:9} [{:{}}] {:3.0f}%  {:.0f} MiB/s\x1b[K", portrait::printable(step),
                         std::string(full, '#'), bar_width, part * 100, rate));
        bar_shown_ = true;
        next_ = now + between_bars;
    } else {
        note(fmt::format("{}: {:.0f} of {:.0f} MiB, {:.0f} MiB/s\n", portrait::printable(step),
                         mebibytes(static_cast<double>(done)), mebibytes(static_cast<double>(total)), rate));
        next_ = now + between_lines;
    }
    return wanted();
}

void ProgressDisplay::wipe_bar() {
    if (bar_shown_)
        note("\r\x1b[K");
    bar_shown_ = false;
}

} // namespace portrait_server
