#pragma once

#include "support/catch.hpp"

#include "store_fixture.hpp"

#include <portrait/http/authenticator.hpp>
#include <portrait/http/session_store.hpp>
#include <portrait/postgres/callers.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace portrait::testing {

/// One of several servers of a store, as far as callers are concerned.
struct CallersNode {
    explicit CallersNode(const std::string& schema)
        : store{open_store(schema)}
        , callers{store->callers().value()} {}
    explicit CallersNode(std::unique_ptr<PostgresImageStore> opened)
        : store{std::move(opened)}
        , callers{store->callers().value()} {}

    std::unique_ptr<PostgresImageStore> store;
    std::unique_ptr<postgres::PostgresCallers> callers;
};

/// What a call completes with.
template<class Value, class Call>
Value completion_of(const Call& call) {
    const auto promise = std::make_shared<std::promise<Value>>();
    auto outcome = promise->get_future();
    call([promise](Value value) { promise->set_value(std::move(value)); });
    return outcome.get();
}

inline result<void> start_session(http::SessionStore& sessions, const http::SecretDigest& session,
                                  const http::Principal& principal) {
    return completion_of<result<void>>([&](auto done) { sessions.start(session, principal, done); });
}

inline result<std::optional<http::Principal>> find_session(http::SessionStore& sessions,
                                                           const http::SecretDigest& session) {
    return completion_of<result<std::optional<http::Principal>>>(
        [&](auto done) { sessions.find(session, done); });
}

inline result<bool> end_session(http::SessionStore& sessions, const http::SecretDigest& session) {
    return completion_of<result<bool>>([&](auto done) { sessions.end(session, done); });
}

/// The outcome of an authentication: `accepted`, or the kind of failure.
inline std::string ask(http::Authenticator& authenticator, http::Credentials credentials) {
    using Kind = http::AuthenticationFailure::Kind;
    const auto outcome = completion_of<http::AuthenticationOutcome>(
        [&](auto done) { authenticator.authenticate(std::move(credentials), "192.0.2.1", done); });
    if (outcome)
        return "accepted";
    switch (outcome.error().kind) {
    case Kind::rejected: return "rejected";
    case Kind::busy: return "busy";
    case Kind::unavailable: return "unavailable";
    case Kind::broken: break;
    }
    return "broken: " + outcome.error().cause;
}

/// Waits for something that is promised within a second; it may take five times as long.
inline bool within_a_second(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

/// Waits for something that happens sooner or later.
inline bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

} // namespace portrait::testing
