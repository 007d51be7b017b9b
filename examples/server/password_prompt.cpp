#include "password_prompt.hpp"

#include "printable_text.hpp"

#include <fmt/format.h>

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
    return {errc::info_text_invalid, sentence};
}

volatile std::sig_atomic_t interrupted_by = 0;

void interrupt(int number) {
    interrupted_by = number;
}

/// The terminal shows nothing of what is typed, and is as it was again when this goes: also when somebody
/// interrupts, which is why signals only interrupt the reading meanwhile.
class SilentTerminal {
public:
    SilentTerminal() {
        struct sigaction action {};
        action.sa_handler = interrupt; // without SA_RESTART
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
        if (interrupted_by != 0)
            ::raise(static_cast<int>(interrupted_by));
    }

    bool works() const { return changed_; }

private:
    static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

    termios before_{};
    bool changed_ = false;
    std::array<struct sigaction, signals.size()> handlers_{};
};

/// A line of standard input without its end; nothing at the input's end. Byte by byte, so that it takes no
/// more.
std::optional<std::string> read_line() {
    std::string line;
    char byte = 0;
    for (;;) {
        const auto count = ::read(STDIN_FILENO, &byte, 1);
        if (count < 0 && errno == EINTR && interrupted_by == 0)
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

std::optional<std::string> ask(std::string_view question) {
    (void)!::write(STDERR_FILENO, question.data(), question.size());
    auto answer = read_line();
    (void)!::write(STDERR_FILENO, "\n", 1);
    return answer;
}

} // namespace

portrait::result<std::string> ask_for_new_password(const std::string& user) {
    std::optional<std::string> password;
    if (::isatty(STDIN_FILENO) == 1) {
        const SilentTerminal terminal;
        if (!terminal.works())
            return refused("the terminal can't be kept from showing the password; give it on standard input");
        password = ask(fmt::format("Password for {}: ", printable(user)));
        if (password && !password->empty() && ask("The same again: ") != password)
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
