#include "support/catch.hpp"

#include "index/packed_table.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace packed_table_test {

using namespace portrait::sqlite;
using WhenFull = PackedTable::WhenFull;

namespace {

constexpr std::size_t columns = 4;
constexpr std::uint64_t much = 1ULL << 30;

struct Value {
    std::int64_t number = 0;
    std::string text{};

    friend bool operator==(const Value&, const Value&) = default;
};

PackedTable::Row row_of(const Value& value) {
    PackedTable::Row row;
    for (std::size_t column = 0; column < columns; ++column)
        row.numbers[column] =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(value.number) * (column + 1));
    row.text = value.text;
    return row;
}

std::optional<Value> find(PackedTable& table, std::uint32_t id) {
    std::optional<Value> found;
    table.find(id, [&](const PackedTable::Row& row) {
        found = Value{row.numbers[0], std::string{row.text}};
        CHECK(row.numbers == row_of(*found).numbers);
    });
    return found;
}

void fill(PackedTable& table, std::uint32_t id, const Value& value) {
    CHECK(table.fill(id, row_of(value), 1, WhenFull::drops_others));
}

} // namespace

TEST_CASE("a packed table has what was put into it", "[sqlite][index]") {
    MemoryBound bound{much};
    PackedTable table{bound, columns};
    std::map<std::uint32_t, Value> model;
    std::mt19937_64 random{7};
    const auto spread = GENERATE(500U, 40'000U, 2'147'483'647U);
    CAPTURE(spread);
    for (int step = 0; step < 20'000; ++step) {
        const auto id = static_cast<std::uint32_t>(random() % spread + 1);
        if (random() % 4 == 0) {
            table.block(id);
            table.unblock(id, 1, nullptr);
            model.erase(id);
            continue;
        }
        const Value value{static_cast<std::int64_t>(random() >> (random() % 64)),
                          std::string(random() % 40, static_cast<char>('a' + random() % 26))};
        fill(table, id, value);
        model[id] = value;
    }
    for (const auto& [id, value] : model) {
        REQUIRE(find(table, id) == value);
        REQUIRE(find(table, id + 1) ==
                (model.count(id + 1) != 0 ? std::optional{model.at(id + 1)} : std::nullopt));
    }
    table.block_all();
    CHECK(bound.used == 0);
    for (const auto& [id, value] : model)
        REQUIRE(find(table, id) == std::nullopt);
}

TEST_CASE("a packed table takes extreme ids and numbers, and ids in any order", "[sqlite][index]") {
    MemoryBound bound{much};
    PackedTable table{bound, columns};
    using Limits = std::numeric_limits<std::int64_t>;
    for (const auto number : {Limits::min(), Limits::max(), std::int64_t{0}, std::int64_t{-1}}) {
        fill(table, 1, {number, ""});
        fill(table, 2'147'483'647, {number, "x"});
        CHECK(find(table, 1) == Value{number, ""});
        CHECK(find(table, 2'147'483'647) == Value{number, "x"});
    }
    for (std::uint32_t id = 5'000; id != 0; --id)
        fill(table, id, {id, ""});
    for (std::uint32_t id = 1; id <= 5'000; ++id)
        REQUIRE(find(table, id) == Value{id, ""});
    fill(table, 9'000, {1, std::string(PackedTable::max_text + 1, 'x')});
    CHECK(find(table, 9'000) == std::nullopt);
}

TEST_CASE("a packed table keeps its bound, and what is used", "[sqlite][index]") {
    MemoryBound bound{300'000};
    PackedTable table{bound, columns};
    constexpr std::uint32_t rows = 100'000;
    for (std::uint32_t id = 1; id <= rows; ++id) {
        fill(table, id, {id, "0123456789"});
        REQUIRE(bound.used <= bound.limit);
        if (id > 10)
            REQUIRE(find(table, 10) == Value{10, "0123456789"}); // in use all the time
    }
    CHECK(bound.used > bound.limit / 2);
    MemoryBound small{1000};
    PackedTable full{small, columns};
    std::uint32_t id = 1;
    while (full.fill(id, row_of({id, ""}), 1, WhenFull::keeps_nothing) && id < rows)
        ++id;
    CHECK(id < 200);
    CHECK(find(full, id - 1) == Value{id - 1, ""});
    CHECK(find(full, id) == std::nullopt);
    CHECK(small.used <= small.limit);
}

TEST_CASE("a packed table refuses rows that were read before a change", "[sqlite][index]") {
    MemoryBound bound{much};
    PackedTable table{bound, columns};
    const auto put = [&](const Value& value, PackedTable::Moment read_at) {
        return table.fill(7, row_of(value), read_at, WhenFull::drops_others);
    };
    CHECK(put({1, ""}, 1));
    table.block(7);
    CHECK(find(table, 7) == std::nullopt);
    CHECK(put({1, ""}, 100)); // blocked
    CHECK(find(table, 7) == std::nullopt);
    const auto changed = row_of({2, ""});
    table.unblock(7, 5, &changed);
    CHECK(put({1, ""}, 4));
    CHECK(find(table, 7) == Value{2, ""});
    CHECK(put({3, ""}, 5));
    CHECK(find(table, 7) == Value{3, ""});
    table.block_all();
    CHECK(put({1, ""}, 100));
    table.unblock_all(8);
    CHECK(put({1, ""}, 7));
    CHECK(find(table, 7) == std::nullopt);
    CHECK(put({4, ""}, 8));
    CHECK(find(table, 7) == Value{4, ""});
}

} // namespace packed_table_test
