#include "callers_fixture.hpp"

#include <portrait/http/endpoint.hpp>
#include <portrait/http/executor.hpp>
#include <portrait/http/sign_in_counter.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/postgres/person_directory.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace postgres_sign_in_test {

using namespace portrait;          // NOLINT(google-build-using-namespace)
using namespace portrait::testing; // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using http::SignInAttempt;
using http::SignInLeave;
using http::SignInLimits;

namespace {

const SignInAttempt from_anna{.network = "192.0.2.1", .name = "anna"};

SignInLeave begin(http::SignInCounter& counter, const SignInAttempt& attempt) {
    return completion_of<result<SignInLeave>>([&](auto done) { counter.begin(attempt, done); }).value();
}

/// Accepts everybody, and keeps whether the browser was known.
class OpenDoor final : public http::Authenticator {
public:
    void authenticate(http::Credentials credentials, std::string_view /*remote_address*/,
                      std::function<void(http::AuthenticationOutcome)> done) override {
        const auto& basic = std::get<http::BasicCredentials>(credentials);
        was_known = basic.known_browser;
        done(http::Principal{.name = basic.user, .actor = {.associate_id = 1, .name = basic.user}});
    }
    bool was_known = false;
};

/// A server's endpoint.
struct Server {
    explicit Server(const std::string& schema)
        : node{schema} {
        const std::shared_ptr<PostgresImageStore> store = std::move(node.store);
        http::EndpointOptions options;
        options.session_store = node.callers->sessions(options.sessions);
        options.known_browser_key = http::hmac_sha256(node.callers->key(), "known browsers");
        const auto executor = std::make_shared<http::InlineExecutor>();
        endpoint =
            std::make_unique<http::Endpoint>(std::make_shared<PersonImageService>(store, store->persons()),
                                             node.callers->guarded(door), executor, executor, options);
    }

    http::Response sign_in(const std::string& cookie) const {
        const std::string form = "user=anna&password=x";
        http::RequestHead head{.method = "POST", .target = "/session"};
        head.fields = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Cookie", cookie}};
        head.content_length = form.size();
        return endpoint->handle(head, ImageBytes{form});
    }
    bool is_signed_in(const std::string& cookie) const {
        http::RequestHead head{.method = "GET", .target = "/session"};
        head.fields = {{"Cookie", cookie}};
        return endpoint->handle(head, ImageBytes{}).body_text().find("signed in as anna") !=
               std::string_view::npos;
    }

    CallersNode node;
    std::shared_ptr<OpenDoor> door = std::make_shared<OpenDoor>();
    std::unique_ptr<http::Endpoint> endpoint;
};

/// The cookie of that name in an answer, as a browser sends it.
std::string cookie_in(const http::Response& response, std::string_view name) {
    for (const auto& [field, value] : response.fields)
        if (field == "Set-Cookie" && value.starts_with(name) && value.substr(name.size()).starts_with('='))
            return std::string{value.substr(0, value.find(';'))};
    return {};
}

} // namespace

TEST_CASE("guesses at several servers count together", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode one{schema};
    CallersNode other{schema};
    const SignInLimits limits{.failures_per_address = 0, .failures_per_name = 10};
    const std::vector counters{one.callers->sign_in_counter(limits), other.callers->sign_in_counter(limits)};
    const auto begun = std::chrono::steady_clock::now();
    std::atomic<int> allowed{0};
    const auto guess = [&](http::SignInCounter& counter) {
        const auto leave = begin(counter, from_anna);
        // Later ones have waited.
        if (!leave.wait && std::chrono::steady_clock::now() - begun < 1s)
            ++allowed;
        return leave;
    };
    std::vector<std::thread> threads;
    for (const auto& counter : counters)
        threads.emplace_back([&guess, &counter] {
            for (int count = 0; count < 500; ++count)
                guess(*counter);
        });
    for (auto& thread : threads)
        thread.join();
    // Each server alone would let the next guess wait a second; both together let it wait a minute.
    for (const auto& counter : counters)
        CHECK(within_a_second([&] { return guess(*counter).wait > 30s; }));
    CHECK(allowed <= 20);
    CHECK(allowed >= 10);
    // A server that has just started.
    CallersNode third{schema};
    const auto fresh = third.callers->sign_in_counter(limits);
    int more = 0;
    CHECK(within_a_second([&] {
        const auto leave = begin(*fresh, from_anna);
        more += leave.wait ? 0 : 1;
        return leave.wait > 30s;
    }));
    CHECK(more <= 11);
}

