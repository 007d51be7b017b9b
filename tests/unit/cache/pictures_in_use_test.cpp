#include "support/catch.hpp"

#include <portrait/pictures_in_use.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace pictures_in_use_test {

using namespace portrait;

namespace {

struct Content {
    ImageBytes bytes;
    int width = 0;
};

using InUse = PicturesInUse<int, Content>;

Content content(const std::string& text, int width = 1) {
    return {ImageBytes::copy_of(text), width};
}

} // namespace

TEST_CASE("a picture is found as long as its bytes are held", "[bytes][in-use]") {
    InUse in_use;
    CHECK_FALSE(in_use.find(1));
    auto held = in_use.share(1, content("one", 7));
    const auto found = in_use.find(1);
    REQUIRE(found);
    CHECK(found->bytes.data() == held.bytes.data());
    CHECK(found->width == 7);
    CHECK_FALSE(in_use.find(2));
}

TEST_CASE("the table keeps no picture in memory", "[bytes][in-use]") {
    InUse in_use;
    auto held = in_use.share(1, content("one"));
    const WeakImageBytes weak{held.bytes};
    held = {};
    CHECK(weak.expired());
    CHECK_FALSE(in_use.find(1));
    // Another copy takes its place.
    const auto second = in_use.share(1, content("one"));
    CHECK(in_use.find(1)->bytes.data() == second.bytes.data());
}

TEST_CASE("a second copy of a picture is replaced by the first", "[bytes][in-use]") {
    InUse in_use;
    const auto first = in_use.share(1, content("one"));
    CHECK(in_use.share(1, content("one")).bytes.data() == first.bytes.data());
    int reads = 0;
    const auto read = in_use.find_or_read(1, [&]() -> result<Content> {
        ++reads;
        return content("one");
    });
    REQUIRE(read.has_value());
    CHECK(read->bytes.data() == first.bytes.data());
    CHECK(reads == 0);
}

TEST_CASE("a picture that can't be read is an error, and read again the next time", "[bytes][in-use]") {
    InUse in_use;
    const auto failed = in_use.find_or_read(1, []() -> result<Content> { return Error{errc::store_io}; });
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error() == errc::store_io);
    const auto read = in_use.find_or_read(1, []() -> result<Content> { return content("one"); });
    REQUIRE(read.has_value());
    CHECK(read->bytes.text() == "one");
}

TEST_CASE("threads that request a picture concurrently share one read", "[bytes][in-use]") {
    InUse in_use;
    for (int round = 0; round < 200; ++round) {
        std::atomic<int> reads{0};
        std::atomic<int> wrong{0};
        std::vector<std::thread> threads;
        std::vector<Content> contents(4);
        for (auto& mine : contents)
            threads.emplace_back([&] {
                auto read = in_use.find_or_read(round, [&]() -> result<Content> {
                    ++reads;
                    std::this_thread::yield();
                    return content("picture " + std::to_string(round));
                });
                if (!read || read->bytes.text() != "picture " + std::to_string(round))
                    ++wrong;
                else
                    mine = *std::move(read);
            });
        for (auto& thread : threads)
            thread.join();
        REQUIRE(wrong == 0);
        REQUIRE(reads == 1);
        for (const auto& one : contents)
            REQUIRE(one.bytes.data() == contents.front().bytes.data());
    }
}

TEST_CASE("the table's size is bounded by the number of pictures in memory", "[bytes][in-use]") {
    InUse in_use;
    const auto held = in_use.share(-1, content("held"));
    for (int key = 0; key < 100'000; ++key)
        (void)in_use.share(key, content("gone"));
    CHECK(in_use.size() < 200);
    CHECK(in_use.find(-1));
}

} // namespace pictures_in_use_test
