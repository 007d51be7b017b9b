#include "commands/users_command.hpp"

#include "commands/password_prompt.hpp"
#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <system_error>

namespace portrait_server {

namespace {

/// The default users file may be the first thing in its data folder.
std::error_code make_data_folder(const Settings& settings) {
    std::error_code failure;
    std::filesystem::create_directory(settings.data, failure); // 0700 by the umask
    return failure;
}

} // namespace

int add_user(const Settings& settings, const AddUser& command) {
    prepare_process();
    const auto password = ask_for_new_password(command.name);
    if (!password)
        return refuse(password.error().message());
    const auto hash = portrait::http::hash_password(*password);
    if (!hash)
        return refuse(plain_refusal(hash.error()));

    const auto file = settings.users.value_or(default_users_file(settings));
    if (!settings.users)
        if (const auto failure = make_data_folder(settings))
            return refuse(fmt::format("the data folder {} can't be made: {}", settings.data.string(),
                                      failure.message()));
    const auto saved = portrait::http::save_user(file, {.name = command.name,
                                                        .password_hash = *hash,
                                                        .associate_id = command.associate_id,
                                                        .full_name = command.full_name,
                                                        .person_id = {},
                                                        .may_write = command.may_write});
    if (!saved)
        return refuse(users_file_refusal(file, saved.error()));
    say(fmt::format(
        "user {} {} in {} with associate id {}; a server that is running follows within a second or two\n",
        portrait::printable(command.name), saved->added ? "added" : "changed",
        portrait::printable(file.string()), saved->associate_id));
    return exit_code::success;
}

} // namespace portrait_server
