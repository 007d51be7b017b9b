#include "migration_fixture.hpp"

#include <portrait/injection_point.hpp>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

// Moves of data folders that are stopped, and folders and databases that are damaged.
namespace postgres_migration_test {

TEST_CASE("a migration that was stopped at any point is continued", "[postgres][migration]") {
    const Folders folders;
    const auto schema = PostgresServer::new_schema();
    std::uint64_t copied = 0;
    for (int most = 1;; most += 3) {
        int calls = 0;
        const auto report = migrate(folders.moved, schema, {}, [&](const TransferProgress& progress) {
            CHECK(progress.done <= progress.total);
            return ++calls < most;
        });
        if (report) {
            copied = report->copied_pictures;
            break;
        }
        REQUIRE(report.error() == errc::cancelled);
        CHECK(rule_of_opening(schema) == "store.unfit");
        if (most == 7) { // the folder is in use meanwhile
            const auto store = open_folder(folders.moved);
            store->save(save_command(person(2), 90, 200)).value();
            store->remove(remove_command(person(14), 201)).value();
            store->save(save_command(person(30), 91, 202)).value();
            store->persons()->add(person(31), "renamed").value();
        }
    }
    CHECK(copied < 20);
    const auto store = open_store(schema);
    CHECK(store->image(person(2)).value().info.digest == content(90).digest);
    CHECK(rule_of(store->info(person(14))) == "image.none");
    CHECK(store->image(person(30)).value().info.digest == content(91).digest);
    CHECK(store->persons()->find(person(31)).value()->full_name == "renamed");
}

#ifdef PORTRAIT_INJECTION_POINTS

std::string_view fatal_point;
std::atomic<int> passes_left{0};

/// Runs a migration in a process of its own, which is killed at a point.
void migrate_and_die(const fs::path& folder, const std::string& schema, std::string_view point, int passes) {
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        fatal_point = point;
        passes_left = passes;
        injection_hook = [](std::string_view name) {
            if (name == fatal_point && --passes_left == 0)
                ::kill(::getpid(), SIGKILL);
        };
        (void)migrate(folder, schema);
        ::_exit(3);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
}

TEST_CASE("a migration whose process was killed is continued", "[postgres][migration]") {
    const auto [point, passes] = GENERATE(table<const char*, int>({{"transfer/batch_written", 1},
                                                                   {"transfer/batch_written", 2},
                                                                   {"transfer/copied", 1},
                                                                   {"transfer/approved", 1},
                                                                   {"transfer/sealed", 1}}));
    CAPTURE(point, passes);
    const Folders folders;
    const auto schema = PostgresServer::new_schema();
    (void)shared_postgres();
    migrate_and_die(folders.moved, schema, point, passes);
    CHECK(rule_of_opening(schema) == "store.unfit");
    const bool sealed = std::string_view{point} == "transfer/sealed";
    if (sealed) {
        const auto source = FolderSource::open(folders.moved);
        CHECK(rule_of(source) == "store.moved");
        const auto target = MigrationTarget::open(shared_postgres().connection(), schema).value();
        CHECK(source.error().cause() == target->place());
        CHECK(target->finish(sqlite::epoch_of(folders.moved).value()).has_value());
    } else {
        { // it can be used meanwhile
            const auto store = open_folder(folders.moved);
            store->save(save_command(person(2), 90, 200)).value();
        }
        folders.update_copy();
        const auto report = migrate(folders.moved, schema);
        INFO((report ? "" : report.error().message() + ": " + report.error().cause()));
        REQUIRE(report.has_value());
        CHECK(report->copied_pictures >= 1);
        CHECK(report->copied_pictures < report->totals.pictures);
    }
    check_moved(folders, schema);
}

#endif

TEST_CASE("a migration can't be finished before everything is compared", "[postgres][migration]") {
    const Folders folders;
    const auto schema = PostgresServer::new_schema();
    const auto stop = [](const TransferProgress&) { return false; };
    CHECK(rule_of(migrate(folders.moved, schema, {}, stop)) == "request.cancelled");
    const auto target = MigrationTarget::open(shared_postgres().connection(), schema).value();
    CHECK(rule_of(target->finish(sqlite::epoch_of(folders.moved).value())) == "store.unfit");
}

TEST_CASE("a difference between the folder and the database is found", "[postgres][migration]") {
    const Folders folders;
    const auto schema = PostgresServer::new_schema();
    const auto change =
        GENERATE("UPDATE content SET bytes = set_byte(bytes, 5, get_byte(bytes, 5) # 1) WHERE content_id = "
                 "(SELECT content_id "
                 "FROM blob WHERE blob_id = 12)",
                 "DELETE FROM content WHERE content_id = (SELECT content_id FROM blob WHERE blob_id = 12)",
                 "UPDATE blob SET description = 'x' WHERE blob_id = 3",
                 "UPDATE person_slot SET link_version = 1 WHERE "
                 "person_id = 3",
                 "DELETE FROM person WHERE person_id = 50", "INSERT INTO forgotten_person VALUES (1)",
                 "DELETE FROM erasure WHERE person_id = 7");
    CAPTURE(change);
    bool changed = false;
    const auto failed = migrate(folders.moved, schema, {}, [&](const TransferProgress& progress) {
        if (progress.done == progress.total && !std::exchange(changed, true))
            shared_postgres().run("SET search_path = " + schema + "; " + change);
        return true;
    });
    CHECK(rule_of(failed) == "store.corrupt");
    CHECK(rule_of_opening(schema) == "store.unfit");
    CHECK(open_folder(folders.moved)->info(person(2)).has_value());
}

TEST_CASE("a damaged picture is named, and the folder stays in use", "[postgres][migration]") {
    const Folders folders;
    const auto schema = PostgresServer::new_schema();
    const auto segment = folders.moved / "pictures" / "00000001.seg";
    damage_byte(segment, 4096 + 64 + 10);  // of person 2
    damage_byte(segment, 16384 + 64 + 10); // of person 4
    std::uint64_t damages = 0;
    std::vector<BlobId> damaged;
    {
        const auto report = migrate(folders.moved, schema);
        REQUIRE(report.has_value());
        REQUIRE_FALSE(report->ok());
        damages = report->damage_count;
        for (const auto& damage : report->damages) {
            CHECK(damage.what.find("of person") == 0);
            CHECK(damage.what.find("00000001.seg") != std::string::npos);
            damaged.push_back(damage.blob_id);
        }
    }
    CHECK(damages == damaged.size());
    CHECK(rule_of_opening(schema) == "store.unfit");
    {
        const auto store = open_folder(folders.moved);
        for (const auto blob_id : damaged)
            store->save(save_command(blob_id, 95, 300)).value();
    }
    folders.update_copy();
    const auto report = migrate(folders.moved, schema);
    REQUIRE(report.has_value());
    CHECK(report->ok());
    CHECK(report->copied_pictures == damages);
    check_moved(folders, schema);
}

TEST_CASE("a name that PostgreSQL can't keep is named", "[postgres][migration]") {
    const TemporaryFolder parent;
    const auto folder = parent / "data";
    open_folder(folder)->persons()->add(person(7), "bad \xff name").value();
    const auto schema = PostgresServer::new_schema();
    const auto failed = migrate(folder, schema);
    CHECK(rule_of(failed) == "store.corrupt");
    CHECK(failed.error().message().find("person 7") != std::string::npos);
    open_folder(folder)->persons()->add(person(7), "good name").value();
    CHECK(migrate(folder, schema).has_value());
}

} // namespace postgres_migration_test
