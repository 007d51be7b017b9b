#include "cache/s3_fifo.hpp"

#include "support/catch.hpp"

#include <vector>

namespace s3_fifo_test {

using portrait::S3Fifo;

namespace {

struct Map {
    explicit Map(std::uint64_t max_weight)
        : fifo{max_weight} {}

    bool insert(int key, std::uint64_t weight = 1) {
        return fifo.insert(key, key * 10, weight, [this](int gone, int) { dropped.push_back(gone); });
    }
    bool has(int key) { return fifo.find(key) != nullptr; }

    S3Fifo<int, int> fifo;
    std::vector<int> dropped;
};

} // namespace

TEST_CASE("an entry is found until it is erased", "[s3_fifo]") {
    Map map{10};
    REQUIRE(map.insert(1));
    REQUIRE(map.fifo.find(1) != nullptr);
    CHECK(*map.fifo.find(1) == 10);
    CHECK(map.fifo.erase(1));
    CHECK_FALSE(map.fifo.erase(1));
    CHECK_FALSE(map.has(1));
    CHECK(map.fifo.weight() == 0);
}

TEST_CASE("the weight never passes the limit", "[s3_fifo]") {
    Map map{100};
    for (int key = 0; key < 2000; ++key) {
        map.insert(key, static_cast<std::uint64_t>(key % 37 + 1));
        if (key % 3 == 0)
            map.has(key);
        CHECK(map.fifo.weight() <= 100);
    }
    CHECK(map.fifo.size() + map.dropped.size() == 2000);
}

TEST_CASE("an entry over the limit is not kept and evicts nothing", "[s3_fifo]") {
    Map map{10};
    map.insert(1);
    CHECK_FALSE(map.insert(2, 11));
    CHECK(map.has(1));
    CHECK(map.dropped.empty());
}

TEST_CASE("a replaced value is reported as dropped", "[s3_fifo]") {
    Map map{10};
    map.insert(1, 3);
    map.insert(1, 4);
    CHECK(map.dropped == std::vector{1});
    CHECK(map.fifo.weight() == 4);
}

TEST_CASE("entries in use survive entries that are used once", "[s3_fifo]") {
    Map map{100};
    for (int key = 0; key < 50; ++key) {
        map.insert(key);
        map.has(key);
    }
    for (int key = 1000; key < 9000; ++key)
        map.insert(key);
    for (int key = 0; key < 50; ++key) {
        CAPTURE(key);
        CHECK(map.has(key));
    }
}

TEST_CASE("an entry that returns soon after its eviction enters the main queue", "[s3_fifo]") {
    Map map{100};
    for (int key = 0; key < 100; ++key) {
        map.insert(key);
        map.has(key);
    }
    map.insert(500);
    int next = 1000;
    while (map.dropped.empty() || map.dropped.back() != 500)
        map.insert(next++);
    map.insert(500);
    for (int more = 0; more < 50; ++more)
        map.insert(next++);
    CHECK(map.has(500));
}

} // namespace s3_fifo_test
