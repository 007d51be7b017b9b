#include <portrait/http/sign_in_counter.hpp>

#include "support/catch.hpp"
#include "support/manual_clock.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sign_in_counter_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::ManualSteadyClock;

namespace {

/// An attempt of a name at an address, both by numbers.
struct Who {
    Who(int address_number, int name_number)
        : address{"192.0.2." + std::to_string(address_number)}
        , name{"user" + std::to_string(name_number)} {}
    operator SignInAttempt() const { return {.network = address, .name = name}; }

    std::string address;
    std::string name;
};

/// With a clock of the test's own.
struct Counter {
    explicit Counter(SignInLimits limits)
        : counter{limits, clock} {}

    SignInLeave begin(const Who& who) {
        std::optional<SignInLeave> given;
        counter.begin(who, [&](const result<SignInLeave>& leave) { given = leave.value(); });
        REQUIRE(given);
        return *given;
    }
    void fail(const Who& who) { REQUIRE_FALSE(begin(who).wait); }
    void succeed(const Who& who) {
        fail(who);
        counter.succeeded(who);
    }
    /// Counts nothing: where there is leave, the attempt is taken back.
    std::optional<std::chrono::seconds> wait(const Who& who) {
        const auto leave = begin(who);
        if (!leave.wait)
            counter.withdraw(who);
        return leave.wait;
    }

    std::shared_ptr<ManualSteadyClock> clock = std::make_shared<ManualSteadyClock>();
    MemorySignInCounter counter;
};

} // namespace

TEST_CASE("an address waits longer with each failure, up to a limit", "[http][sign_in_attempts]") {
    Counter attempts{{.failures_per_address = 3, .failures_per_name = 0, .longest_wait = 5s}};
    for (int name = 0; name < 3; ++name)
        attempts.fail({1, name});
    for (const auto expected : {1s, 2s, 4s, 5s, 5s}) {
        CHECK(attempts.wait({1, 9}) == expected);
        CHECK_FALSE(attempts.wait({2, 9}));
        attempts.clock->advance(expected - 1ms);
        CHECK(attempts.wait({1, 9}) == 1s);
        attempts.clock->advance(1ms);
        attempts.fail({1, 9});
    }
}

TEST_CASE("a name waits for every address except those from which it has signed in",
          "[http][sign_in_attempts]") {
    Counter attempts{{.failures_per_address = 0, .failures_per_name = 2}};
    attempts.succeed({1, 7});
    CHECK_FALSE(attempts.begin({2, 7}).known);
    attempts.fail({3, 7});
    for (int address = 4; address < 12; ++address)
        CHECK(attempts.wait({address, 7}));
    CHECK(attempts.wait({99, 7}));
    CHECK_FALSE(attempts.wait({99, 8}));
    const auto leave = attempts.begin({1, 7});
    CHECK(leave.known);
    CHECK_FALSE(leave.wait);
}

TEST_CASE("a success clears the failures of the name and not of the address", "[http][sign_in_attempts]") {
    Counter attempts{{.failures_per_address = 2, .failures_per_name = 2}};
    attempts.fail({1, 1});
    attempts.fail({1, 2});
    REQUIRE(attempts.wait({1, 3}));
    // An account of the attacker's own.
    attempts.clock->advance(1s);
    attempts.succeed({1, 3});
    CHECK(attempts.wait({1, 1}));
    CHECK_FALSE(attempts.wait({2, 3}));
}

TEST_CASE("failures are forgiven by time, and a clock that goes back lengthens no wait",
          "[http][sign_in_attempts]") {
    Counter attempts{{.failures_per_address = 1, .forgive_one_after = 60s}};
    attempts.fail({1, 1});
    CHECK(attempts.wait({1, 1}) == 1s);
    attempts.clock->advance(1s);
    attempts.fail({1, 1});
    CHECK(attempts.wait({1, 1}) == 2s);
    attempts.clock->advance(2s);
    attempts.fail({1, 1});
    CHECK(attempts.wait({1, 1}) == 4s);
    attempts.clock->advance(180s);
    attempts.fail({1, 1});
    CHECK(attempts.wait({1, 1}) == 1s);
    attempts.clock->advance(-5h);
    CHECK(attempts.wait({1, 1}) == 1s);
    attempts.clock->advance(1s);
    CHECK_FALSE(attempts.wait({1, 1}));
}

TEST_CASE("an attempt without a decision is not counted", "[http][sign_in_attempts]") {
    Counter attempts{{.failures_per_address = 1, .failures_per_name = 1}};
    for (int time = 0; time < 10; ++time) {
        attempts.fail({1, 1});
        attempts.counter.withdraw(Who{1, 1});
    }
}

TEST_CASE("addresses and names are kept up to the limit", "[http][sign_in_attempts]") {
    Counter attempts{{.failures_per_address = 1, .failures_per_name = 1, .remembered = 100}};
    attempts.fail({0, 0});
    for (int number = 1; number <= 100; ++number) {
        CHECK(attempts.wait({number - 1, number - 1}));
        attempts.fail({number, number});
    }
    CHECK_FALSE(attempts.wait({0, 0})); // the oldest made room
    CHECK(attempts.wait({2, 2}));
}

