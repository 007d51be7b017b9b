#pragma once

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include "store_fixture.hpp"

#include <portrait/postgres/migration_target.hpp>
#include <portrait/sqlite/folder_source.hpp>
#include <portrait/sqlite/image_store.hpp>
#include <portrait/sqlite/person_directory.hpp>
#include <portrait/store_transfer.hpp>
#include <portrait/testing/store_commands.hpp>
#include <portrait/try.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

/// Helpers for the tests of data folders that are moved into PostgreSQL.
namespace postgres_migration_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)
using portrait::postgres::MigrationTarget;
using portrait::sqlite::FolderSource;
using portrait::sqlite::SqliteImageStore;
namespace fs = std::filesystem;

constexpr std::int32_t most_persons = 60;
constexpr std::int32_t most_blobs = 80;

inline std::unique_ptr<SqliteImageStore> open_folder(const fs::path& folder) {
    sqlite::SqliteOptions options{.folder = folder};
    options.segment_bytes = 1024 * 1024;
    options.preallocation_bytes = 64 * 1024;
    auto opened = SqliteImageStore::open(options);
    INFO((opened ? "" : opened.error().message() + ": " + opened.error().cause()));
    REQUIRE(opened.has_value());
    return *std::move(opened);
}

inline RemoveImage remove_command(ImageKey target, int seconds) {
    return {.target = target, .actor = actor(1), .now = at(seconds), .precondition = {}};
}

/// All kinds of states of persons and blobs.
inline void fill(const fs::path& folder) {
    const auto store = open_folder(folder);
    const auto persons = store->persons();
    for (std::int32_t id = 1; id <= 50; ++id)
        persons->add(person(id), id % 3 == 0 ? "Åse Nordmann" : id % 3 == 1 ? "日本 太郎" : "").value();
    std::uint32_t seed = 0;
    for (std::int32_t id = 1; id <= 20; ++id, ++seed) {
        auto command = save_command(person(id), seed, id, 500 + seed * 3000);
        command.texts = {.description = "Портрет " + std::to_string(id),
                         .extra_info = "זה טוב\tand\nlines",
                         .conceptual_type = "PERSONPHOTO"};
        store->save(command).value();
    }
    store->save(save_command(person(3), ++seed, 30)).value(); // replaced
    store
        ->update_info({.target = person(4),
                       .description = "🙂",
                       .actor = actor(9),
                       .now = at(31),
                       .precondition = {}})
        .value();
    const auto shared = store->info(person(1)).value().blob_id;
    for (std::int32_t id = 21; id <= 25; ++id)
        store->link(link_command(person(id), shared, 40 + id)).value();
    store->save(save_command(person(22), ++seed, 70)).value(); // copy on write
    auto empty = save_command(NewBlob{}, 0, 71);
    empty.content.reset();
    store->save(empty).value(); // no bytes
    const auto unlinked_blob = store->save(save_command(NewBlob{}, ++seed, 72)).value().blob_id();
    store->link(link_command(person(26), unlinked_blob, 73)).value();
    store->unlink({.person_id = person(26), .actor = actor(1), .now = at(74)}).value(); // old link version
    store->link(link_command(person(5), unlinked_blob, 75)).value();                    // its own blob stays
    store->remove(remove_command(person(6), 76)).value();
    store->remove(remove_command(shared, 77)).value(); // of many
    store->erase({.person_id = person(7), .actor = actor(1), .now = at(78)}).value();
    store->erase({.person_id = person(7), .actor = actor(1), .now = at(79)}).value();
    store->erase({.person_id = person(8), .actor = actor(1), .now = at(80)}).value();
    store->save(save_command(person(8), ++seed, 81)).value(); // after it
    persons->forget(person(9)).value();
    persons->forget(person(10)).value();
    persons->add(person(10), "back").value();
    store->save(save_command(person(11), ++seed, 82, 9 << 20U)).value(); // a batch of its own
    // The counters are beyond the maximum found.
    const auto last = store->save(save_command(NewBlob{}, ++seed, 83)).value().blob_id();
    store->link(link_command(person(12), last, 84)).value();
    store->remove(remove_command(last, 85)).value();
}

template<class T>
std::string rule_of(const result<T>& outcome) {
    return outcome ? "success" : std::string{outcome.error().rule()};
}

// Only the database's pictures name the epoch of their read.

template<class T>
T without_epoch(T value) {
    return value;
}
inline ImageInfo without_epoch(ImageInfo info) {
    info.epoch.clear();
    return info;
}
inline std::vector<std::optional<ImageInfo>> without_epoch(std::vector<std::optional<ImageInfo>> infos) {
    for (auto& info : infos)
        if (info)
            info->epoch.clear();
    return infos;
}

template<class T>
void check_same(const result<T>& left, const result<T>& right) {
    CHECK(rule_of(left) == rule_of(right));
    if (left && right)
        CHECK(without_epoch(*left) == without_epoch(*right));
}

