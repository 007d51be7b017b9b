#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <portrait/sqlite/open_folder.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

// Another user prepares the folder of a copy: with links to files of the operator, or with pipes.
namespace planted_files_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::person;
using conformance::save;

namespace {

namespace fs = std::filesystem;

const std::string victim_text = "precious";

std::string text_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator{file}, {}};
}

void write(const fs::path& path, const std::string& text = {}) {
    std::ofstream{path, std::ios::binary} << text;
}

enum class Plant { symbolic_link, dangling_link, hard_link, pipe };

/// Every file that a copy opens, makes, replaces or removes.
const auto file_names = {"lock",
                         "portrait.db",
                         "portrait.db-journal",
                         "portrait.db-wal",
                         "portrait.db-shm",
                         "portrait.db.partial",
                         "portrait.db.partial-journal",
                         "portrait.db.partial-wal",
                         "portrait.db.partial-shm",
                         "pictures/00000001.seg",
                         "pictures/00000009.seg"};

/// A store with a picture, and a folder that looks like an interrupted copy's.
struct Place {
    Place() {
        save(*store, person(1), 1);
        fs::create_directories(target / "pictures");
        write(target / "portrait.db.partial");
        write(victim, victim_text);
    }

    void plant(const std::string& name, Plant plant) const {
        const auto path = target / name;
        fs::remove(path);
        switch (plant) {
        case Plant::symbolic_link: fs::create_symlink(victim, path); break;
        case Plant::dangling_link: fs::create_symlink(folder / "made", path); break;
        case Plant::hard_link: fs::create_hard_link(victim, path); break;
        case Plant::pipe: REQUIRE(::mkfifo(path.c_str(), 0600) == 0); break;
        }
    }

    TemporaryFolder folder;
    fs::path target = folder / "target";
    fs::path victim = folder / "victim";
    std::unique_ptr<SqliteImageStore> store = open_store(folder / "data");
};

template<class Value>
errc code_of(const result<Value>& outcome) {
    return outcome ? errc::internal : outcome.error().code();
}

} // namespace

TEST_CASE("a backup and a restoration follow no link and wait for no pipe in their target",
          "[sqlite][backup]") {
    for (const std::string name : file_names)
        for (const auto plant : {Plant::symbolic_link, Plant::dangling_link, Plant::hard_link, Plant::pipe}) {
            CAPTURE(name, static_cast<int>(plant));
            Place place;
            REQUIRE(place.store->backup(place.folder / "backup").has_value());
            place.plant(name, plant);
            CHECK(code_of(place.store->backup(place.target)) == errc::file_invalid);
            CHECK(code_of(sqlite::restore(place.folder / "backup", place.target)) == errc::file_invalid);
            CHECK(text_of(place.victim) == victim_text);
            CHECK_FALSE(fs::exists(place.folder / "made"));
        }
}

TEST_CASE("a backup doesn't follow a link to the store's own database", "[sqlite][backup]") {
    Place place;
    const auto database = place.folder / "data" / "portrait.db";
    const auto before = text_of(database);
    fs::create_symlink(database, place.target / "lock");
    CHECK(code_of(place.store->backup(place.target)) == errc::file_invalid);
    CHECK(text_of(database) == before);
    CHECK(place.store->check().value().ok());
}

TEST_CASE("a restoration follows no link in the backup", "[sqlite][backup]") {
    const auto name = GENERATE(as<std::string>{}, "lock", "portrait.db-wal", "pictures/00000001.seg");
    CAPTURE(name);
    Place place;
    REQUIRE(place.store->backup(place.target).has_value());
    fs::remove(place.target / name);
    fs::create_symlink(place.victim, place.target / name);
    CHECK(code_of(sqlite::restore(place.target, place.folder / "new")) == errc::file_invalid);
    CHECK(text_of(place.victim) == victim_text);
}

