#include "commands/password_prompt.hpp"

#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

namespace portrait_server {

namespace {

constexpr std::size_t max_line = 4096;

volatile std::sig_atomic_t interrupted_by = 0;

void interrupt(int number) {
    interrupted_by = number;
}

/// Turns the terminal's echo off, and on again in the destructor. Signals that would end the process are
/// blocked except in `wait`, where they only end the waiting; the destructor raises them again.
class SilentTerminal {
public:
    SilentTerminal() {
        sigset_t blocked{};
        ::sigemptyset(&blocked);
        for (const int number : signals)
            ::sigaddset(&blocked, number);
        (void)::pthread_sigmask(SIG_BLOCK, &blocked, &mask_);
        struct sigaction action {};
        action.sa_handler = interrupt;
        ::sigemptyset(&action.sa_mask);
        for (std::size_t index = 0; index < signals.size(); ++index)
            (void)::sigaction(signals[index], &action, &handlers_[index]);
        if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
            auto silent = before_;
            silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
        }
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;
    ~SilentTerminal() {
        if (changed_)
            (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        for (std::size_t index = 0; index < signals.size(); ++index)
            (void)::sigaction(signals[index], &handlers_[index], nullptr);
        (void)::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
        if (interrupted_by != 0)
            (void)::raise(static_cast<int>(interrupted_by));
    }

    bool is_silent() const { return changed_; }
    /// Waits for input; false after a signal.
    bool wait() const {
        pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        while (::ppoll(&input, 1, nullptr, &mask_) < 0)
            if (errno != EINTR || interrupted_by != 0)
                return false;
        return true;
    }

private:
    static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

    termios before_{};
    bool changed_ = false;
    sigset_t mask_{};
    std::array<struct sigaction, signals.size()> handlers_{};
};

/// Reads a line of standard input without its end; absent at the end of the input. Reads single bytes, so
/// that the rest of the input stays unread.
std::optional<std::string> read_line(const SilentTerminal* terminal = nullptr) {
    std::string line;
    char byte = 0;
    for (;;) {
        if (terminal != nullptr && !terminal->wait())
            return std::nullopt;
        const auto count = ::read(STDIN_FILENO, &byte, 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 || (count == 0 && line.empty()))
            return std::nullopt;
        if (count == 0 || byte == '\n' || line.size() == max_line)
            break;
        line += byte;
    }
    if (line.ends_with('\r'))
        line.pop_back();
    return line;
}

std::optional<std::string> ask(const SilentTerminal& terminal, std::string_view question) {
    (void)!::write(STDERR_FILENO, question.data(), question.size());
    auto answer = read_line(&terminal);
    (void)!::write(STDERR_FILENO, "\n", 1);
    return answer;
}

} // namespace

[[nodiscard]] Outcome<std::string> ask_for_new_password(const std::string& user) {
    std::optional<std::string> password;
    if (::isatty(STDIN_FILENO) == 1) {
        const SilentTerminal terminal;
        if (!terminal.is_silent())
            return Refusal{"The terminal's echo can't be turned off; give the password on standard input"};
        password = ask(terminal, fmt::format("Password for {}: ", portrait::printable(user)));
        if (password && !password->empty() && ask(terminal, "Repeat the password: ") != password)
            return Refusal{"The two passwords differ; nothing was changed"};
    } else {
        password = read_line();
    }
    if (!password || password->empty())
        return Refusal{
            "No password was given; enter it on the terminal or as the first line of standard input"};
    return {boost::system::in_place_value, *std::move(password)};
}

} // namespace portrait_server
