#include "migration_fixture.hpp"

#include "support/places.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

// Data folders that are moved into PostgreSQL.
namespace postgres_migration_test {

TEST_CASE("a migrated data folder reads and goes on as before", "[postgres][migration]") {
    const Folders folders;
    const auto schema = PostgresServer::new_schema();
    const auto report = migrate(
        folders.moved, schema,
        {.users = "anna:hash:1:Anna:0\n", .tokens = std::nullopt, .sign_in_key = std::string(64, 'a')});
    INFO((report ? "" : report.error().message() + ": " + report.error().cause()));
    REQUIRE(report.has_value());
    CHECK(report->ok());
    CHECK(report->copied_pictures == report->totals.pictures);
    CHECK(shared_postgres().run("SELECT string_agg(name, ' ' ORDER BY name) FROM " + schema +
                                ".account_text") == "sign_in_key users");
    check_moved(folders, schema);
}

TEST_CASE("an empty data folder can be migrated", "[postgres][migration]") {
    const TemporaryFolder parent;
    const auto folder = parent / "data";
    const auto epoch = open_folder(folder)->epoch();
    const auto schema = PostgresServer::new_schema();
    REQUIRE(migrate(folder, schema).has_value());
    const auto store = open_store(schema);
    CHECK(store->epoch() == epoch);
    CHECK(store->save(save_command(NewBlob{}, 1)).value().blob_id().value() == 1);
    CHECK(store->save(save_command(person(1), 1)).value().info.link_version == 1);
}

TEST_CASE("a sealed folder is refused with the place of its pictures", "[postgres][migration]") {
    const Folders folders;
    const auto schema = PostgresServer::new_schema();
    REQUIRE(migrate(folders.moved, schema).has_value());
    const auto place = MigrationTarget::open(shared_postgres().connection(), schema).value()->place();
    CHECK(place.find("postgresql://") == 0);
    CHECK(place.find("user") == std::string::npos);
    const auto refusal = [&](const auto& outcome) {
        REQUIRE_FALSE(outcome.has_value());
        CHECK(outcome.error() == errc::store_moved);
        CHECK(outcome.error().cause() == place);
    };
    refusal(SqliteImageStore::open({.folder = folders.moved}));
    refusal(FolderSource::open(folders.moved));
    refusal(sqlite::check_not_moved(folders.moved));
    const auto restored = sqlite::restore(folders.moved, folders.parent / "restored");
    CHECK(rule_of(restored) == "store.moved");
    CHECK(sqlite::check_not_moved(folders.copy).has_value());
    CHECK(sqlite::check_not_moved(folders.parent / "none").has_value());
    // Finishing again changes nothing.
    const auto target = MigrationTarget::open(shared_postgres().connection(), schema).value();
    CHECK(target->finish(sqlite::epoch_of(folders.moved).value()).has_value());
    CHECK(rule_of(target->finish("another epoch")) == "store.in_use");
    check_moved(folders, schema);
}

TEST_CASE("a migration into a store that isn't empty is refused", "[postgres][migration]") {
    const Folders folders;
    const auto schema = PostgresServer::new_schema();
    SECTION("a picture") {
        open_store(schema)->save(save_command(NewBlob{}, 1)).value();
    }
    SECTION("a person") {
        open_store(schema)->persons()->add(person(1), "Kari").value();
    }
    SECTION("an erasure") {
        open_store(schema)->erase({.person_id = person(1), .actor = actor(1), .now = at(1)}).value();
    }
    const auto moved = migrate(folders.moved, schema);
    CHECK(rule_of(moved) == "store.in_use");
    CHECK(rule_of_opening(schema) == "success");
    CHECK(open_folder(folders.moved)->info(person(1)).has_value() == false); // it is open as before
}

TEST_CASE("a server may have opened the empty store before", "[postgres][migration]") {
    const Folders folders;
    const auto schema = PostgresServer::new_schema();
    const auto server = open_store(schema);
    CHECK(rule_of(migrate(folders.moved, schema, {}, [](const TransferProgress&) { return false; })) ==
          "request.cancelled");
    // It may not write into the unfinished store.
    CHECK_FALSE(server->save(save_command(NewBlob{}, 1)).has_value());
    REQUIRE(migrate(folders.moved, schema).has_value());
    CHECK(server->info(person(2)).has_value());
    check_moved(folders, schema);
}

TEST_CASE("another folder isn't mixed with an unfinished migration", "[postgres][migration]") {
    const Folders folders;
    const Folders others;
    const auto schema = PostgresServer::new_schema();
    const auto stop = [](const TransferProgress&) { return false; };
    CHECK(rule_of(migrate(folders.moved, schema, {}, stop)) == "request.cancelled");
    CHECK(rule_of(migrate(others.moved, schema)) == "store.in_use");
    {
        const auto running = MigrationTarget::open(shared_postgres().connection(), schema);
        REQUIRE(running.has_value());
        CHECK(rule_of(migrate(folders.moved, schema)) == "store.in_use");
    }
    REQUIRE(migrate(folders.moved, schema).has_value());
    check_moved(folders, schema);
}

TEST_CASE("a folder of an earlier version is migrated", "[postgres][migration]") {
    const TemporaryFolder parent;
    const auto folder = parent / "data";
    const auto copy = parent / "copy";
    for (const auto& path : {folder, copy})
        fs::copy(source_path("tests/sqlite/folder/data_folders/version-2"), path,
                 fs::copy_options::recursive);
    const auto schema = PostgresServer::new_schema();
    REQUIRE(migrate(folder, schema).has_value());
    const auto before = open_folder(copy);
    const auto after = open_store(schema);
    CHECK(before->epoch() == after->epoch());
    const auto persons = before->persons_with_image(std::nullopt, 100).value();
    REQUIRE_FALSE(persons.empty());
    for (const auto person_id : persons) {
        auto left = before->image(person_id).value();
        auto right = after->image(person_id).value();
        CHECK(right.info.last_modified >= left.info.last_modified); // one for all persons of a blob
        right.info.last_modified = left.info.last_modified;
        CHECK(without_epoch(left.info) == without_epoch(right.info));
        CHECK(left.bytes.text() == right.bytes.text());
    }
}

// PORTRAIT_MIGRATION_PERSONS sets how many.
TEST_CASE("many persons are migrated by many at a time", "[postgres][migration]") {
    const TemporaryFolder parent;
    const auto folder = parent / "data";
    const char* const text = std::getenv("PORTRAIT_MIGRATION_PERSONS");
    const std::int32_t count = text != nullptr ? std::atoi(text) : 10'000;
    constexpr std::int32_t at_once = 5000;
    constexpr std::size_t size = 4096;
    {
        const auto store = open_folder(folder);
        std::atomic<std::int32_t> saved{0};
        std::vector<KnownPerson> persons;
        for (std::int32_t id = 1; id <= count; ++id) {
            persons.push_back({.id = person(id * 3), .full_name = "Person " + std::to_string(id)});
            store->submit(save_command(person(id * 3), static_cast<std::uint32_t>(id), id, size),
                          [&](const result<SavedImage>& done) { saved += done ? 1 : 0; });
            if (persons.size() == at_once || id == count) {
                store->persons()->add(persons).value(); // waits for the saves before it
                persons.clear();
            }
        }
        REQUIRE(saved == count);
    }
    const auto schema = PostgresServer::new_schema();
    const auto began = std::chrono::steady_clock::now();
    const auto report = migrate(folder, schema);
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    REQUIRE(report.has_value());
    CHECK(report->copied_pictures == static_cast<std::uint64_t>(count));
    if (text != nullptr)
        WARN(count << " persons with pictures of " << size << " bytes: " << seconds << " s, "
                   << 3 * count / seconds << " rows/s");
    const auto store = open_store(schema);
    CHECK(store->persons()->count().value() == static_cast<std::uint64_t>(count));
    for (const std::int32_t id : {1, 999, 1000, 1001, count})
        CHECK(store->image(person(id * 3)).value().info.digest ==
              content(static_cast<std::uint32_t>(id), size).digest);
}

} // namespace postgres_migration_test
