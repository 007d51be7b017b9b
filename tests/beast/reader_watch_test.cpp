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

/// Returns the time when a peer that has read `taken(t)` bytes at time t is too slow; zero if it isn't within
/// a minute.
template<class Taken>
std::chrono::milliseconds found_too_slow(Taken taken, std::chrono::milliseconds step = 250ms) {
    ReaderWatch watch{rate};
    for (auto elapsed = 0ms; elapsed < 60s; elapsed += step)
        if (watch.is_too_slow(start + elapsed, {taken(elapsed), 1}))
            return elapsed;
    return 0ms;
}

} // namespace

TEST_CASE("a peer that reads nothing is too slow after ten seconds", "[reader-watch]") {
    CHECK(found_too_slow([](auto) { return std::uint64_t{0}; }) == 10s);
    CHECK(found_too_slow([](auto) { return std::uint64_t{123456789}; }) == 10s); // these were read before
}

TEST_CASE("a peer at the lowest rate is never too slow, a slower one is", "[reader-watch]") {
    CHECK(found_too_slow([](auto t) { return static_cast<std::uint64_t>(t.count()); }) == 0ms);
    CHECK(found_too_slow([](auto t) { return static_cast<std::uint64_t>(t.count() * 99 / 100); }) == 10s);
    CHECK(found_too_slow([](auto t) { return static_cast<std::uint64_t>(t.count()); }, 5ms) == 0ms);
}

TEST_CASE("bytes that were read before the window don't count", "[reader-watch]") {
    // A megabyte at once, then nothing: the rate of any ten seconds counts, not the average.
    const auto stopped = found_too_slow([](auto t) {
        return t < 20s ? static_cast<std::uint64_t>(t.count()) * 50 : std::uint64_t{1'000'000};
    });
    CHECK(stopped > 29s);
    CHECK(stopped <= 31s);
}

TEST_CASE("a peer that stalls for less than the window is not too slow", "[reader-watch]") {
    // Nothing for nine seconds, then all bytes of these seconds.
    CHECK(found_too_slow([](auto t) {
              return static_cast<std::uint64_t>(t / 9s) * 9 * 1200 + (t % 9s == 0s ? 0U : 1U);
          }) == 0ms);
}

TEST_CASE("a peer without unread bytes is not too slow at any rate", "[reader-watch]") {
    ReaderWatch watch{rate};
    for (auto elapsed = 0ms; elapsed < 60s; elapsed += 250ms)
        // Every eight seconds all bytes have been read.
        CHECK_FALSE(watch.is_too_slow(start + elapsed, {0, elapsed % 8s == 0s ? 0U : 1U}));
}

} // namespace reader_watch_test
