#include "serve/users.hpp"

#include <portrait/accounts/composite_authenticator.hpp>
#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/accounts/token_authenticator.hpp>

#include <portrait/trusted_file.hpp>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <fmt/format.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace portrait_server {
namespace {

using portrait::Error;
using portrait::http::FileAuthenticator;
using portrait::http::TokenAuthenticator;

constexpr std::size_t max_app_tokens = 10'000;

bool is_there(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::symlink_status(file, ignored).type() != std::filesystem::file_type::not_found;
}

std::function<void(const Error&)> fault_logger(std::shared_ptr<portrait::http::Log> log, const char* files) {
    return [log = std::move(log), files](const Error& error) {
        log->event(portrait::http::Severity::error,
                   fmt::format("the {} were not reloaded: {}", files, plain_refusal(error)), {});
    };
}

[[nodiscard]] Outcome<std::shared_ptr<TokenAuthenticator>>
open_tokens(const Settings& settings, const std::shared_ptr<portrait::http::Log>& log) {
    const auto file = settings.tokens_file();
    std::error_code ignored;
    if (settings.tokens &&
        std::filesystem::status(file, ignored).type() == std::filesystem::file_type::not_found)
        return Refusal{
            fmt::format("The token file {} does not exist; create one by 'portrait-server tokens add NAME'",
                        file.string())};
    portrait::http::TokenAuthenticatorOptions options;
    options.on_fault = fault_logger(log, "tokens");
    auto opened = TokenAuthenticator::open(file, std::move(options));
    if (!opened)
        return Refusal{file_refusal("token", file, opened.error()), code_of(opened.error())};
    return std::shared_ptr<TokenAuthenticator>{*std::move(opened)};
}

[[nodiscard]] Outcome<std::shared_ptr<FileAuthenticator>>
open_users_file(const Settings& settings, const std::filesystem::path& file,
                std::shared_ptr<portrait::http::SignInCounter> counter,
                const std::shared_ptr<portrait::http::Log>& log) {
    portrait::http::FileAuthenticatorOptions options;
    options.hashing_threads = settings.hashing_threads;
    options.counter = std::move(counter);
    options.may_be_missing = !settings.users;
    options.on_fault = fault_logger(log, "users");
    options.further_users = demo_users(settings);
    auto opened = FileAuthenticator::open(file, std::move(options));
    if (!opened)
        return Refusal{file_refusal("users", file, opened.error()), code_of(opened.error())};
    return std::shared_ptr<FileAuthenticator>{*std::move(opened)};
}

} // namespace

std::string demo_users(const Settings& settings) {
    // One hash for all servers of a database: a session ends when its user's hash changes.
    constexpr const char* hash = "$y$j9T$eLYGZ6TYul9iBMzCvM/tn1$Y7oXPJ.hNHKFwyzKkseT6s0eI7O8pPTbo7upqa97iJA";
    return settings.demo ? fmt::format("{}:{}:1:Terje Demo:1\n", demo_user, hash) : std::string{};
}

bool names_user(std::istream& users, std::string_view name) {
    for (std::string line; std::getline(users, line);) {
        const std::string_view text{line};
        const auto user = text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
        if (user.starts_with(name) && user.substr(name.size()).starts_with(':'))
            return true;
    }
    return false;
}

[[nodiscard]] Outcome<Users> open_users(const Settings& settings,
                                        const std::shared_ptr<portrait::http::Log>& log) {
    const auto file = settings.users_file();
    const auto counter = std::make_shared<portrait::http::MemorySignInCounter>(settings.sign_in_limits);
    const auto passwords = open_users_file(settings, file, counter, log);
    if (!passwords)
        return passwords.error();
    const auto tokens = open_tokens(settings, log);
    if (!tokens)
        return tokens.error();
    if ((*passwords)->user_count() == 0 && (*tokens)->token_count() == 0)
        return Refusal{fmt::format(
            "Nobody could sign in: {}; add a user by 'portrait-server users add NAME', name a users file by "
            "--users, or try the server by --demo",
            is_there(file) ? fmt::format("the users file {} has no users", file.string())
                           : std::string{"there is no users file"})};
    Users users;
    users.counter = counter;
    std::ifstream lines{file, std::ios::binary};
    users.has_demo_user = settings.demo && !names_user(lines, demo_user);
    users.authenticator = std::make_shared<portrait::http::CompositeAuthenticator>(*passwords, *tokens);
    users.reload = [passwords = *passwords, tokens = *tokens] {
        passwords->refresh();
        tokens->refresh();
    };
    return users;
}

[[nodiscard]] Outcome<KeptCallers>
open_kept_callers(const Settings& settings,
                  const std::shared_ptr<portrait::http::MemorySignInCounter>& counter,
                  const std::shared_ptr<portrait::http::Log>& log) {
    const auto key = portrait::http::open_key_file(settings.data / "sign-in.key");
    if (!key)
        return Refusal{plain_refusal(key.error()), code_of(key.error())};
    portrait::http::KnownCallersFileOptions options;
    options.on_fault = [log](const Error& error) {
        log->event(portrait::http::Severity::warning,
                   fmt::format("known callers are not kept across a restart: {}", plain_refusal(error)), {});
    };
    auto addresses = portrait::http::KnownCallersFile::open(settings.data / "known-callers", *key, counter,
                                                            std::move(options));
    if (!addresses)
        return Refusal{plain_refusal(addresses.error()), code_of(addresses.error())};
    // A key for this use alone.
    return KeptCallers{portrait::http::hmac_sha256(*key, "known browsers"), *std::move(addresses)};
}

[[nodiscard]] Outcome<void> read_app_tokens(const Settings& settings, portrait::http::AppTokens& tokens) {
    if (!settings.app_tokens)
        return {};
    const auto path = settings.app_tokens->string();
    std::ifstream file{*settings.app_tokens, std::ios::binary};
    if (!file)
        return Refusal{fmt::format("The file of application tokens {} can't be opened", path)};
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0)
        if (const auto trusted =
                portrait::check_trusted(portrait::Trusted::file, status.st_uid, status.st_mode);
            !trusted)
            return Refusal{file_refusal("application tokens", *settings.app_tokens, trusted.error())};
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line);) {
        if (++lines > max_app_tokens)
            return Refusal{fmt::format("The file of application tokens {} has more than {} lines", path,
                                       max_app_tokens)};
        boost::trim_right_if(line, boost::is_any_of("\r "));
        if (!line.starts_with('#'))
            tokens.add(line);
    }
    // A file without tokens would turn the check off.
    if (file.bad() || tokens.empty())
        return Refusal{fmt::format("The file of application tokens {} has no tokens", path)};
    return {};
}

} // namespace portrait_server
