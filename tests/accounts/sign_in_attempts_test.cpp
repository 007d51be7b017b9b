#include "sign_in_attempts.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace sign_in_attempts_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::ManualSteadyClock;

namespace {

AttemptKeys::Key key(char kind, int number) {
    AttemptKeys::Key made{};
    made[0] = static_cast<std::uint8_t>(kind);
    for (unsigned byte = 0; byte < 4; ++byte)
        made[1 + byte] = static_cast<std::uint8_t>(static_cast<unsigned>(number) >> (8 * byte));
    return made;
}

AttemptKeys keys(int address, int name) {
    return {.address = key('a', address), .name = key('n', name), .both = key('b', address * 100'000 + name)};
}

/// With a clock of the test's own.
struct Attempts : SignInAttempts {
    explicit Attempts(SignInLimits limits,
                      std::shared_ptr<ManualSteadyClock> of = std::make_shared<ManualSteadyClock>())
        : SignInAttempts{limits, of}
        , clock{std::move(of)} {}

    std::shared_ptr<ManualSteadyClock> clock;
};

} // namespace

TEST_CASE("an address waits longer with each failure, up to a limit", "[http][sign_in_attempts]") {
    Attempts attempts{{.failures_per_address = 3, .failures_per_name = 0, .longest_wait = 5s}};
    for (int name = 0; name < 3; ++name) {
        CHECK_FALSE(attempts.wait(keys(1, name)));
        attempts.begin(keys(1, name));
    }
    for (const auto expected : {1s, 2s, 4s, 5s, 5s}) {
        CHECK(attempts.wait(keys(1, 9)) == expected);
        CHECK_FALSE(attempts.wait(keys(2, 9)));
        attempts.clock->advance(expected - 1ms);
        CHECK(attempts.wait(keys(1, 9)) == 1s);
        attempts.clock->advance(1ms);
        CHECK_FALSE(attempts.wait(keys(1, 9)));
        attempts.begin(keys(1, 9));
    }
}

TEST_CASE("a name waits whichever address tries it, but not where it has signed in before",
          "[http][sign_in_attempts]") {
    Attempts attempts{{.failures_per_address = 0, .failures_per_name = 2}};
    attempts.begin(keys(1, 7));
    attempts.succeeded(keys(1, 7));
    for (int address = 2; address < 12; ++address)
        attempts.begin(keys(address, 7));
    CHECK(attempts.wait(keys(99, 7)));
    CHECK_FALSE(attempts.wait(keys(99, 8)));
    CHECK(attempts.is_known(keys(1, 7)));
    CHECK_FALSE(attempts.wait(keys(1, 7)));
}

TEST_CASE("success clears the name and not the address", "[http][sign_in_attempts]") {
    Attempts attempts{{.failures_per_address = 2, .failures_per_name = 2}};
    attempts.begin(keys(1, 1));
    attempts.begin(keys(1, 2));
    REQUIRE(attempts.wait(keys(1, 3)));
    // An account of the attacker's own.
    attempts.clock->advance(1s);
    attempts.begin(keys(1, 3));
    attempts.succeeded(keys(1, 3));
    CHECK(attempts.wait(keys(1, 1)));
    CHECK_FALSE(attempts.wait(keys(2, 3)));
}

TEST_CASE("time forgives failures, and a clock that goes back makes nobody wait longer",
          "[http][sign_in_attempts]") {
    Attempts attempts{{.failures_per_address = 1, .forgive_one_after = 60s}};
    attempts.begin(keys(1, 1));
    CHECK(attempts.wait(keys(1, 1)) == 1s);
    attempts.begin(keys(1, 1));
    attempts.begin(keys(1, 1));
    CHECK(attempts.wait(keys(1, 1)) == 4s);
    attempts.clock->advance(180s);
    CHECK_FALSE(attempts.wait(keys(1, 1)));
    attempts.begin(keys(1, 1));
    CHECK(attempts.wait(keys(1, 1)) == 1s);
    attempts.clock->advance(-5h);
    CHECK(attempts.wait(keys(1, 1)) == 1s);
    attempts.clock->advance(1s);
    CHECK_FALSE(attempts.wait(keys(1, 1)));
}

TEST_CASE("what wasn't decided counts for nothing", "[http][sign_in_attempts]") {
    Attempts attempts{{.failures_per_address = 1, .failures_per_name = 1}};
    for (int time = 0; time < 10; ++time) {
        REQUIRE_FALSE(attempts.wait(keys(1, 1)));
        attempts.begin(keys(1, 1));
        attempts.withdraw(keys(1, 1));
    }
}

TEST_CASE("no more addresses and names are kept than the limit says", "[http][sign_in_attempts]") {
    Attempts attempts{{.failures_per_address = 1, .failures_per_name = 1, .remembered = 100}};
    attempts.begin(keys(0, 0));
    for (int number = 1; number <= 100; ++number) {
        CHECK(attempts.wait(keys(number - 1, number - 1)));
        attempts.begin(keys(number, number));
    }
    CHECK_FALSE(attempts.wait(keys(0, 0))); // the oldest made room
    CHECK(attempts.wait(keys(1, 1)));
}

} // namespace sign_in_attempts_test