inline void check_same_image(const result<StoredImage>& left, const result<StoredImage>& right) {
    CHECK(rule_of(left) == rule_of(right));
    if (!left || !right)
        return;
    CHECK(without_epoch(left->info) == without_epoch(right->info));
    CHECK(left->bytes.text() == right->bytes.text());
}

/// Compares all that can be read.
inline void check_same_reads(const SqliteImageStore& folder, const PostgresImageStore& database) {
    CHECK(folder.epoch() == database.epoch());
    check_same(folder.erasures(), database.erasures());
    check_same(folder.persons_with_image(std::nullopt, 1000),
               database.persons_with_image(std::nullopt, 1000));
    std::vector<PersonId> persons;
    for (std::int32_t id = 1; id <= most_persons; ++id)
        persons.push_back(person(id));
    check_same(folder.infos(persons), database.infos(persons));
    for (const auto person_id : persons) {
        CAPTURE(person_id);
        check_same(folder.info(person_id), database.info(person_id));
        check_same_image(folder.image(person_id), database.image(person_id));
        check_same(folder.last_erasure(person_id), database.last_erasure(person_id));
        check_same(folder.persons()->contains(person_id), database.persons()->contains(person_id));
        const auto left = folder.persons()->find(person_id).value();
        const auto right = database.persons()->find(person_id).value();
        REQUIRE(left.has_value() == right.has_value());
        if (left)
            CHECK(left->full_name == right->full_name);
    }
    for (std::int32_t id = 1; id <= most_blobs; ++id) {
        CAPTURE(id);
        const auto blob_id = BlobId::from(id).value();
        check_same(folder.info(blob_id), database.info(blob_id));
        check_same_image(folder.image(blob_id), database.image(blob_id));
    }
}

/// Changes both stores alike, and compares what is made of it. `last_version`: the highest version that a
/// blob or a link of the folder has had.
inline void check_same_changes(SqliteImageStore& folder, PostgresImageStore& database,
                               std::int64_t last_version) {
    const auto save = [&](SaveTarget target, int seconds) {
        auto left = folder.save(save_command(target, 1, seconds));
        auto right = database.save(save_command(target, 1, seconds));
        CHECK(rule_of(left) == rule_of(right));
        if (left && right)
            CHECK(left->info.last_modified == right->info.last_modified);
        return std::pair{std::move(left), std::move(right)};
    };
    const auto [next, also_next] = save(NewBlob{}, 0);
    CHECK(next->blob_id() == also_next->blob_id());
    save(person(9), 1); // forgotten
    const auto blob_id = folder.info(person(5)).value().blob_id;
    // A second that the persons have had, so that the next ones are taken. No link version may come again.
    for (const std::int32_t id : {6, 7, 21, 23, 26, 40, 5, 13}) {
        CAPTURE(id);
        const auto before = database.info(person(id));
        const auto left = folder.link(link_command(person(id), blob_id, 10));
        const auto right = database.link(link_command(person(id), blob_id, 10));
        REQUIRE(left.has_value());
        REQUIRE(right.has_value());
        CHECK(left->last_modified == right->last_modified);
        if (!before)
            CHECK(right->link_version == last_version + 1);
        else
            CHECK(right->link_version >= before->link_version);
    }
    // A refused save keeps what is left of an unlinked person.
    folder.unlink({.person_id = person(26), .actor = actor(1), .now = at(11)}).value();
    database.unlink({.person_id = person(26), .actor = actor(1), .now = at(11)}).value();
    auto refused = save_command(person(26), 2, 12);
    refused.precondition = {.if_match = VersionCondition{.any = true, .versions = {}}};
    CHECK(rule_of(database.save(refused)) == "precondition.failed");
    save(person(26), 12);
}

inline result<TransferReport> migrate(const fs::path& folder, const std::string& schema,
                                      const TransferredAccounts& accounts = {},
                                      const TransferListener& listener = {}) {
    PORTRAIT_TRY_GET(source, FolderSource::open(folder));
    PORTRAIT_TRY_GET(target, MigrationTarget::open(shared_postgres().connection(), schema));
    return transfer_store(*source, *target, accounts, listener);
}

inline std::string rule_of_opening(const std::string& schema) {
    return rule_of(
        PostgresImageStore::open({.connection = shared_postgres().connection(), .schema = schema}));
}

/// A filled folder, and a copy of it that stays.
struct Folders {
    TemporaryFolder parent;
    fs::path moved = parent / "moved";
    fs::path copy = parent / "copy";

    Folders() {
        fill(moved);
        update_copy();
    }
    void update_copy() const {
        fs::remove_all(copy);
        fs::copy(moved, copy, fs::copy_options::recursive);
    }
};

inline void check_moved(const Folders& folders, const std::string& schema) {
    const auto last_version = FolderSource::open(folders.copy).value()->counters().value().last_version;
    const auto folder = open_folder(folders.copy);
    const auto database = open_store(schema);
    check_same_reads(*folder, *database);
    check_same_changes(*folder, *database, last_version);
}

} // namespace postgres_migration_test
