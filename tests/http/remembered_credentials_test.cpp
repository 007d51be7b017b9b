#include "remembered_credentials.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <set>
#include <string>

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp start = Timestamp{1'700'000'000s};

} // namespace

TEST_CASE("a key depends on user, password and hash, each by itself", "[http][remembered_credentials]") {
    const RememberedCredentials remembered{300s, 10};
    CHECK(remembered.key_of("a", "b", "c") == remembered.key_of("a", "b", "c"));
    const std::set<RememberedCredentials::Key> keys{
        remembered.key_of("a", "b", "c"), remembered.key_of("ab", "", "c"), remembered.key_of("", "ab", "c"),
        remembered.key_of("a", "bc", ""), remembered.key_of("a", "b", "d"), remembered.key_of("a", "x", "c"),
        remembered.key_of("x", "b", "c")};
    CHECK(keys.size() == 7);
}

TEST_CASE("keys of one process mean nothing to another", "[http][remembered_credentials]") {
    const RememberedCredentials one{300s, 10};
    const RememberedCredentials other{300s, 10};
    CHECK(one.key_of("a", "b", "c") != other.key_of("a", "b", "c"));
}

TEST_CASE("what was verified is remembered for its time and not a millisecond longer",
          "[http][remembered_credentials]") {
    RememberedCredentials remembered{300s, 10};
    const auto key = remembered.key_of("a", "b", "c");
    CHECK_FALSE(remembered.contains(key, start));
    remembered.remember(key, start);
    CHECK(remembered.contains(key, start));
    CHECK(remembered.contains(key, start + 300s - 1ms));
    CHECK_FALSE(remembered.contains(remembered.key_of("a", "x", "c"), start));
    CHECK_FALSE(remembered.contains(key, start + 300s));
    // Forgotten for good, even if the clock is set back.
    CHECK_FALSE(remembered.contains(key, start));
}

TEST_CASE("verifying again prolongs the time", "[http][remembered_credentials]") {
    RememberedCredentials remembered{300s, 10};
    const auto key = remembered.key_of("a", "b", "c");
    remembered.remember(key, start);
    remembered.remember(key, start + 200s);
    CHECK(remembered.contains(key, start + 499s));
}

TEST_CASE("a clock that was set back prolongs nothing", "[http][remembered_credentials]") {
    RememberedCredentials remembered{300s, 10};
    const auto key = remembered.key_of("a", "b", "c");
    remembered.remember(key, start);
    CHECK_FALSE(remembered.contains(key, start - 1ms));
}

TEST_CASE("the one verified longest ago makes room", "[http][remembered_credentials]") {
    RememberedCredentials remembered{300s, 2};
    const auto first = remembered.key_of("a", "1", "");
    const auto second = remembered.key_of("b", "2", "");
    const auto third = remembered.key_of("c", "3", "");
    remembered.remember(first, start);
    remembered.remember(second, start + 1s);
    remembered.remember(first, start + 2s);
    remembered.remember(third, start + 3s);
    CHECK(remembered.contains(first, start + 4s));
    CHECK_FALSE(remembered.contains(second, start + 4s));
    CHECK(remembered.contains(third, start + 4s));
}

TEST_CASE("no time or no room remembers nothing", "[http][remembered_credentials]") {
    RememberedCredentials no_time{0s, 10};
    RememberedCredentials no_room{300s, 0};
    no_time.remember(no_time.key_of("a", "b", "c"), start);
    no_room.remember(no_room.key_of("a", "b", "c"), start);
    CHECK_FALSE(no_time.contains(no_time.key_of("a", "b", "c"), start));
    CHECK_FALSE(no_room.contains(no_room.key_of("a", "b", "c"), start));
}
