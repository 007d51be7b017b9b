#include <portrait/http/session_store.hpp>

#include "callers/sign_in.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace session_store_test {

using namespace portrait::http;
using portrait::testing::ManualSteadyClock;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Principal principal(const std::string& name) {
    return {name, {.associate_id = 5, .name = name}, true};
}

/// A store with its calls as functions that return.
struct Sessions {
    explicit Sessions(SessionOptions options, std::shared_ptr<const portrait::SteadyClock> clock)
        : store{options, std::move(clock)} {}

    std::string start(const Principal& of) {
        auto secret = random_secret();
        bool started = false;
        store.start(sha256(secret), of,
                    [&](const portrait::result<void>& done) { started = done.has_value(); });
        return started ? secret : std::string{};
    }
    std::optional<Principal> find(std::string_view secret) {
        std::optional<Principal> principal;
        store.find(sha256(secret), [&](const portrait::result<std::optional<Principal>>& found) {
            principal = found.value();
        });
        return principal;
    }
    bool end(std::string_view secret) {
        bool ended = false;
        store.end(sha256(secret), [&](const portrait::result<bool>& done) { ended = done.value(); });
        return ended;
    }
    std::size_t count() const { return store.count(); }

    MemorySessionStore store;
};

} // namespace

TEST_CASE("a session's secret finds the user until the sign-out", "[http][sessions]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    Sessions sessions{{}, clock};
    const auto secret = sessions.start(principal("anna"));
    CHECK(secret.size() == session_secret_length);
    const auto found = sessions.find(secret);
    REQUIRE(found);
    CHECK(found->name == "anna");
    CHECK(found->actor.associate_id == 5);
    CHECK(sessions.end(secret));
    CHECK_FALSE(sessions.find(secret));
    CHECK_FALSE(sessions.end(secret));
    CHECK(sessions.count() == 0);
}

TEST_CASE("an unknown secret finds no user", "[http][sessions]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    Sessions sessions{{}, clock};
    auto secret = sessions.start(principal("anna"));
    CHECK_FALSE(sessions.find(""));
    CHECK_FALSE(sessions.find(secret + "A"));
    CHECK_FALSE(sessions.find(secret.substr(1)));
    secret[10] = secret[10] == 'A' ? 'B' : 'A';
    CHECK_FALSE(sessions.find(secret));
}

TEST_CASE("each session has its own XSRF value", "[http][sessions]") {
    const auto first = random_secret();
    const auto second = random_secret();
    CHECK(xsrf_value(first).size() == session_secret_length);
    CHECK(xsrf_value(first) != first);
    CHECK(xsrf_value(first) != base64url(sha256(first)));
    CHECK(is_xsrf_value(first, xsrf_value(first)));
    CHECK_FALSE(is_xsrf_value(first, xsrf_value(second)));
    CHECK_FALSE(is_xsrf_value(first, ""));
    CHECK_FALSE(is_xsrf_value(first, first));
}

TEST_CASE("a session ends after its idle time, which each request restarts", "[http][sessions]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    Sessions sessions{{}, clock};
    const auto secret = sessions.start(principal("anna"));
    clock->advance(hours{8} - seconds{1});
    CHECK(sessions.find(secret));
    clock->advance(hours{8} - seconds{1});
    CHECK(sessions.find(secret));
    clock->advance(hours{8});
    CHECK_FALSE(sessions.find(secret));
    CHECK(sessions.count() == 0);
}

TEST_CASE("a session ends after its lifetime even when it is used", "[http][sessions]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    Sessions sessions{{}, clock};
    const auto secret = sessions.start(principal("anna"));
    for (int hour = 1; hour < 24; ++hour) {
        clock->advance(hours{1});
        CHECK(sessions.find(secret));
    }
    clock->advance(hours{1});
    CHECK_FALSE(sessions.find(secret));
}

TEST_CASE("a clock that goes back ends no session", "[http][sessions]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    Sessions sessions{{}, clock};
    const auto secret = sessions.start(principal("anna"));
    clock->advance(-hours{9});
    CHECK(sessions.find(secret));
    // The last use is still the one at the later moment.
    clock->advance(hours{9});
    CHECK(sessions.find(secret));
    clock->advance(hours{8});
    CHECK_FALSE(sessions.find(secret));
}

TEST_CASE("a limit of any length is never reached", "[http][sessions]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    Sessions sessions{{.idle = seconds::max(), .lifetime = seconds::max()}, clock};
    const auto secret = sessions.start(principal("anna"));
    clock->advance(hours{24 * 365 * 100});
    CHECK(sessions.find(secret));
}

TEST_CASE("the session that was idle for longest is evicted", "[http][sessions]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    Sessions sessions{{.most = 2}, clock};
    const auto first = sessions.start(principal("a"));
    const auto second = sessions.start(principal("b"));
    CHECK(sessions.find(first));
    const auto third = sessions.start(principal("c"));
    CHECK(sessions.count() == 2);
    CHECK(sessions.find(first));
    CHECK_FALSE(sessions.find(second));
    CHECK(sessions.find(third));
}

TEST_CASE("many sessions of one principal evict no other principal's", "[http][sessions]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    Sessions sessions{{.most = 10, .most_of_one_principal = 3}, clock};
    const auto other = sessions.start(principal("other"));
    const auto oldest = sessions.start(principal("greedy"));
    std::string newest;
    for (int count = 0; count < 20; ++count)
        newest = sessions.start(principal("greedy"));
    CHECK(sessions.count() == 4);
    CHECK(sessions.find(other));
    CHECK(sessions.find(newest));
    CHECK_FALSE(sessions.find(oldest));
}

TEST_CASE("many threads start, find and end sessions", "[http][sessions]") {
    Sessions sessions{{.most = 50, .most_of_one_principal = 50}, portrait::system_steady_clock()};
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number)
        threads.emplace_back([&, number] {
            for (int round = 0; round < 200; ++round) {
                const auto secret = sessions.start(principal("p" + std::to_string(number)));
                (void)sessions.find(secret);
                if (round % 2 == 0)
                    (void)sessions.end(secret);
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(sessions.count() <= 50);
    CHECK(sessions.count() > 0);
}

// Each takes its time before the others' or after it, in any order: only the real clock shows that.
TEST_CASE("a session that many threads use at the same time is never lost", "[http][sessions]") {
    Sessions sessions{{}, portrait::system_steady_clock()};
    const auto secret = sessions.start(principal("anna"));
    std::atomic<int> lost{0};
    const auto end = std::chrono::steady_clock::now() + seconds{1};
    std::vector<std::thread> threads;
    for (int number = 0; number < 8; ++number)
        threads.emplace_back([&] {
            while (std::chrono::steady_clock::now() < end)
                if (!sessions.find(secret))
                    ++lost;
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(lost == 0);
}

} // namespace session_store_test
