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

using portrait::errc;
using portrait::Error;

constexpr std::size_t longest_line = 4096;

Error refused(const char* sentence) {
    return {errc::password_invalid, sentence};
}

volatile std::sig_atomic_t interrupted_by = 0;

void interrupt(int number) {
    interrupted_by = number;
}

/// The terminal shows nothing of what is typed, and is as it was again when this goes: also when somebody
/// interrupts, which is why signals only come through while it waits for a key, and then only end the
/// waiting.
class SilentTerminal {
public:
    SilentTerminal() {
        sigset_t held_back{};
        ::sigemptyset(&held_back);
        for (const int number : signals)
            ::sigaddset(&held_back, number);
        (void)::pthread_sigmask(SIG_BLOCK, &held_back, &mask_);
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

    bool works() const { return changed_; }
    /// Waits until there is something to read; false when somebody interrupts.
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

/// A line of standard input without its end; nothing at the input's end. Byte by byte, so that it takes no
/// more.
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
        if (count == 0 || byte == '\n' || line.size() == longest_line)
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

[[nodiscard]] portrait::result<std::string> ask_for_new_password(const std::string& user) {
    std::optional<std::string> password;
    if (::isatty(STDIN_FILENO) == 1) {
        const SilentTerminal terminal;
        if (!terminal.works())
            return refused("the terminal can't be kept from showing the password; give it on standard input");
        password = ask(terminal, fmt::format("Password for {}: ", portrait::printable(user)));
        if (password && !password->empty() && ask(terminal, "The same again: ") != password)
            return refused("the two passwords are not the same; nothing was changed");
    } else {
        password = read_line();
    }
    if (!password || password->empty())
        return refused(
            "no password was given; it is asked for on the terminal, or is the first line of standard input");
    return *std::move(password);
}

} // namespace portrait_server
