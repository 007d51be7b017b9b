#include "serve/users.hpp"

#include "serve/demo.hpp"
#include "terminal/refusals.hpp"

#include <portrait/accounts/composite_authenticator.hpp>
#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/accounts/token_authenticator.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace portrait_server {

namespace {

using portrait::errc;
using portrait::Error;
using portrait::result;
using portrait::http::CompositeAuthenticator;
using portrait::http::FileAuthenticator;
using portrait::http::TokenAuthenticator;

/// An unreadable file is there, too: it is refused and not passed over.
bool is_there(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::symlink_status(file, ignored).type() != std::filesystem::file_type::not_found;
}

[[nodiscard]] result<std::shared_ptr<TokenAuthenticator>>
open_tokens(const Settings& settings, const std::shared_ptr<portrait::http::Log>& log) {
    const auto file = settings.tokens.value_or(default_tokens_file(settings));
    std::error_code ignored;
    if (settings.tokens &&
        std::filesystem::status(file, ignored).type() == std::filesystem::file_type::not_found)
        return Error{errc::store_io, fmt::format("the token file {} does not exist; make one by "
                                                 "'portrait-server tokens add NAME'",
                                                 file.string())};
    portrait::http::TokenAuthenticatorOptions options;
    options.on_fault = [log](const Error& error) {
        log->event(portrait::http::Severity::error,
                   fmt::format("tokens stay as they were: {}", plain_refusal(error)), {});
    };
    auto opened = TokenAuthenticator::open(file, std::move(options));
    if (!opened)
        return Error{opened.error().code(), fmt::format("the token file {} can't be used: {}", file.string(),
                                                        plain_refusal(opened.error()))};
    return std::shared_ptr<TokenAuthenticator>{*std::move(opened)};
}

Error no_users(const std::filesystem::path& file) {
    return {
        errc::internal,
        fmt::format(
            "nobody could sign in since {}; make a user by 'portrait-server users add NAME', name a users "
            "file by --users, or try it out by --demo",
            is_there(file) ? fmt::format("the users file {} names nobody", file.string())
                           : std::string{"there is no users file"})};
}

bool names_user(std::string_view users, std::string_view name) {
    while (!users.empty()) {
        const auto end = users.find('\n');
        const auto line = users.substr(0, end);
        if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
            return true;
        users.remove_prefix(end == std::string_view::npos ? users.size() : end + 1);
    }
    return false;
}

bool file_names_user(const std::filesystem::path& file, std::string_view name) {
    std::ifstream stream{file, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{stream}, {}};
    if (text.starts_with("\xEF\xBB\xBF"))
        text.erase(0, 3);
    return names_user(text, name);
}

[[nodiscard]] result<std::shared_ptr<FileAuthenticator>>
open_users_file(const Settings& settings, const std::filesystem::path& file,
                const std::shared_ptr<portrait::http::Log>& log) {
    portrait::http::FileAuthenticatorOptions options;
    options.hashing_threads = settings.callers.hashing_threads;
    options.limits.failures_per_address = settings.callers.failures_per_address;
    options.limits.failures_per_name = settings.callers.failures_per_name;
    options.may_be_missing = !settings.users;
    options.on_fault = [log](const Error& error) {
        log->event(portrait::http::Severity::error,
                   fmt::format("users stay as they were: {}", plain_refusal(error)), {});
    };
    if (settings.demo) {
        const auto line = demo::users_line();
        if (!line)
            return Error{line.error().code(), plain_refusal(line.error())};
        options.further_users = *line;
    }
    auto opened = FileAuthenticator::open(file, std::move(options));
    if (!opened)
        return Error{opened.error().code(), users_file_refusal(file, opened.error())};
    return std::shared_ptr<FileAuthenticator>{*std::move(opened)};
}

} // namespace

[[nodiscard]] portrait::result<Users> open_users(const Settings& settings,
                                                 const std::shared_ptr<portrait::http::Log>& log) {
    const auto file = settings.users.value_or(default_users_file(settings));
    auto passwords = open_users_file(settings, file, log);
    if (!passwords)
        return passwords.error();
    auto tokens = open_tokens(settings, log);
    if (!tokens)
        return tokens.error();
    if ((*passwords)->user_count() == 0 && (*tokens)->token_count() == 0)
        return no_users(file);
    Users users;
    users.demo_user = settings.demo && !file_names_user(file, demo::user);
    users.authenticator = std::make_shared<CompositeAuthenticator>(*passwords, *tokens);
    users.reload = [passwords = *passwords, tokens = *tokens] {
        passwords->refresh();
        tokens->refresh();
    };
    return users;
}

} // namespace portrait_server
