#include "commands/commands.hpp"

#include "commands/password_prompt.hpp"
#include "options/help.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <system_error>

namespace portrait_server {

namespace {

using portrait::http::UserEntry;

int add_user(const Settings& settings, UserEntry user) {
    prepare_process();
    const auto password = ask_for_new_password(user.name);
    if (!password)
        return refuse(password.error().sentence);
    auto hash = portrait::http::hash_password(*password);
    if (!hash)
        return refuse(plain_refusal(hash.error()));
    user.password_hash = *std::move(hash);

    const auto file = settings.users_file();
    // The default users file may be the first file of its data folder.
    if (const auto made = settings.users ? Outcome<void>{} : make_data_folder(settings.data); !made)
        return refuse(made.error().sentence);
    const auto saved = portrait::http::save_user(file, user);
    if (!saved)
        return refuse(users_file_refusal(file, saved.error()));
    say(fmt::format("user {} {} in {} with associate id {}; a running server applies it within 2 seconds\n",
                    portrait::printable(user.name), saved->added ? "added" : "changed",
                    portrait::printable(file.string()), saved->associate_id));
    return exit_code::success;
}

} // namespace

void add_user_commands(CLI::App& app, Command& command) {
    auto* const users = add_command(app, "users", "Users");
    users->require_subcommand(1);
    auto* const add = add_command(*users, "add",
                                  "Add a user, or set a new password. The command reads the password from "
                                  "the terminal, or one line of standard input",
                                  "  portrait-server users add anna --data /var/lib/portrait\n"
                                  "  portrait-server users add lars --read-only <password.txt");
    const auto user = std::make_shared<UserEntry>();
    add->add_option("name", user->name, "Name to sign in with")->type_name("NAME")->required();
    add->add_option("--full-name", user->full_name, "Name in CreatedBy and UpdatedBy")->type_name("TEXT");
    add->add_option("--associate-id", user->associate_id,
                    "Associate's id (default: one more than the largest)")
        ->check(between(std::int32_t{0}, std::numeric_limits<std::int32_t>::max()))
        ->type_name("N");
    auto* const read_only = add->add_flag_callback(
        "--read-only", [user] { user->may_write = false; }, "The user may read pictures and change none");
    add->add_flag_callback(
           "--read-write", [user] { user->may_write = true; },
           "The user may read and change pictures (default for new users)")
        ->excludes(read_only);
    add->callback([&command, user] {
        command = [user](const Settings& settings) { return add_user(settings, *user); };
    });
}

} // namespace portrait_server
