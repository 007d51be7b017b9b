#include "server/reader_watch.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <cstdint>

namespace reader_watch_test {

using portrait::http::ReaderWatch;
using portrait::http::SentBytes;
using namespace std::chrono_literals;

namespace {

constexpr ReaderWatch::Time start{std::chrono::hours{1000}};
constexpr std::uint64_t rate = 1000;

/// When a peer is found too slow that takes `taken(t)` bytes in all until t; zero when it isn't in a minute.
template<class Taken>
std::chrono::milliseconds found_too_slow(Taken taken, std::chrono::milliseconds step = 250ms) {
    ReaderWatch watch{rate};
    for (auto elapsed = 0ms; elapsed < 60s; elapsed += step)
        if (watch.is_too_slow(start + elapsed, {taken(elapsed), 1}))
            return elapsed;
    return 0ms;
}

} // namespace

TEST_CASE("a peer that takes nothing is too slow after ten seconds", "[reader-watch]") {
    CHECK(found_too_slow([](auto) { return std::uint64_t{0}; }) == 10s);
    CHECK(found_too_slow([](auto) { return std::uint64_t{123456789}; }) == 10s); // it took that long before
}

TEST_CASE("a peer that takes the least rate is never too slow, one that takes less is", "[reader-watch]") {
    CHECK(found_too_slow([](auto t) { return static_cast<std::uint64_t>(t.count()); }) == 0ms);
    CHECK(found_too_slow([](auto t) { return static_cast<std::uint64_t>(t.count() * 99 / 100); }) == 10s);
    CHECK(found_too_slow([](auto t) { return static_cast<std::uint64_t>(t.count()); }, 5ms) == 0ms);
}

TEST_CASE("bytes that were taken long ago are no excuse", "[reader-watch]") {
    // A megabyte at once, then nothing: any ten seconds count, not the whole.
    const auto stopped = found_too_slow([](auto t) {
        return t < 20s ? static_cast<std::uint64_t>(t.count()) * 50 : std::uint64_t{1'000'000};
    });
    CHECK(stopped > 29s);
    CHECK(stopped <= 31s);
}

TEST_CASE("a peer that stalls for less than the window goes on", "[reader-watch]") {
    // Nine seconds of nothing, then all that it has missed.
    CHECK(found_too_slow([](auto t) {
              return static_cast<std::uint64_t>(t / 9s) * 9 * 1200 + (t % 9s == 0s ? 0U : 1U);
          }) == 0ms);
}

TEST_CASE("a peer for whom nothing waits is not too slow, whatever it takes", "[reader-watch]") {
    ReaderWatch watch{rate};
    for (auto elapsed = 0ms; elapsed < 60s; elapsed += 250ms)
        // Every eight seconds everything has been taken.
        CHECK_FALSE(watch.is_too_slow(start + elapsed, {0, elapsed % 8s == 0s ? 0U : 1U}));
}

} // namespace reader_watch_test
