#include "store_fixture.hpp"
#include "support/catch.hpp"

#include <portrait/sqlite/person_directory.hpp>
#include <portrait/testing/person_directory_conformance.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace person_directory_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::person;
using conformance::save_command;

TEST_CASE("the table of persons keeps the promises of PersonDirectory", "[sqlite][persons][conformance]") {
    person_directory_conformance([]() -> TestedDirectory {
        const auto folder = std::make_shared<TemporaryFolder>();
        const std::shared_ptr<SqliteImageStore> store = open_store(folder->path());
        const auto directory = store->persons();
        return {directory, [folder, directory](PersonId id, std::string name) {
                    REQUIRE(directory->add(id, std::move(name)).has_value());
                }};
    });
}

TEST_CASE("a search reads at most 10,000 rows at once", "[sqlite][persons]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    std::vector<KnownPerson> persons;
    for (std::int32_t id = 1; id <= 12'000; ++id)
        persons.push_back({person(id), id == 12'000 ? "Needle" : "Straw"});
    REQUIRE(store->persons()->add(persons).has_value());
    const auto page = store->persons()->list({.search = "needle", .after = {}, .limit = 10}).value();
    CHECK(page.persons.empty());
    CHECK(page.next == person(10'000));
    CHECK(conformance::listed(*store->persons(), "needle", 10) == std::vector{12'000});
}

TEST_CASE("added persons are in the table, also after a restart", "[sqlite][persons]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    CHECK_FALSE(store->persons()->contains(person(7)).value());
    REQUIRE(store->persons()->add(person(7), "Søren O'Neill").has_value());
    CHECK(store->persons()->contains(person(7)).value());
    CHECK_FALSE(store->persons()->contains(person(8)).value());
    store.reset();
    CHECK(run_sql(folder / "portrait.db",
                  "SELECT count(*) FROM person WHERE person_id = 7 AND name = 'Søren O''Neill'") == 1);
    store = open_store(folder.path());
    CHECK(store->persons()->contains(person(7)).value());
}

TEST_CASE("adding a person again changes the name", "[sqlite][persons]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    REQUIRE(store->persons()->add(person(1), "before").has_value());
    REQUIRE(store->persons()->add(person(1), "after").has_value());
    CHECK(store->persons()->count().value() == 1);
    store.reset();
    CHECK(run_sql(folder / "portrait.db", "SELECT count(*) FROM person WHERE name = 'after'") == 1);
}

TEST_CASE("many persons are added in one commit", "[sqlite][persons]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    std::vector<KnownPerson> persons;
    for (std::int32_t id = 1; id <= 1000; ++id)
        persons.push_back({person(id), "Person " + std::to_string(id)});
    REQUIRE(store->persons()->add(persons).has_value());
    CHECK(store->persons()->count().value() == 1000);
    CHECK(store->statistics().commits == 1);
    CHECK(store->persons()->contains(person(1000)).value());
    CHECK_FALSE(store->persons()->contains(person(1001)).value());
    REQUIRE(store->persons()->add(std::span<const KnownPerson>{}).has_value());
}

TEST_CASE("persons and pictures are written at the same time", "[sqlite][persons]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    const auto persons = store->persons();
    std::atomic<int> bad{0};
    std::vector<std::thread> threads;
    for (std::int32_t index = 0; index < 4; ++index)
        threads.emplace_back([&, index] {
            for (std::int32_t round = 0; round < 40; ++round) {
                const auto who = person(index * 100 + round + 1);
                const bool done = index % 2 == 0
                                      ? persons->add(who, "x").has_value() && persons->contains(who).value()
                                      : store->save(save_command(who, 1)).has_value();
                bad += done ? 0 : 1;
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(bad == 0);
    CHECK(persons->count().value() == 80);
}

} // namespace person_directory_test
