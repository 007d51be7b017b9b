#include "commands/tokens_command.hpp"

#include "terminal/console.hpp"
#include "terminal/process.hpp"
#include "terminal/refusals.hpp"

#include <portrait/accounts/token_file.hpp>
#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <system_error>

namespace portrait_server {

namespace {

using portrait::http::TokenDescription;

std::filesystem::path tokens_file(const Settings& settings) {
    return settings.tokens.value_or(default_tokens_file(settings));
}

int refuse_file(const std::filesystem::path& file, const portrait::Error& error) {
    return refuse(fmt::format("the token file {} can't be used: {}", file.string(), plain_refusal(error)));
}

std::string_view rights_of(const TokenDescription& token) {
    return token.principal.may_write ? "read,write" : "read";
}

std::string expiry_of(const TokenDescription& token) {
    return token.last_day ? portrait::http::format_day(*token.last_day) : "never";
}

} // namespace

int add_token(const Settings& settings, const AddToken& command) {
    prepare_process();
    const auto file = tokens_file(settings);
    if (!settings.tokens) {
        std::error_code failure;
        std::filesystem::create_directory(settings.data, failure); // 0700 by the umask
        if (failure)
            return refuse(fmt::format("the data folder {} can't be made: {}", settings.data.string(),
                                      failure.message()));
    }
    auto entry = command.entry;
    entry.users_file = settings.users.value_or(default_users_file(settings));
    const auto added = portrait::http::add_token(file, entry);
    if (!added)
        return refuse_file(file, added.error());
    const auto& token = added->description;
    note(fmt::format(
        "{} token {} for {} (associate id {}), rights {}, expires {}; this is the only time that it "
        "is shown:\n",
        name_of(token.scheme), token.id, portrait::printable(token.principal.name),
        token.principal.actor.associate_id, rights_of(token), expiry_of(token)));
    say(added->token + "\n");
    return exit_code::success;
}

int list_tokens(const Settings& settings) {
    prepare_process();
    const auto file = tokens_file(settings);
    const auto tokens = portrait::http::list_tokens(file);
    if (!tokens)
        return refuse_file(file, tokens.error());
    std::string text =
        fmt::format("{:<10}{:<10}{:<12}{:<12}{}\n", "ID", "SCHEME", "RIGHTS", "EXPIRES", "NAME");
    for (const auto& token : *tokens)
        fmt::format_to(std::back_inserter(text), "{:<10}{:<10}{:<12}{:<12}{}\n", token.id,
                       name_of(token.scheme), rights_of(token), expiry_of(token),
                       portrait::printable(token.principal.name));
    say(text);
    return exit_code::success;
}

int revoke_token(const Settings& settings, const RevokeToken& command) {
    prepare_process();
    const auto file = tokens_file(settings);
    const auto revoked = portrait::http::revoke_token(file, command.id);
    if (!revoked)
        return refuse_file(file, revoked.error());
    if (!*revoked)
        return refuse(fmt::format("there is no token {} in {}; 'portrait-server tokens list' names them all",
                                  command.id, file.string()));
    say(fmt::format("token {} revoked; a server that is running refuses it within seconds\n",
                    portrait::printable(command.id)));
    return exit_code::success;
}

} // namespace portrait_server