TEST_CASE("a sign-in at one server resets the failures at the others, and the network is known there",
          "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode one{schema};
    CallersNode other{schema};
    const SignInLimits limits{.failures_per_address = 0, .failures_per_name = 3};
    const auto here = one.callers->sign_in_counter(limits);
    const auto there = other.callers->sign_in_counter(limits);
    const SignInAttempt stranger{.network = "203.0.113.9", .name = "anna"};
    for (int count = 0; count < 3; ++count)
        CHECK_FALSE(begin(*here, from_anna).wait);
    CHECK(within_a_second([&] { return begin(*there, stranger).wait > 1s; }));
    here->succeeded(from_anna);
    CHECK(eventually([&] { return begin(*there, from_anna).known; }));
    CHECK(within_a_second([&] { return !begin(*there, stranger).wait; }));
    CHECK_FALSE(begin(*there, stranger).known);
    // A server that starts later.
    CallersNode third{schema};
    const auto fresh = third.callers->sign_in_counter(limits);
    CHECK(eventually([&] { return begin(*fresh, from_anna).known; }));
}

TEST_CASE("the database has no address and no name of those who tried to sign in", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode node{schema};
    const auto counter = node.callers->sign_in_counter({});
    begin(*counter, from_anna);
    counter->succeeded(from_anna);
    begin(*counter, {.network = "192.0.2.1", .name = "bert"});
    const auto count = [&](const std::string& rows) {
        return std::stoi(shared_postgres().run("SELECT count(*) FROM " + schema + "." + rows));
    };
    CHECK(eventually([&] { return count("sign_in_failure") >= 2 && count("known_caller") == 1; }));
    CHECK(count("sign_in_failure WHERE length(key) <> 32") == 0);
    CHECK(count("known_caller WHERE length(pair) <> 32") == 0);
}

TEST_CASE("failures and known callers are bounded in the database", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    CallersNode node{schema};
    const auto counter = node.callers->sign_in_counter({.failures_per_address = 0, .remembered = 5});
    const auto count = [&](const std::string& rows) {
        return std::stoi(shared_postgres().run("SELECT count(*) FROM " + schema + "." + rows));
    };
    shared_postgres().run(
        "INSERT INTO " + schema +
        ".sign_in_failure SELECT sha256(number::text::bytea), 1, now() - number * interval '1 "
        "second' FROM generate_series(1, 40) AS number");
    shared_postgres().run(
        "INSERT INTO " + schema +
        ".known_caller SELECT sha256(number::text::bytea), now() - number * interval '1 second' "
        "FROM generate_series(1, 40) AS number");
    CHECK(eventually([&] { return count("sign_in_failure") <= 10 && count("known_caller") == 5; }));
}

TEST_CASE("another server accepts the cookies of a browser", "[postgres][callers]") {
    const auto schema = PostgresServer::new_schema();
    const Server one{schema};
    const Server other{schema};
    const auto answer = one.sign_in("");
    REQUIRE(answer.status < 400);
    CHECK_FALSE(one.door->was_known);
    const auto known = cookie_in(answer, "PORTRAIT_KNOWN");
    REQUIRE_FALSE(known.empty());
    REQUIRE(other.sign_in(known).status < 400);
    CHECK(other.door->was_known);
    std::string session;
    for (const auto& [field, value] : answer.fields)
        if (field == "Set-Cookie" && value.find("HttpOnly") != std::string::npos &&
            !value.starts_with("PORTRAIT_KNOWN"))
            session = value.substr(0, value.find(';'));
    CHECK(other.is_signed_in(session));
    CHECK_FALSE(other.is_signed_in(""));
}

} // namespace postgres_sign_in_test
