#include "callers_fixture.hpp"

#include <portrait/accounts/composite_authenticator.hpp>
#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/accounts/token_authenticator.hpp>
#include <portrait/accounts/token_file.hpp>

#include <atomic>
#include <csignal>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

namespace postgres_accounts_test {

using namespace portrait;          // NOLINT(google-build-using-namespace)
using namespace portrait::testing; // NOLINT(google-build-using-namespace)
using http::BasicCredentials;
using http::BearerCredentials;
using http::FileAuthenticator;
using http::TokenAuthenticator;
using postgres::CallerTexts;
using postgres::PostgresCallers;

namespace {

// Of "Tje0".
constexpr auto hash = "$2y$04$AWSqtWSFCJiTlcEp9A2OteV6TYWajqeHDpGOz3pz21Z8ZKuef32ni";

/// The authenticator of a server, as the server makes it.
std::shared_ptr<http::Authenticator> users_of(PostgresCallers& callers) {
    const std::shared_ptr<FileAuthenticator> users = FileAuthenticator::from_text("").value();
    const std::shared_ptr<TokenAuthenticator> tokens = TokenAuthenticator::from_text("").value();
    callers.follow([users, tokens](const CallerTexts& texts) {
        // Catch2's assertions are for the test's thread alone.
        (void)users->replace(texts.users);
        (void)tokens->replace(texts.tokens);
    });
    return callers.guarded(std::make_shared<http::CompositeAuthenticator>(users, tokens));
}

void set_user(PostgresCallers& callers, const char* name, const std::string& password_hash) {
    http::UserEntry user;
    user.name = name;
    user.password_hash = password_hash;
    REQUIRE(callers.edit([&](CallerTexts& texts) -> result<void> {
        auto edited = http::with_user(texts.users, user);
        if (!edited)
            return edited.error();
        texts.users = std::move(edited->text);
        return {};
    }));
}

http::AddedToken add_token(PostgresCallers& callers, const char* name) {
    http::AddedToken added;
    http::TokenEntry entry;
    entry.name = name;
    REQUIRE(callers.edit([&](CallerTexts& texts) -> result<void> {
        auto edited = http::with_token(texts.tokens, texts.users, entry);
        if (!edited)
            return edited.error();
        added = edited->added;
        texts.tokens = std::move(edited->text);
        return {};
    }));
    return added;
}

void revoke(PostgresCallers& callers, const std::string& id) {
    REQUIRE(callers.edit([&](CallerTexts& texts) -> result<void> {
        auto rest = http::without_token(texts.tokens, id);
        if (!rest)
            return rest.error();
        REQUIRE(rest->has_value());
        texts.tokens = **std::move(rest);
        return {};
    }));
}

} // namespace

TEST_CASE("all servers of a store have one key", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    const CallersNode one{schema};
    const CallersNode other{schema};
    CHECK(one.callers->key() == other.callers->key());
    CHECK(one.callers->key() != http::SecretDigest{});
    const CallersNode stranger{PostgresServer::new_schema()};
    CHECK(one.callers->key() != stranger.callers->key());
    // As a data folder's key may be brought along.
    const auto brought = http::random_bytes();
    for (const auto* const end : {"\n", ""}) {
        shared_postgres().run("UPDATE " + schema + ".account_text SET text = '" + http::hexadecimal(brought) +
                              end + "' WHERE name = 'sign_in_key'");
        CHECK(CallersNode{schema}.callers->key() == brought);
    }
    shared_postgres().run("UPDATE " + schema + ".account_text SET text = 'short' WHERE name = 'sign_in_key'");
    CHECK(one.store->callers().error() == errc::store_corrupt);
}

TEST_CASE("users and tokens that one server adds can use the others within a second", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode one{schema};
    CallersNode other{schema};
    CHECK(one.callers->texts().value() == CallerTexts{});
    const auto here = users_of(*one.callers);
    const auto there = users_of(*other.callers);
    CHECK(ask(*there, BasicCredentials{"anna", "Tje0"}) == "rejected");
    set_user(*one.callers, "anna", hash);
    CHECK(within_a_second([&] { return ask(*there, BasicCredentials{"anna", "Tje0"}) == "accepted"; }));
    CHECK(within_a_second([&] { return ask(*here, BasicCredentials{"anna", "Tje0"}) == "accepted"; }));
    const auto added = add_token(*one.callers, "anna");
    CHECK(within_a_second([&] { return ask(*there, BearerCredentials{added.token}) == "accepted"; }));
    CHECK(other.callers->texts().value() == one.callers->texts().value());
    CHECK(other.callers->texts()->tokens.find(added.token) == std::string::npos);
}

TEST_CASE(
    "a revoked token, a removed user and a changed password are refused by other servers within a second",
    "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode one{schema};
    CallersNode other{schema};
    const auto there = users_of(*other.callers);
    const auto new_hash = http::hash_password("new").value();
    // As for a session.
    const auto is_still = [&](const http::Principal& principal) {
        return completion_of<http::AuthenticationOutcome>(
                   [&](auto done) { there->revalidate(principal, done); })
            .has_value();
    };
    for (int count = 0; count < 5; ++count) {
        set_user(*one.callers, "anna", hash);
        const auto added = add_token(*one.callers, "anna");
        const BasicCredentials password{"anna", "Tje0"};
        REQUIRE(within_a_second([&] { return ask(*there, BearerCredentials{added.token}) == "accepted"; }));
        REQUIRE(within_a_second([&] { return ask(*there, password) == "accepted"; }));
        const auto anna = completion_of<http::AuthenticationOutcome>([&](auto done) {
                              there->authenticate(password, "192.0.2.1", done);
                          }).value();
        CHECK(is_still(anna));

        revoke(*one.callers, added.description.id);
        CHECK(within_a_second([&] { return ask(*there, BearerCredentials{added.token}) == "rejected"; }));

        set_user(*one.callers, "anna", new_hash);
        CHECK(within_a_second([&] { return ask(*there, password) == "rejected"; }));
        CHECK_FALSE(is_still(anna));
        CHECK(ask(*there, BasicCredentials{"anna", "new"}) == "accepted");

        REQUIRE(one.callers->edit([](CallerTexts& texts) -> result<void> {
            texts.users.clear();
            return {};
        }));
        CHECK(within_a_second([&] { return ask(*there, BasicCredentials{"anna", "new"}) == "rejected"; }));
    }
}

TEST_CASE("edits of several servers at a time all succeed", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode one{schema};
    CallersNode other{schema};
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (auto* const callers : {one.callers.get(), other.callers.get()})
        threads.emplace_back([callers, &failed] {
            for (int count = 0; count < 20; ++count) {
                const auto edited = callers->edit([](CallerTexts& texts) -> result<void> {
                    texts.users += "#\n";
                    return {};
                });
                failed += edited ? 0 : 1;
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(failed == 0);
    CHECK(one.callers->texts()->users.size() == 80);
    const auto refused = one.callers->edit([](CallerTexts& texts) -> result<void> {
        texts.users = "changed";
        return Error{errc::account_invalid};
    });
    CHECK(refused.error() == errc::account_invalid);
    CHECK(one.callers->texts()->users.size() == 80);
}

TEST_CASE("without the database callers are unavailable a second later, and back with it",
          "[postgres][callers][fault]") {
    PostgresServer server;
    CallersNode node{PostgresImageStore::open({.connection = server.connection()}).value()};
    const auto users = users_of(*node.callers);
    set_user(*node.callers, "anna", hash);
    const auto token = add_token(*node.callers, "anna").token;
    REQUIRE(within_a_second([&] { return ask(*users, BearerCredentials{token}) == "accepted"; }));
    REQUIRE(within_a_second([&] { return ask(*users, BasicCredentials{"anna", "Tje0"}) == "accepted"; }));
    server.stop(SIGQUIT);
    CHECK(within_a_second([&] { return ask(*users, BearerCredentials{token}) == "unavailable"; }));
    CHECK(ask(*users, BasicCredentials{"anna", "Tje0"}) == "unavailable");
    CHECK(node.callers->texts().error() == errc::store_unreachable);
    CHECK(node.callers->edit([](CallerTexts&) -> result<void> { return {}; }).error() ==
          errc::store_unreachable);
    server.start();
    CHECK(within_a_second([&] { return ask(*users, BearerCredentials{token}) == "accepted"; }));
    CHECK(ask(*users, BasicCredentials{"anna", "Tje0"}) == "accepted");
}

TEST_CASE("a database that doesn't answer makes callers unavailable a second later",
          "[postgres][callers][fault]") {
    PostgresServer server;
    CallersNode node{PostgresImageStore::open({.connection = server.connection()}).value()};
    const auto users = users_of(*node.callers);
    const auto token = add_token(*node.callers, "anna").token;
    REQUIRE(within_a_second([&] { return ask(*users, BearerCredentials{token}) == "accepted"; }));
    const auto backends = "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE application_name = "
                          "'portrait'";
    const auto pids = server.run(backends);
    ::kill(server.id(), SIGSTOP);
    const auto signal_backends = [&](int signal) {
        std::istringstream stream{pids};
        for (pid_t id = 0; stream >> id;)
            ::kill(id, signal);
    };
    signal_backends(SIGSTOP);
    CHECK(within_a_second([&] { return ask(*users, BearerCredentials{token}) == "unavailable"; }));
    signal_backends(SIGCONT);
    ::kill(server.id(), SIGCONT);
    CHECK(within_a_second([&] { return ask(*users, BearerCredentials{token}) == "accepted"; }));
}

TEST_CASE("a guarded authenticator may outlive the store", "[postgres][callers]") {
    std::shared_ptr<http::Authenticator> users;
    {
        CallersNode node{PostgresServer::new_schema()};
        users = users_of(*node.callers);
        CHECK(ask(*users, BearerCredentials{"nothing"}) == "rejected");
    }
    CHECK(ask(*users, BearerCredentials{"nothing"}) == "unavailable");
}

} // namespace postgres_accounts_test
