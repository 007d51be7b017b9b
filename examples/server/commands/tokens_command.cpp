#include "commands/commands.hpp"

#include "commands/shared_accounts.hpp"
#include "options/help.hpp"
#include "terminal/console.hpp"

#include <portrait/accounts/token_file.hpp>
#include <portrait/printable.hpp>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait_server {
namespace {

using portrait::http::TokenDescription;
using portrait::http::TokenScheme;

constexpr int max_days = 36'500;

/// Parses the last day in UTC; absent for `never`.
[[nodiscard]] Outcome<std::optional<std::chrono::sys_days>> parse_expiry(const std::string& text) {
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    if (text == "never")
        return std::nullopt;
    int days = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, days);
    if (error == std::errc{} && stop + 1 == end && *stop == 'd' && days >= 1 && days <= max_days)
        return today + std::chrono::days{days};
    const auto day = portrait::http::parse_day(text);
    if (!day)
        return Refusal{fmt::format(
            "'{}' is not a day such as 2027-01-31, a number of days such as 90d (at most {}d), or never",
            text, max_days)};
    if (*day < today)
        return Refusal{fmt::format("{} is in the past", text)};
    return day;
}

std::string_view rights_of(const TokenDescription& token) {
    return token.principal.may_write ? "read,write" : "read";
}

std::string expiry_of(const TokenDescription& token) {
    return token.last_day ? portrait::http::format_day(*token.last_day) : "never";
}

// In the token file.

[[nodiscard]] Outcome<portrait::http::AddedToken> add_to_file(const Settings& settings) {
    if (const auto made = settings.tokens ? Outcome<void>{} : make_data_folder(settings.data); !made)
        return made.error();
    auto entry = settings.token;
    entry.users_file = settings.users_file();
    const auto file = settings.tokens_file();
    auto added = portrait::http::add_token(file, entry);
    if (!added)
        return Refusal{file_refusal("token", file, added.error())};
    return *std::move(added);
}

[[nodiscard]] Outcome<std::vector<TokenDescription>> list_file(const Settings& settings) {
    const auto file = settings.tokens_file();
    auto tokens = portrait::http::list_tokens(file);
    if (!tokens)
        return Refusal{file_refusal("token", file, tokens.error())};
    return *std::move(tokens);
}

[[nodiscard]] Outcome<bool> revoke_in_file(const Settings& settings, std::string_view id) {
    const auto file = settings.tokens_file();
    if (auto there = settings.tokens ? Outcome<void>{} : check_data_not_moved(settings.data); !there)
        return there.error();
    const auto revoked = portrait::http::revoke_token(file, id);
    if (!revoked)
        return Refusal{file_refusal("token", file, revoked.error())};
    return *revoked;
}

bool is_shared(const Settings& settings) {
    return !settings.store.empty();
}

/// Prints the token alone on standard output, for scripts, and its description on standard error.
int add_token(const Settings& settings) {
    const auto added =
        is_shared(settings) ? add_shared_token(settings, settings.token) : add_to_file(settings);
    if (!added)
        return refuse(added.error());
    const auto& token = added->description;
    note(
        fmt::format("{} token {} for {} (associate id {}), rights {}, expires {}; it is printed only once:\n",
                    name_of(token.scheme), token.id, portrait::printable(token.principal.name),
                    token.principal.actor.associate_id, rights_of(token), expiry_of(token)));
    say(added->token + "\n");
    return exit_code::success;
}

int list_tokens(const Settings& settings) {
    const auto tokens = is_shared(settings) ? list_shared_tokens(settings) : list_file(settings);
    if (!tokens)
        return refuse(tokens.error());
    std::string text =
        fmt::format("{:<10}{:<10}{:<12}{:<12}{}\n", "ID", "SCHEME", "RIGHTS", "EXPIRES", "NAME");
    for (const auto& token : *tokens)
        fmt::format_to(std::back_inserter(text), "{:<10}{:<10}{:<12}{:<12}{}\n", token.id,
                       name_of(token.scheme), rights_of(token), expiry_of(token),
                       portrait::printable(token.principal.name));
    say(text);
    return exit_code::success;
}

