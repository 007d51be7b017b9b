#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/http/authenticator.hpp>
#include <portrait/http/secret_digest.hpp>
#include <portrait/http/session_store.hpp>
#include <portrait/http/sign_in_counter.hpp>

#include <functional>
#include <memory>
#include <string>

namespace portrait::postgres {

class Database;
class PostgresImageStore;

/// The users and access tokens of a store, in the formats of the users file and the token file; the database
/// keeps them unread. Empty until the first edit.
struct CallerTexts {
    std::string users;
    std::string tokens;

    friend bool operator==(const CallerTexts&, const CallerTexts&) = default;
};

/// What all servers of a store share about their callers: users, tokens, browser sessions, failed attempts to
/// sign in, and the key behind cookies; see `PostgresImageStore::callers`. A change on one server is known to
/// the others within a second: a thread asks four times a second whether there was one. What they know holds
/// for a second from the start of the last such question; after that sessions are read from the database, and
/// `guarded` authenticators wait for the next answer. Without the database both are `store_unreachable`
/// (503).
///
/// Keeps the connections of the store open. Thread-safe. The objects that it makes may outlive it and are
/// `store_unreachable` then; destroy it after the endpoint that uses them, and not on a thread that calls
/// back.
///
/// ```cpp
/// auto callers = store->callers().value();
/// std::shared_ptr<portrait::http::FileAuthenticator> users =
///     portrait::http::FileAuthenticator::from_text("", {.counter = callers->sign_in_counter({})}).value();
/// callers->follow([users](const CallerTexts& texts) { report(users->replace(texts.users)); });
/// options.session_store = callers->sessions(options.sessions);
/// options.known_browser_key = portrait::http::hmac_sha256(callers->key(), "known browsers");
/// portrait::http::Endpoint endpoint{service, callers->guarded(users), readers, writers, options};
/// ```
class PORTRAIT_EXPORT PostgresCallers {
public:
    PostgresCallers(const PostgresCallers&) = delete;
    PostgresCallers& operator=(const PostgresCallers&) = delete;
    ~PostgresCallers();

    /// 256 random bits of the store, secret and the same on all its servers. Derive a key of each use from
    /// it.
    const http::SecretDigest& key() const noexcept;

    /// The sessions of all servers, within the limits of `options`, by the database's clock. The time of a
    /// session's last use is written once a minute, so idle sessions may end a minute early.
    std::shared_ptr<http::SessionStore> sessions(const http::SessionOptions& options);

    /// Counts in memory, and exchanges the counts with the other servers four times a second: each server
    /// allows at most as many attempts as `limits` before it knows of theirs. The pairs of network and name
    /// that have signed in are exchanged once a second. The database has keyed digests of both, and no
    /// address and no name. To be called once.
    std::shared_ptr<http::SignInCounter> sign_in_counter(const http::SignInLimits& limits);

    /// The present texts. Errors: those of the database.
    [[nodiscard]] result<CallerTexts> texts() const;

    /// Changes the texts while no other server can; durable when it returns. `change` must be quick, may be
    /// called again after a conflict, and its error leaves the texts unchanged. Other errors: those of the
    /// database; `store_io` when the outcome is unknown.
    [[nodiscard]] result<void> edit(const std::function<result<void>(CallerTexts& texts)>& change);

    /// Calls `apply` with the last known texts before it returns, and with changed ones later, on a thread of
    /// this object. `apply` must not throw and must not call this object.
    void follow(std::function<void(const CallerTexts& texts)> apply);

    /// An authenticator whose users and tokens come by `follow`. It answers as `authenticator` does while the
    /// texts are up to date, and `AuthenticationFailure::Kind::unavailable` while they can't be read.
    std::shared_ptr<http::Authenticator> guarded(std::shared_ptr<http::Authenticator> authenticator) const;

private:
    friend class PostgresImageStore;
    class PORTRAIT_HIDDEN State;
    explicit PostgresCallers(std::unique_ptr<State> state) noexcept;
    [[nodiscard]] static result<std::unique_ptr<PostgresCallers>> open(std::shared_ptr<Database> database);

    std::unique_ptr<State> state_;
};

} // namespace portrait::postgres
