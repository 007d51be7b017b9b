#include "browser_sessions.hpp"

#include "support/catch.hpp"
#include "support/manual_clock.hpp"

#include <string>
#include <thread>
#include <vector>

using namespace portrait::http;
using portrait::testing::ManualClock;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Principal principal(const std::string& name) {
    return {name, {.associate_id = 5, .name = name}, true};
}

} // namespace

TEST_CASE("who signed in is found by the session's secret until the sign-out", "[http][sessions]") {
    const ManualClock clock;
    Sessions sessions{{}};
    const auto secret = sessions.start(principal("anna"), clock.now());
    CHECK(secret.size() == session_secret_length);
    const auto found = sessions.find(secret, clock.now());
    REQUIRE(found);
    CHECK(found->name == "anna");
    CHECK(found->actor.associate_id == 5);
    CHECK(sessions.end(secret));
    CHECK_FALSE(sessions.find(secret, clock.now()));
    CHECK_FALSE(sessions.end(secret));
    CHECK(sessions.count() == 0);
}

TEST_CASE("what is no session's secret finds nobody", "[http][sessions]") {
    const ManualClock clock;
    Sessions sessions{{}};
    auto secret = sessions.start(principal("anna"), clock.now());
    CHECK_FALSE(sessions.find("", clock.now()));
    CHECK_FALSE(sessions.find(secret + "A", clock.now()));
    CHECK_FALSE(sessions.find(secret.substr(1), clock.now()));
    secret[10] = secret[10] == 'A' ? 'B' : 'A';
    CHECK_FALSE(sessions.find(secret, clock.now()));
}

TEST_CASE("an XSRF value is one session's own", "[http][sessions]") {
    const ManualClock clock;
    Sessions sessions{{}};
    const auto first = sessions.start(principal("anna"), clock.now());
    const auto second = sessions.start(principal("anna"), clock.now());
    CHECK(sessions.xsrf_value(first) != first);
    CHECK(sessions.is_xsrf_value(first, sessions.xsrf_value(first)));
    CHECK_FALSE(sessions.is_xsrf_value(first, sessions.xsrf_value(second)));
    CHECK_FALSE(sessions.is_xsrf_value(first, ""));
    CHECK_FALSE(sessions.is_xsrf_value(first, first));
    const Sessions others{{}};
    CHECK(others.xsrf_value(first) != sessions.xsrf_value(first));
}

TEST_CASE("a session ends when it is idle for too long, and requests keep it", "[http][sessions]") {
    ManualClock clock;
    Sessions sessions{{}};
    const auto secret = sessions.start(principal("anna"), clock.now());
    clock.advance(hours{8} - seconds{1});
    CHECK(sessions.find(secret, clock.now()));
    clock.advance(hours{8} - seconds{1});
    CHECK(sessions.find(secret, clock.now()));
    clock.advance(hours{8});
    CHECK_FALSE(sessions.find(secret, clock.now()));
    CHECK(sessions.count() == 0);
}

TEST_CASE("a session ends after its lifetime however busy it is", "[http][sessions]") {
    ManualClock clock;
    Sessions sessions{{}};
    const auto secret = sessions.start(principal("anna"), clock.now());
    for (int hour = 1; hour < 24; ++hour) {
        clock.advance(hours{1});
        CHECK(sessions.find(secret, clock.now()));
    }
    clock.advance(hours{1});
    CHECK_FALSE(sessions.find(secret, clock.now()));
}

TEST_CASE("a clock that was set back makes no session longer", "[http][sessions]") {
    ManualClock clock;
    Sessions sessions{{}};
    const auto secret = sessions.start(principal("anna"), clock.now());
    clock.advance(-minutes{1});
    CHECK_FALSE(sessions.find(secret, clock.now()));
}

TEST_CASE("the session that was idle for longest makes room", "[http][sessions]") {
    ManualClock clock;
    Sessions sessions{{.most = 2}};
    const auto first = sessions.start(principal("a"), clock.now());
    const auto second = sessions.start(principal("b"), clock.now());
    CHECK(sessions.find(first, clock.now()));
    const auto third = sessions.start(principal("c"), clock.now());
    CHECK(sessions.count() == 2);
    CHECK(sessions.find(first, clock.now()));
    CHECK_FALSE(sessions.find(second, clock.now()));
    CHECK(sessions.find(third, clock.now()));
}

TEST_CASE("one principal's many sessions push out nobody else's", "[http][sessions]") {
    const ManualClock clock;
    Sessions sessions{{.most = 10, .most_of_one_principal = 3}};
    const auto other = sessions.start(principal("other"), clock.now());
    const auto oldest = sessions.start(principal("greedy"), clock.now());
    std::string newest;
    for (int count = 0; count < 20; ++count)
        newest = sessions.start(principal("greedy"), clock.now());
    CHECK(sessions.count() == 4);
    CHECK(sessions.find(other, clock.now()));
    CHECK(sessions.find(newest, clock.now()));
    CHECK_FALSE(sessions.find(oldest, clock.now()));
}

TEST_CASE("sessions are started, found and ended by many threads", "[http][sessions]") {
    const ManualClock clock;
    Sessions sessions{{.most = 50, .most_of_one_principal = 50}};
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number)
        threads.emplace_back([&, number] {
            for (int round = 0; round < 200; ++round) {
                const auto secret = sessions.start(principal("p" + std::to_string(number)), clock.now());
                (void)sessions.find(secret, clock.now());
                if (round % 2 == 0)
                    (void)sessions.end(secret);
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(sessions.count() <= 50);
    CHECK(sessions.count() > 0);
}