int revoke_token(const Settings& settings) {
    const auto& id = settings.arguments[0];
    const auto revoked =
        is_shared(settings) ? revoke_shared_token(settings, id) : revoke_in_file(settings, id);
    if (!revoked)
        return refuse(revoked.error());
    if (!*revoked)
        return refuse(fmt::format("There is no token {} in {}; 'portrait-server tokens list' prints all ids",
                                  id,
                                  is_shared(settings) ? "the database" : settings.tokens_file().string()));
    say(fmt::format("token {} revoked; {}\n", portrait::printable(id),
                    is_shared(settings) ? "running servers refuse it within a second"
                                        : "a running server refuses it within 2 seconds"));
    return exit_code::success;
}

void add_token_command(CLI::App& tokens, Settings& settings) {
    auto* const add =
        add_command(tokens, "add", "Create an access token. The command prints it once; the file has a hash",
                    "  portrait-server tokens add crm-sync --data /var/lib/portrait\n"
                    "  portrait-server tokens add crm-sync --expires 90d --read-only");
    auto& entry = settings.token;
    add->add_option("name", entry.name, "Name of the user or program")->type_name("NAME")->required();
    add->add_option("--scheme", entry.scheme, "Scheme: bearer (default) or soticket")
        ->transform(
            CLI::CheckedTransformer{std::map<std::string, TokenScheme>{{"bearer", TokenScheme::bearer},
                                                                       {"soticket", TokenScheme::so_ticket},
                                                                       {"ticket", TokenScheme::so_ticket}},
                                    CLI::ignore_case}
                .description(""))
        ->type_name("SCHEME");
    const auto set_expiry = [&entry](const std::string& text) {
        const auto day = parse_expiry(text);
        if (!day)
            throw CLI::ValidationError{"--expires", day.error().sentence};
        entry.last_day = *day;
    };
    add->add_option_function<std::string>(
           "--expires", set_expiry,
           "Last day, such as 2027-01-31, or a number of days from now, such as 90d (default: never)")
        ->type_name("DAY");
    add->add_option("--full-name", entry.full_name, "Name in CreatedBy and UpdatedBy")->type_name("TEXT");
    add->add_option("--associate-id", entry.associate_id,
                    "Associate's id (default: that of the user of this name, or one more than the largest)")
        ->check(between(std::int32_t{0}, std::numeric_limits<std::int32_t>::max()))
        ->type_name("N");
    add->add_option("--person", entry.person_id,
                    "Id of the caller's person (default: that of the user of this name); 0: none")
        ->check(between(std::int32_t{0}, std::numeric_limits<std::int32_t>::max()))
        ->type_name("N");
    add->add_flag_callback(
        "--read-only", [&entry] { entry.may_write = false; }, "The token may read pictures and change none");
    add->callback([&] { settings.command = add_token; });
}

} // namespace

void add_token_commands(CLI::App& app, Settings& settings) {
    auto* const tokens = add_command(app, "tokens", "Access tokens");
    tokens->require_subcommand(1);
    add_token_command(*tokens, settings);
    add_command(*tokens, "list", "List the ids, rights and names of all tokens",
                "  portrait-server tokens list --data /var/lib/portrait")
        ->callback([&] { settings.command = list_tokens; });
    auto* const revoke =
        add_command(*tokens, "revoke", "Revoke a token. A running server refuses it within 2 seconds",
                    "  portrait-server tokens revoke 3f2a9c01 --data /var/lib/portrait");
    revoke->add_option("id", settings.arguments[0], "Token's id, from 'tokens list'")
        ->type_name("ID")
        ->required();
    revoke->callback([&] { settings.command = revoke_token; });
}

} // namespace portrait_server
