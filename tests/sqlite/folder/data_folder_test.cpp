#include "sqlite/faults/store_process.hpp"
#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include "rows/schema.hpp"

#include <portrait/sqlite/person_directory.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace data_folder_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::person;
using conformance::save;
using conformance::save_command;

namespace {

constexpr unsigned nobody = 65534;

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream{path} << text;
}

/// Sets the umask while it lives.
struct Umask {
    explicit Umask(mode_t mask)
        : before{::umask(mask)} {}
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;
    ~Umask() { ::umask(before); }
    mode_t before;
};

} // namespace

TEST_CASE("a new data folder is private whatever the umask", "[sqlite][folder]") {
    const TemporaryFolder folder;
    const Umask umask{GENERATE(as<mode_t>{}, 0, 0277)};
    const auto data = folder / "data";
    const auto store = open_store(data);
    save(*store, person(1), 1);
    CHECK(mode_of(data) == 0700);
    CHECK(mode_of(data / "pictures") == 0700);
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{data})
        if (entry.is_regular_file()) {
            CAPTURE(entry.path().filename().string());
            CHECK(mode_of(entry.path()) == 0600);
            ++files;
        }
    CHECK(files == 6); // lock, reserve, database, its log and the log's index, one segment
}

TEST_CASE("an existing folder is used and keeps its mode", "[sqlite][folder]") {
    const TemporaryFolder folder;
    ::chmod(folder.path().c_str(), 0750);
    SqliteOptions options =
        options_for(folder.path().string() + "/"); // a slash at the end makes no difference
    CHECK(open_store(options)->writable().has_value());
    CHECK(mode_of(folder.path()) == 0750);
    CHECK(std::filesystem::exists(folder / "portrait.db"));
}

TEST_CASE("a folder without a parent is refused in one sentence", "[sqlite][folder]") {
    const TemporaryFolder folder;
    const auto opened = SqliteImageStore::open(options_for(folder / "missing" / "data"));
    REQUIRE(opened.has_error());
    CHECK(opened.error() == errc::store_folder_missing);
    CHECK(opened.error().message() == "The data folder's parent does not exist");
    CHECK_THAT(opened.error().cause(), Catch::Contains("missing"));
    CHECK_FALSE(std::filesystem::exists(folder / "missing"));
}

TEST_CASE("a file in the place of the data folder is refused", "[sqlite][folder]") {
    const TemporaryFolder folder;
    write_file(folder / "data", "text");
    CHECK(rule_of_opening(options_for(folder / "data")) == "store.not_a_database");
    CHECK(rule_of_opening(options_for(folder / "data" / "below")) == "store.folder_missing");
}

TEST_CASE("a folder that may not be written is read-only", "[sqlite][folder]") {
    const TemporaryFolder folder;
    ::chmod(folder.path().c_str(), 0755);
    const auto data = folder / "data";
    open_store(data).reset();
    // Modes don't restrict root, so the process changes its user.
    const auto user = ::geteuid() == 0 ? std::optional{nobody} : std::nullopt;

    SECTION("an existing one") {
        for (const auto& entry : std::filesystem::recursive_directory_iterator{data})
            ::chmod(entry.path().c_str(), entry.is_directory() ? 0555 : 0444);
        ::chmod(data.c_str(), 0555);
        CHECK(StoreProcess{"hold", data, user}.line() == "store.read_only");
    }
    SECTION("one whose database only may not") {
        ::chmod((data / "portrait.db").c_str(), 0444);
        for (const auto* const name : {"", "lock", "pictures", "portrait.db"})
            if (user)
                REQUIRE(::chown((data / name).c_str(), *user, *user) == 0);
        CHECK(StoreProcess{"hold", data, user}.line() == "store.read_only");
    }
    SECTION("a new one in a folder that may not be written") {
        ::chmod(folder.path().c_str(), 0555);
        CHECK(StoreProcess{"hold", folder / "other", user}.line() == "store.read_only");
    }
    ::chmod(folder.path().c_str(), 0755);
    ::chmod(data.c_str(), 0755);
    ::chmod((data / "pictures").c_str(), 0755);
}

TEST_CASE("another program's database is refused and left as it is", "[sqlite][folder]") {
    const TemporaryFolder folder;
    const auto database = folder / "portrait.db";
    SECTION("not SQLite") {
        write_file(database, std::string(5000, 'x'));
    }
    SECTION("too short for SQLite") {
        write_file(database, "text");
    }
    SECTION("another application's") {
        run_sql(database, "CREATE TABLE other (id); PRAGMA application_id = 7");
    }
    SECTION("unknown tables") {
        run_sql(database, "CREATE TABLE other (id)");
    }
    std::ifstream before{database};
    const std::string bytes{std::istreambuf_iterator{before}, {}};
    CHECK(rule_of_opening(options_for(folder.path())) == "store.not_a_database");
    std::ifstream after{database};
    CHECK(bytes == std::string{std::istreambuf_iterator{after}, {}});
}

