#include "support/catch.hpp"

#include "node_process.hpp"
#include "store_fixture.hpp"
#include "support/temporary_folder.hpp"

#include <portrait/testing/store_commands.hpp>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

// Servers whose system clocks are wrong.
namespace postgres_clock_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)

constexpr std::int64_t hour = 3600;

/// Moves the clock of the processes that have the file.
void set_clock(const std::string& file, std::int64_t seconds) {
    std::fstream{file, std::ios::in | std::ios::out | std::ios::binary}.write(
        reinterpret_cast<const char*>(&seconds), sizeof seconds);
}

std::string new_clock(const TemporaryFolder& folder, const char* name, std::int64_t seconds) {
    const auto file = (folder / name).string();
    std::ofstream{file} << "12345678";
    set_clock(file, seconds);
    return file;
}

std::int64_t number_of(const std::string& answer) {
    INFO(answer);
    REQUIRE(answer.find_first_not_of("0123456789") == std::string::npos);
    return std::stoll(answer);
}

std::int64_t database_second() {
    return std::stoll(shared_postgres().run("SELECT extract(epoch FROM clock_timestamp())::bigint"));
}

TEST_CASE("servers whose clocks are two hours apart show the database's time, which never goes back",
          "[postgres][fault]") {
    if (PORTRAIT_SANITIZED != 0) {
        WARN("not in sanitized builds, whose nodes have no clock that can be moved");
        return;
    }
    const auto schema = PostgresServer::new_schema();
    const auto store = open_store(schema);
    const TemporaryFolder folder;
    const auto fast_clock = new_clock(folder, "fast", hour);
    const auto slow_clock = new_clock(folder, "slow", -hour);
    NodeProcess fast{shared_postgres().connection(), schema, fast_clock};
    NodeProcess slow{shared_postgres().connection(), schema, slow_clock};

    const auto begin = database_second();
    std::int64_t last = 0;
    for (int round = 0; round < 6; ++round) {
        if (round == 3) { // both are set right, or more wrong
            set_clock(fast_clock, 0);
            set_clock(slow_clock, -24 * hour);
        }
        for (auto* const node : {&fast, &slow}) {
            CHECK(std::abs(number_of(node->ask("clock")) / 1000 - database_second()) < 60);
            const auto second = number_of(node->ask("save 1 " + std::to_string(round)));
            CHECK(second > last);
            CHECK(second - begin < 60);
            last = second;
        }
    }
    const auto info = store->info(person(1)).value();
    CHECK(std::abs(info.updated_at.time_since_epoch().count() / 1000 - begin) < 60);
}

} // namespace postgres_clock_test
