#include "support/catch.hpp"

#include "store_fixture.hpp"

#include "client/connection_string.hpp"

#include <portrait/postgres/connection_string.hpp>
#include <portrait/testing/store_commands.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

// Opening a store, and its maintenance.
namespace postgres_open_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)

TEST_CASE("stores that are opened on an empty database at the same time all open", "[postgres][open]") {
    (void)shared_postgres();
    for (int round = 0; round < 5; ++round) {
        const auto schema = PostgresServer::new_schema();
        std::vector<std::future<result<std::unique_ptr<PostgresImageStore>>>> opened;
        opened.reserve(4);
        for (int count = 0; count < 4; ++count)
            opened.push_back(std::async(std::launch::async, [&schema] {
                return PostgresImageStore::open(
                    {.connection = shared_postgres().connection(), .schema = schema});
            }));
        for (auto& one : opened) {
            const auto store = one.get();
            INFO((store ? "" : store.error().message() + ": " + store.error().cause()));
            CHECK(store.has_value());
        }
    }
}

TEST_CASE("a connection string with a password or a fault is refused, and the refusal doesn't show it",
          "[postgres][open]") {
    const auto* const text =
        GENERATE("postgresql://portrait:tops3cret@db.example.com/portrait", "host=db password=tops3cret",
                 "sslpassword=tops3cret", "postgresql://portrait:tops3cret@[db/portrait", "tops3cret",
                 "postgresql:///portrait?password=tops3cret");
    CAPTURE(text);
    const auto checked = postgres::check_connection_string(text);
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error() == errc::store_unfit);
    CHECK(checked.error().message().find("tops3cret") == std::string::npos);
    CHECK(checked.error().cause().empty());
}

TEST_CASE("connection strings without a password are accepted", "[postgres][open]") {
    const auto* const text = GENERATE("postgresql://portrait@db.example.com/portrait", "service=portrait", "",
                                      "host=a,b port=5432 dbname=portrait sslmode=require");
    CHECK(postgres::check_connection_string(text).has_value());
}

TEST_CASE("TLS is verified to another machine unless a setting says otherwise", "[postgres][open]") {
    using postgres::added_sslmode;
    for (const auto* const text :
         {"host=db.example.com", "postgresql://portrait@db.example.com/portrait",
          "host=localhost,db.example.com", "hostaddr=192.0.2.7", "host=localhost hostaddr=192.0.2.7"})
        CHECK(added_sslmode(text) == "verify-full");
    for (const auto* const text :
         {"host=localhost", "host=127.0.0.1", "host=::1", "host=/run/postgresql", "dbname=portrait", "",
          "host=db.example.com sslmode=prefer", "postgresql://db.example.com/portrait?sslmode=require",
          "host=db.example.com hostaddr=127.0.0.1"})
        CHECK(added_sslmode(text).empty());

    const TemporaryFolder folder;
    const auto file = folder / "pg_service.conf";
    std::ofstream{file} << "[plain]\nhost=db.example.com\n[strict]\nhost=db.example.com\nsslmode=require\n";
    ::setenv("PGSERVICEFILE", file.c_str(), 1);
    CHECK(added_sslmode("service=plain") == "verify-full");
    CHECK(added_sslmode("service=strict").empty());
    ::setenv("PGSSLMODE", "require", 1);
    CHECK(added_sslmode("service=plain").empty());
    ::unsetenv("PGSSLMODE");
    ::unsetenv("PGSERVICEFILE");
}

TEST_CASE("a check finds damaged bytes, missing bytes and bytes without a blob", "[postgres][upkeep]") {
    const auto schema = PostgresServer::new_schema();
    const auto store = open_store(schema);
    for (std::int32_t number = 1; number <= 30; ++number)
        REQUIRE(store->save(save_command(person(number), static_cast<std::uint32_t>(number))).has_value());
    std::uint64_t done = 0;
    const auto good = store
                          ->check([&](const Progress& progress) {
                              done = progress.total != 0 ? progress.done : done;
                              return true;
                          })
                          .value();
    CHECK(good.ok());
    CHECK(good.pictures == 30);
    CHECK(good.bytes == done);

    auto& server = shared_postgres();
    const auto content_of = [&](int number) {
        return "(SELECT b.content_id FROM " + schema + ".blob b JOIN " + schema +
               ".person_slot USING (blob_id) WHERE person_id = " + std::to_string(number) + ")";
    };
    server.run("UPDATE " + schema +
               ".content SET bytes = set_byte(bytes, 20, 255 - get_byte(bytes, 20)) WHERE "
               "content_id = " +
               content_of(7));
    server.run("DELETE FROM " + schema + ".content WHERE content_id = " + content_of(8));
    server.run("INSERT INTO " + schema + ".content VALUES (gen_random_uuid(), 'left')");
    const auto bad = store->check().value();
    CHECK(bad.pictures == 28);
    REQUIRE(bad.damages.size() == 3);
    CHECK(bad.damage_count == 3);
    CHECK(bad.damages[0].persons == std::vector{person(7)});
    CHECK(bad.damages[0].what.find("digest") != std::string::npos);
    CHECK(bad.damages[1].persons == std::vector{person(8)});
    CHECK(bad.damages[1].what.find("missing") != std::string::npos);
    CHECK_FALSE(bad.damages[2].blob_id.has_value());
    CHECK(bad.damages[2].what.find("4 bytes") != std::string::npos);

    CHECK(store->check([](const Progress&) { return false; }).error() == errc::cancelled);
}

TEST_CASE("a new epoch invalidates tags on all servers and skips a million ids", "[postgres][upkeep]") {
    const auto schema = PostgresServer::new_schema();
    const auto store = open_store(schema);
    const auto other = open_store(schema);
    const auto first = store->save(save_command(person(1), 1)).value().blob_id();
    const auto before = other->epoch();
    // As after rows came back into tables whose sequence was not restored.
    shared_postgres().run("SELECT setval('" + schema + ".blob_id', 1, false)");
    const auto epoch = store->new_epoch().value();
    CHECK(epoch != before);
    CHECK(store->epoch() == epoch);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5}; // promised: 1 s
    while (other->epoch() != epoch && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    CHECK(other->epoch() == epoch);
    result<SavedImage> saved = errc::internal;
    while (!(saved = other->save(save_command(person(2), 2))) && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    REQUIRE(saved.has_value());
    CHECK(saved->blob_id().value() > first.value() + 1'000'000 - 1);
}

TEST_CASE("a person that is erased has no rows, and one with a later picture has", "[postgres][upkeep]") {
    const auto store = open_store(PostgresServer::new_schema());
    CHECK_FALSE(store->verify_erased(person(7)).value().erasure.has_value());
    REQUIRE(store->save(save_command(person(7), 1)).has_value());
    REQUIRE(store->erase({.person_id = person(7), .actor = {}, .now = store->clock()->now()}).has_value());
    CHECK(store->verify_erased(person(7)).value().ok());
    REQUIRE(store->save(save_command(person(7), 2)).has_value());
    CHECK(store->verify_erased(person(7)).value().found.size() == 1);
}

} // namespace postgres_open_test