TEST_CASE("a database of a newer version is refused", "[sqlite][folder]") {
    const TemporaryFolder folder;
    open_store(folder.path()).reset();
    const auto newer = sqlite::schema_version() + 1;
    run_sql(folder / "portrait.db", "PRAGMA user_version = " + std::to_string(newer));
    const auto opened = SqliteImageStore::open(options_for(folder.path()));
    REQUIRE(opened.has_error());
    CHECK(opened.error() == errc::store_newer_schema);
    CHECK(opened.error().message() ==
          "The data folder has schema version 4; this program accepts versions up to 3");
    CHECK(run_sql(folder / "portrait.db", "PRAGMA user_version") == newer);
}

TEST_CASE("the database has an application id and a log", "[sqlite][folder]") {
    const TemporaryFolder folder;
    open_store(folder.path()).reset();
    CHECK(run_sql(folder / "portrait.db", "PRAGMA application_id") == sqlite::application_id);
    CHECK(run_sql(folder / "portrait.db", "PRAGMA user_version") == sqlite::schema_version());
    CHECK(run_sql(folder / "portrait.db", "SELECT journal_mode = 'wal' FROM pragma_journal_mode") == 1);
}

TEST_CASE("pictures without a database are refused", "[sqlite][folder]") {
    const TemporaryFolder folder;
    save(*open_store(folder.path()), person(1), 1);
    std::filesystem::remove(folder / "portrait.db");
    CHECK(rule_of_opening(options_for(folder.path())) == "store.corrupt");
    CHECK_FALSE(std::filesystem::exists(folder / "portrait.db"));
}

TEST_CASE("a folder has one owner", "[sqlite][folder]") {
    const TemporaryFolder folder;
    SECTION("in this process") {
        auto store = open_store(folder.path());
        CHECK(rule_of_opening(options_for(folder.path())) == "store.in_use");
        save(*store, person(1), 1); // the refusal has no effect on the first store
        store.reset();
        CHECK(rule_of_opening(options_for(folder.path())) == "opened");
    }
    SECTION("as long as the person directory lives") {
        auto store = open_store(folder.path());
        auto persons = store->persons();
        store.reset();
        CHECK(rule_of_opening(options_for(folder.path())) == "store.in_use");
        CHECK(persons->add(person(1), "One").has_value());
        persons.reset();
        CHECK(open_store(folder.path())->persons()->contains(person(1)).value());
    }
    SECTION("in all processes, until it dies") {
        StoreProcess owner{"hold", folder.path()};
        REQUIRE(owner.line() == "opened");
        const auto opened = SqliteImageStore::open(options_for(folder.path()));
        REQUIRE(opened.has_error());
        CHECK(opened.error() == errc::store_in_use);
        CHECK_THAT(opened.error().cause(), Catch::Contains("process " + std::to_string(owner.id())));
        owner.kill();
        CHECK(rule_of_opening(options_for(folder.path())) == "opened");
    }
}

TEST_CASE("a program that the owner starts doesn't inherit the folder", "[sqlite][folder]") {
    const TemporaryFolder folder;
    const TemporaryFolder other;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    StoreProcess child{"hold", other.path()};
    REQUIRE(child.line() == "opened");
    store.reset();
    CHECK(rule_of_opening(options_for(folder.path())) == "opened");
    for (const auto& entry :
         std::filesystem::directory_iterator{"/proc/" + std::to_string(child.id()) + "/fd"}) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
        CHECK_THAT(target, !Catch::StartsWith(folder.path().string()));
    }
}

TEST_CASE("a store whose folder was deleted takes no writes", "[sqlite][folder]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    save(*store, person(1), 1);
    std::filesystem::remove_all(folder / "data");
    CHECK(store->writable().error() == errc::store_io);
    CHECK(store->writable().error().cause() == "the data folder was deleted");
    CHECK(store->save(save_command(person(2), 2)).has_error());
    CHECK(store->save(save_command(person(2), 2)).has_error());
}

TEST_CASE("the error for a folder that this process has open says so", "[sqlite][folder]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    const auto second = SqliteImageStore::open(options_for(folder / "data"));
    CHECK(second.error() == errc::store_in_use);
    CHECK(second.error().message() == "This process has the data folder open already; use that store");
}

TEST_CASE("options without room for a read or a write are refused", "[sqlite][folder]") {
    const TemporaryFolder folder;
    auto options = options_for(folder / "data");
    options.read_connections = 0;
    CHECK(SqliteImageStore::open(options).error().message() == "read_connections must be at least 1; got 0");
    options = options_for(folder / "data");
    options.max_waiting_writes = 0;
    CHECK(SqliteImageStore::open(options).error().message() ==
          "max_waiting_writes must be at least 1; got 0");
    CHECK_FALSE(std::filesystem::exists(folder / "data"));
}

} // namespace data_folder_test
