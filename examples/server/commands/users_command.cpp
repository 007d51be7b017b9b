#include "commands/commands.hpp"

#include "commands/shared_accounts.hpp"
#include "options/help.hpp"
#include "terminal/console.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace portrait_server {
namespace {

constexpr std::size_t max_input_line = 4096;

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
        for (std::size_t index = 0; index < signals.size(); ++index)
            handlers_[index] = std::signal(signals[index], interrupt);
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
            (void)std::signal(signals[index], handlers_[index]);
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
    std::array<void (*)(int), signals.size()> handlers_{};
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
        if (count == 0 || byte == '\n' || line.size() == max_input_line)
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

/// Reads a new password: twice from the terminal, without echo, or the first line of standard input when that
/// is no terminal.
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

/// Into the users file.
[[nodiscard]] Outcome<portrait::http::SavedUser> save_user(const Settings& settings,
                                                           const portrait::http::UserEntry& user) {
    // The default users file may be the first file of its data folder.
    if (const auto made = settings.users ? Outcome<void>{} : make_data_folder(settings.data); !made)
        return made.error();
    const auto file = settings.users_file();
    const auto saved = portrait::http::save_user(file, user);
    if (!saved)
        return Refusal{file_refusal("users", file, saved.error())};
    return *saved;
}

int add_user(const Settings& settings) {
    auto user = settings.user;
    const auto password = ask_for_new_password(user.name);
    if (!password)
        return refuse(password.error().sentence);
    auto hash = portrait::http::hash_password(*password);
    if (!hash)
        return refuse(plain_refusal(hash.error()));
    user.password_hash = *std::move(hash);

    const bool is_shared = !settings.store.empty();
    const auto saved = is_shared ? save_shared_user(settings, user) : save_user(settings, user);
    if (!saved)
        return refuse(saved.error());
    say(fmt::format("user {} {} in {} with associate id {}; {}\n", portrait::printable(user.name),
                    saved->added ? "added" : "changed",
                    is_shared ? "the database" : portrait::printable(settings.users_file().string()),
                    saved->associate_id,
                    is_shared ? "running servers apply it within a second"
                              : "a running server applies it within 2 seconds"));
    return exit_code::success;
}

} // namespace

void add_user_commands(CLI::App& app, Settings& settings) {
    auto* const users = add_command(app, "users", "Users");
    users->require_subcommand(1);
    auto* const add = add_command(*users, "add",
                                  "Add a user, or set a new password. The command reads the password from "
                                  "the terminal, or one line of standard input",
                                  "  portrait-server users add anna --data /var/lib/portrait\n"
                                  "  portrait-server users add kari --person 7\n"
                                  "  portrait-server users add lars --read-only <password.txt");
    auto& user = settings.user;
    add->add_option("name", user.name, "Name to sign in with")->type_name("NAME")->required();
    add->add_option("--full-name", user.full_name, "Name in CreatedBy and UpdatedBy")->type_name("TEXT");
    add->add_option("--associate-id", user.associate_id,
                    "Associate's id (default: one more than the largest)")
        ->check(between(std::int32_t{0}, std::numeric_limits<std::int32_t>::max()))
        ->type_name("N");
    add->add_option("--person", user.person_id,
                    "Id of the user's person, for clients that show the user's picture; 0: none")
        ->check(between(std::int32_t{0}, std::numeric_limits<std::int32_t>::max()))
        ->type_name("N");
    auto* const read_only = add->add_flag_callback(
        "--read-only", [&user] { user.may_write = false; }, "The user may read pictures and change none");
    add->add_flag_callback(
           "--read-write", [&user] { user.may_write = true; },
           "The user may read and change pictures (default for new users)")
        ->excludes(read_only);
    add->callback([&] { settings.command = add_user; });
}

} // namespace portrait_server
