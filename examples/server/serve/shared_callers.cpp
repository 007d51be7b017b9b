#include "serve/shared_callers.hpp"

#include <portrait/accounts/composite_authenticator.hpp>
#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/accounts/token_authenticator.hpp>
#ifdef PORTRAIT_SERVER_POSTGRES
#include <portrait/postgres/callers.hpp>
#endif

#include <fmt/format.h>

#include <sstream>
#include <string>
#include <utility>

namespace portrait_server {

Outcome<void> check_shared_callers(const Settings& settings) {
    if (!settings.store.empty() && (settings.users || settings.tokens))
        return Refusal{"With --store the users and tokens are in the database; --users and --tokens are not "
                       "accepted"};
    return {};
}

#ifdef PORTRAIT_SERVER_POSTGRES

namespace {

using portrait::Error;
using portrait::http::FileAuthenticator;
using portrait::http::TokenAuthenticator;
using portrait::postgres::CallerTexts;

Refusal refusal_of(const char* what, const Error& error) {
    return {fmt::format("The {} of the database can't be used: {}", what, plain_refusal(error)),
            code_of(error)};
}

[[nodiscard]] Outcome<std::shared_ptr<FileAuthenticator>>
open_passwords(const Settings& settings, const CallerTexts& texts,
               std::shared_ptr<portrait::http::SignInCounter> counter) {
    portrait::http::FileAuthenticatorOptions options;
    options.hashing_threads = settings.hashing_threads;
    options.counter = std::move(counter);
    options.further_users = demo_users(settings);
    auto opened = FileAuthenticator::from_text(texts.users, std::move(options));
    if (!opened)
        return refusal_of("users", opened.error());
    return std::shared_ptr<FileAuthenticator>{*std::move(opened)};
}

[[nodiscard]] Outcome<std::shared_ptr<TokenAuthenticator>> open_tokens(const CallerTexts& texts) {
    auto opened = TokenAuthenticator::from_text(texts.tokens);
    if (!opened)
        return refusal_of("tokens", opened.error());
    return std::shared_ptr<TokenAuthenticator>{*std::move(opened)};
}

} // namespace

Outcome<SharedCallers> open_shared_callers(const Settings& settings,
                                           std::shared_ptr<portrait::postgres::PostgresCallers> callers,
                                           const std::shared_ptr<portrait::http::Log>& log) {
    if (const auto checked = check_shared_callers(settings); !checked)
        return checked.error();
    SharedCallers shared;
    shared.callers = std::move(callers);
    const auto texts = shared.callers->texts();
    if (!texts)
        return refusal_of("users", texts.error());
    const auto passwords =
        open_passwords(settings, *texts, shared.callers->sign_in_counter(settings.sign_in_limits));
    if (!passwords)
        return passwords.error();
    const auto tokens = open_tokens(*texts);
    if (!tokens)
        return tokens.error();
    if ((*passwords)->user_count() == 0 && (*tokens)->token_count() == 0)
        return Refusal{
            "Nobody could sign in: the database has no users; add a user by 'portrait-server users add "
            "NAME' with the same --store, or try the server by --demo"};
    shared.callers->follow([passwords = *passwords, tokens = *tokens, log](const CallerTexts& changed) {
        for (const auto& replaced : {passwords->replace(changed.users), tokens->replace(changed.tokens)})
            if (!replaced)
                log->event(portrait::http::Severity::error,
                           fmt::format("the users and tokens were not reloaded: {}",
                                       plain_refusal(replaced.error())),
                           {});
    });
    std::istringstream lines{texts->users};
    shared.users.has_demo_user = settings.demo && !names_user(lines, demo_user);
    shared.users.authenticator = shared.callers->guarded(
        std::make_shared<portrait::http::CompositeAuthenticator>(*passwords, *tokens));
    shared.users.reload = [] {}; // within a second anyway
    shared.sessions = shared.callers->sessions(settings.endpoint.sessions);
    // A key for this use alone.
    shared.browser_key = portrait::http::hmac_sha256(shared.callers->key(), "known browsers");
    return shared;
}

#else

Outcome<SharedCallers> open_shared_callers(const Settings& /*settings*/,
                                           std::shared_ptr<portrait::postgres::PostgresCallers> /*callers*/,
                                           const std::shared_ptr<portrait::http::Log>& /*log*/) {
    return Refusal{"This portrait-server was built without PostgreSQL, so --store is not accepted"};
}

#endif

} // namespace portrait_server
