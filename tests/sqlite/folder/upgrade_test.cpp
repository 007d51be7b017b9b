#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"
#include "support/places.hpp"

#include "rows/schema.hpp"

#include <portrait/sqlite/person_directory.hpp>

#include <cstdlib>

namespace upgrade_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::content;
using conformance::is_whole;
using conformance::link_command;
using conformance::person;
using conformance::save;
using conformance::save_command;
using conformance::second_at;

namespace {

std::filesystem::path data_folder_of(std::int64_t version) {
    return source_path("tests/sqlite/folder/data_folders") / ("version-" + std::to_string(version));
}

/// Writes the content of every version's folder.
void fill(SqliteImageStore& store) {
    const std::vector<KnownPerson> persons{{person(1), "One"}, {person(2), "Zwölf Ærøskøbing"}};
    REQUIRE(store.persons()->add(persons).has_value());
    auto first = save_command(person(1), 1, 10, 5000);
    first.texts.description = "a description, ä";
    first.texts.extra_info = "extra";
    REQUIRE(store.save(std::move(first)).has_value());
    save(store, person(2), 2, 20);
    save(store, person(2), 3, 30); // replaced
    save(store, person(3), 4, 40);
    const auto shared = store.info(person(3)).value().blob_id;
    REQUIRE(store.link(link_command(person(4), shared, 50)).has_value());
    save(store, person(5), 5, 60);
    REQUIRE(store.remove({.target = person(5), .actor = {}, .now = at(70), .precondition = {}}).has_value());
    save(store, NewBlob{}, 6, 80);
}

void check_filled(SqliteImageStore& store) {
    const auto first = store.image(person(1)).value();
    CHECK(is_whole(first));
    CHECK(first.bytes.text() == content(1, 5000).bytes.text());
    CHECK(first.info.description == "a description, ä");
    CHECK(first.info.extra_info == "extra");
    CHECK(first.info.created_at == at(10));
    CHECK(first.info.created_by == conformance::actor(1));
    const auto second = store.image(person(2)).value();
    CHECK(second.bytes.text() == content(3).bytes.text());
    CHECK(second.info.created_at == at(20));
    CHECK(second.info.updated_at == at(30));
    CHECK(second.info.last_modified == second_at(30));
    CHECK(store.image(person(4)).value().bytes.text() == content(4).bytes.text());
    CHECK(store.info(person(4)).value().blob_id == store.info(person(3)).value().blob_id);
    CHECK(store.info(person(4)).value().linked_at == at(50));
    CHECK(store.info(person(4)).value().last_modified == second_at(50));
    CHECK(store.image(person(5)).error() == errc::image_none);
    CHECK(store.image(BlobId::from(5).value()).value().bytes.text() == content(6).bytes.text());
    CHECK(store.persons()->count().value() == 2);
    CHECK(store.persons()->contains(person(2)).value());
    CHECK(store.check().value().ok());
}

} // namespace

TEST_CASE("a data folder of every version opens with everything in it", "[sqlite][upgrade]") {
    for (std::int64_t version = 1; version <= sqlite::schema_version(); ++version) {
        CAPTURE(version);
        const auto kept = data_folder_of(version);
        REQUIRE(std::filesystem::exists(kept / "portrait.db"));
        REQUIRE(run_sql(kept / "portrait.db", "PRAGMA user_version") == version);
        const TemporaryFolder folder;
        std::filesystem::copy(kept, folder / "data", std::filesystem::copy_options::recursive);
        std::filesystem::copy(kept, folder / "backup", std::filesystem::copy_options::recursive);
        {
            const auto store = open_store(folder / "data");
            check_filled(*store);
            CHECK(save(*store, person(6), 7).info.blob_id.value() == 6); // ids continue
        }
        CHECK(run_sql(folder / "data" / "portrait.db", "PRAGMA user_version") == sqlite::schema_version());
        // Also by restoring a backup of that version.
        REQUIRE(sqlite::restore(folder / "backup", folder / "restored").value().ok());
        check_filled(*open_store(folder / "restored"));
    }
}

// Before the schema's version is raised, run this case by name with PORTRAIT_MAKE_DATA_FOLDER=1 in the
// environment.
TEST_CASE("the data folder of this version is made", "[.][upgrade-fixture]") {
    if (std::getenv("PORTRAIT_MAKE_DATA_FOLDER") == nullptr)
        return;
    const TemporaryFolder folder;
    const auto kept = data_folder_of(sqlite::schema_version());
    REQUIRE_FALSE(std::filesystem::exists(kept));
    {
        const auto store = open_store(folder / "data");
        fill(*store);
        check_filled(*store);
        REQUIRE(store->backup(folder / "copy").has_value()); // one file without a log
    }
    std::filesystem::create_directories(kept);
    std::filesystem::copy(folder / "copy" / "portrait.db", kept / "portrait.db");
    std::filesystem::copy(folder / "copy" / "pictures", kept / "pictures");
}

} // namespace upgrade_test