TEST_CASE("concurrent attempts are allowed up to the limit", "[http][sign_in_attempts]") {
    Counter attempts{{.failures_per_address = 40, .failures_per_name = 0}};
    std::atomic<int> given{0};
    std::vector<std::thread> threads;
    for (int number = 0; number < 8; ++number)
        threads.emplace_back([&, number] {
            for (int time = 0; time < 20; ++time)
                attempts.counter.begin(Who{1, number}, [&](const result<SignInLeave>& leave) {
                    given += leave && !leave->wait ? 1 : 0;
                });
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(given == 40);
}

TEST_CASE("known browsers of a user are known and count apart from their address", "[http][sign_in]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    MemorySignInCounter counter{{.failures_per_address = 3, .failures_per_name = 2}, clock};
    const auto begin = [&](const char* network, const char* name, bool known_browser) {
        SignInLeave given;
        counter.begin({.network = network, .name = name, .known_browser = known_browser},
                      [&](const result<SignInLeave>& leave) { given = leave.value(); });
        return given;
    };
    for (int failure = 0; failure < 3; ++failure) {
        const auto leave = begin("a", "anna", true);
        CHECK(leave.known);
        CHECK_FALSE(leave.wait);
    }
    CHECK(begin("b", "anna", true).wait == 1s); // from any address
    CHECK_FALSE(begin("a", "bert", true).wait);
    CHECK_FALSE(begin("a", "carl", false).wait);
    CHECK(begin("c", "anna", false).wait == 2s); // the name has failed three times
    CHECK_FALSE(begin("c", "carl", false).known);
}

TEST_CASE("a counter goes on where an earlier one has ended", "[http][sign_in]") {
    const auto key = sha256("a key");
    MemorySignInCounter first{{.remembered = 3}};
    first.restore(key, {});
    const auto success = [&](MemorySignInCounter& counter, const Who& who) {
        counter.begin(who, [](const result<SignInLeave>&) {});
        counter.succeeded(who);
    };
    for (int number = 1; number <= 4; ++number)
        success(first, Who{number, number});
    const auto known = first.known();
    CHECK(known.size() == 3);
    MemorySignInCounter second{{.remembered = 2}};
    second.restore(key, known);
    const auto knows = [](MemorySignInCounter& counter, const Who& who) {
        bool is_known = false;
        counter.begin(who, [&](const result<SignInLeave>& leave) { is_known = leave->known; });
        return is_known;
    };
    CHECK_FALSE(knows(second, Who{2, 2}));
    CHECK(knows(second, Who{3, 3}));
    CHECK(knows(second, Who{4, 4}));
    CHECK_FALSE(knows(second, Who{4, 3}));
    MemorySignInCounter other{SignInLimits{}};
    other.restore(sha256("another key"), known);
    CHECK_FALSE(knows(other, Who{4, 4}));
}

TEST_CASE("counters of several servers exchange their counts", "[http][sign_in]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    MemorySignInCounter one{{.failures_per_address = 0, .failures_per_name = 3}, clock};
    MemorySignInCounter other{{.failures_per_address = 0, .failures_per_name = 3}, clock};
    const auto begin = [](MemorySignInCounter& counter, const Who& who) {
        SignInLeave given;
        counter.begin(who, [&](const result<SignInLeave>& leave) { given = leave.value(); });
        return given;
    };
    for (auto* const counter : {&one, &other}) {
        counter->restore(sha256("a key"), {});
        CHECK(counter->take_changes().counts.empty());
    }
    const Who anna{1, 1};
    for (int attempt = 0; attempt < 3; ++attempt)
        CHECK_FALSE(begin(one, anna).wait);
    CHECK(begin(one, anna).wait == 1s);
    auto changes = one.take_changes();
    REQUIRE(changes.counts.size() == 2); // the network and the name
    CHECK(changes.counts[0].key < changes.counts[1].key);
    CHECK(changes.counts[0].failures == 3);
    CHECK(changes.counts[1].failures == 3);

    SECTION("failures on the other server count here") {
        CHECK_FALSE(begin(other, anna).wait);
        std::vector<SignInTotal> totals;
        for (const auto& change : other.take_changes().counts)
            totals.push_back({.key = change.key, .failures = 4});
        other.set_totals(totals);
        CHECK(begin(other, anna).wait == 2s);
        const auto refused = other.take_changes(); // so that totals of refused names come, too
        REQUIRE(refused.counts.size() == 2);
        CHECK(refused.counts[0].failures == 0);
    }
    SECTION("attempts during an exchange count beside its totals") {
        clock->advance(1s);
        CHECK_FALSE(begin(one, anna).wait); // the fourth
        std::vector<SignInTotal> totals;
        for (const auto& change : changes.counts)
            totals.push_back({.key = change.key, .failures = 3});
        one.set_totals(totals);
        CHECK(begin(one, anna).wait == 2s);
    }
    SECTION("changes that were not passed on are passed on later") {
        one.give_back(changes);
        clock->advance(1s);
        CHECK_FALSE(begin(one, anna).wait);
        changes = one.take_changes();
        REQUIRE(changes.counts.size() == 2);
        CHECK(changes.counts[0].failures == 4);
        CHECK(changes.counts[1].failures == 4);
    }
    SECTION("a sign-in resets the name everywhere, and its network is known") {
        one.succeeded(anna);
        one.give_back(changes);
        const auto later = one.take_changes();
        REQUIRE(later.counts.size() == 2);
        CHECK(later.counts[0].is_reset != later.counts[1].is_reset);
        for (const auto& change : later.counts)
            CHECK(change.failures == (change.is_reset ? 0 : 2));
        REQUIRE(later.known.size() == 1);
        CHECK_FALSE(begin(other, anna).known);
        other.add_known(later.known);
        CHECK(begin(other, anna).known);
        std::vector<SignInTotal> totals;
        for (const auto& change : later.counts)
            totals.push_back({.key = change.key, .failures = 0});
        other.set_totals(totals);
        CHECK_FALSE(begin(other, anna).wait);
    }
}

} // namespace sign_in_counter_test
