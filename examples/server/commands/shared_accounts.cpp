#include "commands/shared_accounts.hpp"

#ifdef PORTRAIT_SERVER_POSTGRES
#include <portrait/postgres/callers.hpp>
#include <portrait/postgres/image_store.hpp>
#endif

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <utility>

namespace portrait_server {

using portrait::http::AddedToken;
using portrait::http::SavedUser;
using portrait::http::TokenDescription;

#ifdef PORTRAIT_SERVER_POSTGRES

namespace {

using portrait::result;
using portrait::postgres::CallerTexts;
using portrait::postgres::PostgresCallers;

Refusal refusal_of(const portrait::Error& error) {
    return {fmt::format("The users and tokens of --store: {}", plain_refusal(error)), code_of(error)};
}

[[nodiscard]] Outcome<std::unique_ptr<PostgresCallers>> open_callers(const Settings& settings) {
    if (settings.users || settings.tokens)
        return Refusal{
            "With --store the users and tokens are in the database; --users and --tokens are not accepted"};
    const auto store = portrait::postgres::PostgresImageStore::open({.connection = settings.store});
    if (!store)
        return refusal_of(store.error());
    auto callers = (*store)->callers();
    if (!callers)
        return refusal_of(callers.error());
    return {boost::system::in_place_value, std::move(*callers)};
}

[[nodiscard]] Outcome<void> edit(const Settings& settings,
                                 const std::function<result<void>(CallerTexts& texts)>& change) {
    const auto callers = open_callers(settings);
    if (!callers)
        return callers.error();
    if (const auto edited = (*callers)->edit(change); !edited)
        return refusal_of(edited.error());
    return {};
}

} // namespace

Outcome<SavedUser> save_shared_user(const Settings& settings, const portrait::http::UserEntry& user) {
    SavedUser saved;
    const auto edited = edit(settings, [&](CallerTexts& texts) -> result<void> {
        auto with = portrait::http::with_user(texts.users, user);
        if (!with)
            return with.error();
        saved = with->saved;
        texts.users = std::move(with->text);
        return {};
    });
    if (!edited)
        return edited.error();
    return saved;
}

Outcome<AddedToken> add_shared_token(const Settings& settings, const portrait::http::TokenEntry& token) {
    AddedToken added;
    const auto edited = edit(settings, [&](CallerTexts& texts) -> result<void> {
        auto with = portrait::http::with_token(texts.tokens, texts.users, token);
        if (!with)
            return with.error();
        added = std::move(with->added);
        texts.tokens = std::move(with->text);
        return {};
    });
    if (!edited)
        return edited.error();
    return added;
}

Outcome<std::vector<TokenDescription>> list_shared_tokens(const Settings& settings) {
    const auto callers = open_callers(settings);
    if (!callers)
        return callers.error();
    const auto texts = (*callers)->texts();
    if (!texts)
        return refusal_of(texts.error());
    auto tokens = portrait::http::tokens_in(texts->tokens);
    if (!tokens)
        return refusal_of(tokens.error());
    return *std::move(tokens);
}

Outcome<bool> revoke_shared_token(const Settings& settings, std::string_view id) {
    bool found = false;
    const auto edited = edit(settings, [&](CallerTexts& texts) -> result<void> {
        auto without = portrait::http::without_token(texts.tokens, id);
        if (!without)
            return without.error();
        found = without->has_value();
        if (found)
            texts.tokens = **std::move(without);
        return {};
    });
    if (!edited)
        return edited.error();
    return found;
}

#else

static Refusal without_postgres() {
    return {"This portrait-server was built without PostgreSQL, so --store is not accepted"};
}

Outcome<SavedUser> save_shared_user(const Settings& /*settings*/, const portrait::http::UserEntry& /*user*/) {
    return without_postgres();
}

Outcome<AddedToken> add_shared_token(const Settings& /*settings*/,
                                     const portrait::http::TokenEntry& /*token*/) {
    return without_postgres();
}

Outcome<std::vector<TokenDescription>> list_shared_tokens(const Settings& /*settings*/) {
    return without_postgres();
}

Outcome<bool> revoke_shared_token(const Settings& /*settings*/, std::string_view /*id*/) {
    return without_postgres();
}

#endif

} // namespace portrait_server
