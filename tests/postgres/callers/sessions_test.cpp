#include "callers_fixture.hpp"

#include <csignal>
#include <optional>
#include <vector>

namespace postgres_sessions_test {

using namespace portrait;          // NOLINT(google-build-using-namespace)
using namespace portrait::testing; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using http::Principal;
using http::random_bytes;
using http::SessionOptions;

namespace {

const Principal anna{.name = "anna",
                     .actor = {.associate_id = 7, .name = "anna", .full_name = "Anna Ärlig", .person_id = 9},
                     .may_write = false,
                     .credential = 0xFEDC'BA98'7654'3210U};
const Principal bert{.name = "bert", .actor = {.associate_id = 8, .name = "bert", .full_name = "bert"}};

bool has(http::SessionStore& sessions, const http::SecretDigest& session) {
    const auto found = find_session(sessions, session);
    INFO((found ? "" : found.error().message() + ": " + found.error().cause()));
    REQUIRE(found.has_value());
    return found->has_value();
}

/// Whether a session is found without a question to the database.
bool is_cached(http::SessionStore& sessions, const http::SecretDigest& session) {
    const auto completed = std::make_shared<std::promise<bool>>();
    auto outcome = completed->get_future();
    sessions.find(session, [completed](const result<std::optional<Principal>>& found) {
        completed->set_value(found && found->has_value());
    });
    const bool is_early = outcome.wait_for(0s) == std::future_status::ready;
    return outcome.get() && is_early;
}

} // namespace

TEST_CASE("a browser session of one server is found by the others", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode one{schema};
    CallersNode other{schema};
    const auto here = one.callers->sessions({});
    const auto there = other.callers->sessions({});
    const auto session = random_bytes();
    CHECK(find_session(*here, session).value() == std::nullopt);
    REQUIRE(start_session(*here, session, anna));
    for (auto* const sessions : {here.get(), there.get()}) {
        const auto found = find_session(*sessions, session).value();
        REQUIRE(found);
        CHECK(found->name == anna.name);
        CHECK(found->actor == anna.actor);
        CHECK(found->may_write == anna.may_write);
        CHECK(found->credential == anna.credential);
        CHECK(eventually([&] { return is_cached(*sessions, session); }));
    }
    CHECK_FALSE(has(*there, random_bytes()));
    CHECK(start_session(*there, session, bert)); // a repetition
    CHECK(end_session(*here, session).value());
    CHECK_FALSE(has(*here, session));
    CHECK_FALSE(end_session(*there, session).value());
}

TEST_CASE("a sign-out on one server is known to the others within a second", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode one{schema};
    CallersNode other{schema};
    const auto here = one.callers->sessions({});
    const auto there = other.callers->sessions({});
    for (int count = 0; count < 5; ++count) {
        const auto session = random_bytes();
        REQUIRE(start_session(*here, session, anna));
        REQUIRE(eventually([&] { return is_cached(*there, session); }));
        REQUIRE(end_session(*here, session).value());
        CHECK_FALSE(has(*here, session));
        CHECK(within_a_second([&] { return !has(*there, session); }));
    }
}

TEST_CASE("idle sessions and old ones end by the database's clock", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    const auto move_back = [&](const char* column, const char* by) {
        shared_postgres().run("UPDATE " + schema + ".session SET " + column + " = " + column +
                              " - interval '" + by + "'");
    };
    CallersNode one{schema};
    const SessionOptions options{.idle = 1h, .lifetime = 24h};
    const auto here = one.callers->sessions(options);
    const auto session = random_bytes();
    REQUIRE(start_session(*here, session, anna));

    SECTION("idle") {
        for (int count = 0; count < 2; ++count) {
            move_back("used", "59 minutes");
            CHECK(has(*one.callers->sessions(options), session)); // restarts the time
            CHECK(eventually([&] {
                return shared_postgres().run("SELECT used > now() - interval '1 minute' FROM " + schema +
                                             ".session") == "t";
            }));
        }
        move_back("used", "1 hour");
        CHECK_FALSE(has(*here, session));
    }
    SECTION("old") {
        move_back("started", "23 hours");
        CHECK(has(*one.callers->sessions(options), session));
        move_back("started", "1 hour");
        CHECK_FALSE(has(*one.callers->sessions(options), session));
    }
    SECTION("while it is in memory") {
        const auto sessions = one.callers->sessions({.idle = 1h, .lifetime = 2s});
        const auto short_lived = random_bytes();
        REQUIRE(start_session(*sessions, short_lived, anna));
        CHECK(has(*sessions, short_lived));
        CHECK(eventually([&] { return !has(*sessions, short_lived); }));
        const auto idle = one.callers->sessions({.idle = 0s});
        REQUIRE(start_session(*idle, short_lived, anna));
        CHECK_FALSE(has(*idle, short_lived));
    }
}

TEST_CASE("the session idle longest ends when there are too many", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode one{schema};
    CallersNode other{schema};
    const SessionOptions options{.most = 3, .most_of_one_principal = 2};
    const auto here = one.callers->sessions(options);
    const auto there = other.callers->sessions(options);
    std::vector<http::SecretDigest> annas;
    std::vector<http::SecretDigest> berts;
    const auto start = [&](auto& of, const Principal& principal) {
        of.push_back(random_bytes());
        REQUIRE(start_session(of.size() % 2 == 0 ? *here : *there, of.back(), principal));
    };
    start(annas, anna);
    REQUIRE(has(*there, annas[0]));
    start(annas, anna);
    start(annas, anna);
    CHECK(within_a_second([&] { return !has(*there, annas[0]); }));
    CHECK(has(*here, annas[1]));
    CHECK(has(*here, annas[2]));
    start(berts, bert);
    start(berts, bert);
    CHECK(within_a_second([&] { return !has(*here, annas[1]); }));
    CHECK(has(*there, annas[2]));
    CHECK(has(*there, berts[0]));
    CHECK(has(*there, berts[1]));
}

TEST_CASE("without the database sessions are neither found nor started, and a second later it is back",
          "[postgres][callers][fault]") {
    PostgresServer server;
    CallersNode node{PostgresImageStore::open({.connection = server.connection()}).value()};
    const auto sessions = node.callers->sessions({});
    const auto session = random_bytes();
    REQUIRE(start_session(*sessions, session, anna));
    REQUIRE(has(*sessions, session));
    server.stop(SIGQUIT);
    CHECK(within_a_second([&] {
        const auto found = find_session(*sessions, session);
        return !found && found.error() == errc::store_unreachable;
    }));
    CHECK(start_session(*sessions, random_bytes(), anna).error() == errc::store_unreachable);
    CHECK(end_session(*sessions, session).error() == errc::store_unreachable);
    server.start();
    CHECK(within_a_second([&] { return find_session(*sessions, session).has_value(); }));
    CHECK(has(*sessions, session));
    CHECK(eventually([&] { return end_session(*sessions, session).has_value(); }));
    CHECK_FALSE(has(*sessions, session));
}

TEST_CASE("the session store may outlive the store", "[postgres][callers]") {
    std::shared_ptr<http::SessionStore> sessions;
    {
        CallersNode node{PostgresServer::new_schema()};
        sessions = node.callers->sessions({});
        REQUIRE(start_session(*sessions, random_bytes(), anna));
    }
    CHECK(find_session(*sessions, random_bytes()).error() == errc::store_unreachable);
    CHECK(start_session(*sessions, random_bytes(), anna).error() == errc::store_unreachable);
    CHECK(end_session(*sessions, random_bytes()).error() == errc::store_unreachable);
}

} // namespace postgres_sessions_test
