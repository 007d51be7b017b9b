#include "remembered_credentials.hpp"

#include "support/catch.hpp"
#include "support/manual_clock.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace remembered_credentials_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::ManualSteadyClock;

namespace {

/// With a clock of the test's own.
struct Remembered {
    explicit Remembered(std::chrono::seconds duration = 300s, std::size_t capacity = 10)
        : credentials{duration, capacity, clock} {}

    std::shared_ptr<ManualSteadyClock> clock = std::make_shared<ManualSteadyClock>();
    RememberedCredentials credentials;
};

} // namespace

TEST_CASE("a key depends on user, password and hash separately", "[http][remembered_credentials]") {
    const RememberedCredentials remembered{300s, 10, system_steady_clock()};
    CHECK(remembered.key_of("a", "b", "c") == remembered.key_of("a", "b", "c"));
    const std::set<RememberedCredentials::Key> keys{
        remembered.key_of("a", "b", "c"), remembered.key_of("ab", "", "c"), remembered.key_of("", "ab", "c"),
        remembered.key_of("a", "bc", ""), remembered.key_of("a", "b", "d"), remembered.key_of("a", "x", "c"),
        remembered.key_of("x", "b", "c")};
    CHECK(keys.size() == 7);
}

TEST_CASE("two objects have different keys", "[http][remembered_credentials]") {
    const RememberedCredentials one{300s, 10, system_steady_clock()};
    const RememberedCredentials other{300s, 10, system_steady_clock()};
    CHECK(one.key_of("a", "b", "c") != other.key_of("a", "b", "c"));
}

TEST_CASE("a verified password is remembered for exactly its time", "[http][remembered_credentials]") {
    Remembered remembered;
    auto& credentials = remembered.credentials;
    const auto key = credentials.key_of("a", "b", "c");
    CHECK_FALSE(credentials.contains(key));
    credentials.remember(key);
    CHECK(credentials.contains(key));
    CHECK_FALSE(credentials.contains(credentials.key_of("a", "x", "c")));
    remembered.clock->advance(300s - 1ns);
    CHECK(credentials.contains(key));
    remembered.clock->advance(1ns);
    CHECK_FALSE(credentials.contains(key));
    // Forgotten for good.
    remembered.clock->advance(-300s);
    CHECK_FALSE(credentials.contains(key));
}

TEST_CASE("verifying again prolongs the time", "[http][remembered_credentials]") {
    Remembered remembered;
    const auto key = remembered.credentials.key_of("a", "b", "c");
    remembered.credentials.remember(key);
    remembered.clock->advance(200s);
    remembered.credentials.remember(key);
    remembered.clock->advance(299s);
    CHECK(remembered.credentials.contains(key));
}

TEST_CASE("a clock that goes back removes no entry", "[http][remembered_credentials]") {
    Remembered remembered;
    const auto key = remembered.credentials.key_of("a", "b", "c");
    remembered.credentials.remember(key);
    remembered.clock->advance(-301s);
    CHECK(remembered.credentials.contains(key));
    remembered.credentials.remember(key);
    // The time counts from the later moment still.
    remembered.clock->advance(301s + 299s);
    CHECK(remembered.credentials.contains(key));
}

TEST_CASE("the key verified longest ago is evicted", "[http][remembered_credentials]") {
    Remembered remembered{300s, 2};
    auto& credentials = remembered.credentials;
    const auto first = credentials.key_of("a", "1", "");
    const auto second = credentials.key_of("b", "2", "");
    const auto third = credentials.key_of("c", "3", "");
    for (const auto& key : {first, second, first, third}) {
        credentials.remember(key);
        remembered.clock->advance(1s);
    }
    CHECK(credentials.contains(first));
    CHECK_FALSE(credentials.contains(second));
    CHECK(credentials.contains(third));
}

TEST_CASE("a duration or capacity of 0 remembers nothing", "[http][remembered_credentials]") {
    Remembered no_time{0s, 10};
    Remembered no_room{300s, 0};
    for (auto* credentials : {&no_time.credentials, &no_room.credentials}) {
        const auto key = credentials->key_of("a", "b", "c");
        credentials->remember(key);
        CHECK_FALSE(credentials->contains(key));
    }
}

// Each takes its time before the others' or after it, in any order: only the real clock shows that.
TEST_CASE("keys that threads verify and search concurrently are not lost", "[http][remembered_credentials]") {
    RememberedCredentials credentials{300s, 10, system_steady_clock()};
    const auto key = credentials.key_of("a", "b", "c");
    credentials.remember(key);
    std::atomic<int> forgotten{0};
    const auto end = std::chrono::steady_clock::now() + 1s;
    std::vector<std::thread> threads;
    for (int number = 0; number < 8; ++number)
        threads.emplace_back([&, verifies = number % 2 == 0] {
            while (std::chrono::steady_clock::now() < end) {
                if (verifies)
                    credentials.remember(key);
                else if (!credentials.contains(key))
                    ++forgotten;
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(forgotten == 0);
}

} // namespace remembered_credentials_test
