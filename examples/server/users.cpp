#include "users.hpp"

#include "demo.hpp"
#include "refusals.hpp"

#include <portrait/http/composite_authenticator.hpp>
#include <portrait/http/file_authenticator.hpp>
#include <portrait/http/token_authenticator.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
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

/// The file that was named, or the default one when it is there.
std::optional<std::filesystem::path> users_file(const Settings& settings) {
    if (settings.users)
        return settings.users;
    std::error_code ignored;
    auto file = default_users_file(settings);
    // An unreadable one is there, too: it is refused and not passed over.
    if (std::filesystem::symlink_status(file, ignored).type() == std::filesystem::file_type::not_found)
        return std::nullopt;
    return file;
}

result<std::shared_ptr<TokenAuthenticator>> open_tokens(const Settings& settings,
                                                        const std::shared_ptr<portrait::http::Log>& log) {
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

Error no_users(const std::optional<std::filesystem::path>& file) {
    return {
        errc::internal,
        fmt::format(
            "nobody could sign in since {}; make a user by 'portrait-server users add NAME', name a users "
            "file by --users, or try it out by --demo",
            file ? fmt::format("the users file {} names nobody", file->string())
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

/// The file's users, which have been read once already, and the demo user.
portrait::result<Users> with_demo_user(const std::optional<std::filesystem::path>& file) {
    std::string text;
    if (file) {
        std::ifstream stream{*file, std::ios::binary};
        text.assign(std::istreambuf_iterator<char>{stream}, {});
        if (text.starts_with("\xEF\xBB\xBF"))
            text.erase(0, 3);
        if (!text.empty() && !text.ends_with('\n'))
            text += '\n';
    }
    const bool demo_user = !names_user(text, demo::user);
    if (demo_user) {
        const auto line = demo::users_line();
        if (!line)
            return Error{line.error().code(), plain_refusal(line.error())};
        text += *line;
    }
    auto users = FileAuthenticator::from_text(text);
    if (!users)
        return Error{users.error().code(), plain_refusal(users.error())};
    return Users{.authenticator = std::move(*users), .demo_user = demo_user};
}

} // namespace

portrait::result<Users> open_users(const Settings& settings,
                                   const std::shared_ptr<portrait::http::Log>& log) {
    const auto file = users_file(settings);
    Users users;
    if (file) {
        auto opened = FileAuthenticator::open(*file);
        if (!opened)
            return Error{opened.error().code(), users_file_refusal(*file, opened.error())};
        if ((*opened)->user_count() != 0)
            users.authenticator = *std::move(opened);
    }
    if (settings.demo) {
        auto with_demo = with_demo_user(file);
        if (!with_demo)
            return with_demo.error();
        users = *std::move(with_demo);
    }
    auto tokens = open_tokens(settings, log);
    if (!tokens)
        return tokens.error();
    if (users.authenticator == nullptr && (*tokens)->token_count() == 0)
        return no_users(file);
    users.authenticator = std::make_shared<CompositeAuthenticator>(users.authenticator, *std::move(tokens));
    return users;
}

} // namespace portrait_server