TEST_CASE("the folder of a copy and its pictures must be folders and no links", "[sqlite][backup]") {
    Place place;
    fs::create_directory(place.folder / "elsewhere");
    fs::create_directory_symlink(place.folder / "elsewhere", place.folder / "link");
    for (const auto* const name : {"link", "link/", "link/."}) {
        CAPTURE(name);
        CHECK(code_of(place.store->backup(place.folder / name)) == errc::file_invalid);
    }
    fs::remove(place.target / "pictures");
    fs::create_directory_symlink(place.folder / "elsewhere", place.target / "pictures");
    CHECK(code_of(place.store->backup(place.target)) == errc::file_invalid);
    CHECK(fs::is_empty(place.folder / "elsewhere"));
}

TEST_CASE("a folder that other users can change is neither opened nor a copy's", "[sqlite][backup][folder]") {
    for (const mode_t mode : {0777U, 0775U, 01777U, 0722U}) {
        CAPTURE(mode);
        Place place;
        REQUIRE(::chmod(place.target.c_str(), mode) == 0);
        CHECK(code_of(place.store->backup(place.target)) == errc::file_invalid);
        CHECK(rule_of_opening(options_for(place.target)) == "file.invalid");
        CHECK_FALSE(fs::exists(place.target / "lock"));
        REQUIRE(::chmod(place.target.c_str(), 0755) == 0);
        REQUIRE(::chmod((place.target / "pictures").c_str(), mode) == 0);
        CHECK(code_of(place.store->backup(place.target)) == errc::file_invalid);
        CHECK(rule_of_opening(options_for(place.target)) == "file.invalid");
        REQUIRE(::chmod((place.target / "pictures").c_str(), 0755) == 0);
        CHECK(place.store->backup(place.target).has_value());
    }
}

TEST_CASE("a folder of another user is neither opened nor a copy's", "[sqlite][backup][folder]") {
    if (::geteuid() != 0)
        return; // only root can change the owner
    Place place;
    REQUIRE(::chown(place.target.c_str(), 65534, 65534) == 0);
    CHECK(code_of(place.store->backup(place.target)) == errc::file_invalid);
    CHECK(rule_of_opening(options_for(place.target)) == "file.invalid");
    REQUIRE(::chown(place.target.c_str(), 0, 0) == 0);
    REQUIRE(::chown((place.target / "portrait.db.partial").c_str(), 65534, 65534) == 0);
    CHECK(code_of(place.store->backup(place.target)) == errc::file_invalid);
}

TEST_CASE("a copy stays in the folder that was opened when its name gets another one", "[sqlite][backup]") {
    Place place;
    fs::remove(place.target / "portrait.db.partial");
    const auto target = sqlite::OpenFolder::open(place.target);
    REQUIRE(target.has_value());
    fs::create_directory(place.folder / "elsewhere");
    const auto report = place.store->backup(*target, [&, moved = false](const sqlite::Progress&) mutable {
        if (!std::exchange(moved, true)) {
            fs::rename(place.target, place.folder / "moved");
            fs::create_directory_symlink(place.folder / "elsewhere", place.target);
        }
        return true;
    });
    REQUIRE(report.has_value());
    CHECK(report->copied_pictures == 1);
    CHECK(fs::is_empty(place.folder / "elsewhere"));
    // And again, now that there are a database and its pictures.
    CHECK(place.store->backup(*target).value().copied_pictures == 0);
    CHECK(fs::is_empty(place.folder / "elsewhere"));
    CHECK(open_store(place.folder / "moved")->check().value().pictures == 1);
}

TEST_CASE("errors of a copy name its folder", "[sqlite][backup]") {
    Place place;
    const auto target = sqlite::OpenFolder::open(place.target);
    const auto second = open_store(place.target);
    const auto refused = place.store->backup(*target);
    REQUIRE(code_of(refused) == errc::store_in_use);
    CHECK_THAT(refused.error().cause(), Catch::Contains(place.target.string()));
}

} // namespace planted_files_test
