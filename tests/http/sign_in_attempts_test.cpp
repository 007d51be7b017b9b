#include "sign_in_attempts.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <string>

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;

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

const Timestamp start = std::chrono::floor<Timestamp::duration>(std::chrono::sys_days{2026y / 11 / 25});

} // namespace

TEST_CASE("an address waits longer with each failure, up to a limit", "[http][sign_in_attempts]") {
    SignInAttempts attempts{{.failures_per_address = 3, .failures_per_name = 0, .longest_wait = 5s}};
    for (int name = 0; name < 3; ++name) {
        CHECK_FALSE(attempts.wait(keys(1, name), start));
        attempts.begin(keys(1, name), start);
    }
    auto now = start;
    for (const auto expected : {1s, 2s, 4s, 5s, 5s}) {
        CHECK(attempts.wait(keys(1, 9), now) == expected);
        CHECK(attempts.wait(keys(1, 9), now + expected - 1ms) == 1s);
        CHECK_FALSE(attempts.wait(keys(1, 9), now + expected));
        CHECK_FALSE(attempts.wait(keys(2, 9), now));
        now += expected;
        attempts.begin(keys(1, 9), now);
    }
}

TEST_CASE("a name waits whichever address tries it, but not where it has signed in before",
          "[http][sign_in_attempts]") {
    SignInAttempts attempts{{.failures_per_address = 0, .failures_per_name = 2}};
    attempts.begin(keys(1, 7), start);
    attempts.succeeded(keys(1, 7), start);
    for (int address = 2; address < 12; ++address)
        attempts.begin(keys(address, 7), start);
    CHECK(attempts.wait(keys(99, 7), start));
    CHECK_FALSE(attempts.wait(keys(99, 8), start));
    CHECK(attempts.is_known(keys(1, 7)));
    CHECK_FALSE(attempts.wait(keys(1, 7), start));
}

TEST_CASE("success clears the name and not the address", "[http][sign_in_attempts]") {
    SignInAttempts attempts{{.failures_per_address = 2, .failures_per_name = 2}};
    attempts.begin(keys(1, 1), start);
    attempts.begin(keys(1, 2), start);
    REQUIRE(attempts.wait(keys(1, 3), start));
    // An account of the attacker's own.
    attempts.begin(keys(1, 3), start + 1s);
    attempts.succeeded(keys(1, 3), start + 1s);
    CHECK(attempts.wait(keys(1, 1), start + 1s));
    CHECK_FALSE(attempts.wait(keys(2, 3), start + 1s));
}

TEST_CASE("time forgives failures, and a clock that is set back makes nobody wait longer",
          "[http][sign_in_attempts]") {
    SignInAttempts attempts{{.failures_per_address = 1, .forgive_one_after = 60s}};
    attempts.begin(keys(1, 1), start);
    CHECK(attempts.wait(keys(1, 1), start) == 1s);
    attempts.begin(keys(1, 1), start);
    attempts.begin(keys(1, 1), start);
    CHECK(attempts.wait(keys(1, 1), start) == 4s);
    CHECK_FALSE(attempts.wait(keys(1, 1), start + 180s));
    attempts.begin(keys(1, 1), start + 180s);
    CHECK(attempts.wait(keys(1, 1), start + 180s) == 1s);
    CHECK(attempts.wait(keys(1, 1), start - std::chrono::hours{5}) == 1s);
}

TEST_CASE("what wasn't decided counts for nothing", "[http][sign_in_attempts]") {
    SignInAttempts attempts{{.failures_per_address = 1, .failures_per_name = 1}};
    for (int time = 0; time < 10; ++time) {
        REQUIRE_FALSE(attempts.wait(keys(1, 1), start));
        attempts.begin(keys(1, 1), start);
        attempts.withdraw(keys(1, 1));
    }
}

TEST_CASE("no more addresses and names are kept than the limit says", "[http][sign_in_attempts]") {
    SignInAttempts attempts{{.failures_per_address = 1, .failures_per_name = 1, .remembered = 100}};
    attempts.begin(keys(0, 0), start);
    for (int number = 1; number <= 100; ++number) {
        CHECK(attempts.wait(keys(number - 1, number - 1), start));
        attempts.begin(keys(number, number), start);
    }
    CHECK_FALSE(attempts.wait(keys(0, 0), start)); // the oldest made room
    CHECK(attempts.wait(keys(1, 1), start));
}

TEST_CASE("a client is an IPv4 address or a /64 of IPv6", "[http][sign_in_attempts]") {
    CHECK(client_network("192.0.2.7") == "192.0.2.7");
    CHECK(client_network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
    CHECK(client_network("2001:db8:1:2::1") == client_network("2001:0db8:0001:0002:ffff::"));
    CHECK(client_network("2001:db8:1:3::1") != client_network("2001:db8:1:2::1"));
    CHECK(client_network("fe80::1%eth0") == "fe80::");
    CHECK(client_network("") == "");
    CHECK(client_network("unix") == "unix");
}
