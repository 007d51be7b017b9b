#include "support/catch.hpp"

#include "store_fixture.hpp"

#include <portrait/person_image_service.hpp>
#include <portrait/revalidating_image_store.hpp>
#include <portrait/testing/pictures.hpp>
#include <portrait/testing/shared_store_conformance.hpp>

#include <csignal>
#include <future>
#include <memory>
#include <vector>

namespace postgres_cache_test {

using namespace portrait;                       // NOLINT(google-build-using-namespace)
using namespace portrait::testing;              // NOLINT(google-build-using-namespace)
using namespace portrait::testing::conformance; // NOLINT(google-build-using-namespace)

namespace {

/// A server's part of a store: connections and a cache of its own.
struct Node {
    explicit Node(const std::string& schema)
        : store{open_store(schema, {.cache = cache})} {}

    std::shared_ptr<ImageCache> cache = std::make_shared<ImageCache>(1 << 20);
    std::shared_ptr<PostgresImageStore> store;
    std::shared_ptr<ImageStore> images = std::make_shared<RevalidatingImageStore>(store, cache);
};

} // namespace

TEST_CASE("two caches on one PostgreSQL keep the promises of a shared store",
          "[postgres][cache][conformance]") {
    shared_store_conformance([] {
        const auto schema = PostgresServer::new_schema();
        return std::vector<std::shared_ptr<ImageStore>>{Node{schema}.images, Node{schema}.images};
    });
}

TEST_CASE("a hit in the cache transfers no bytes", "[postgres][cache]") {
    const Node node{PostgresServer::new_schema()};
    save(*node.images, person(1), 1);
    for (int read = 0; read < 5; ++read)
        CHECK(has_picture(*node.images, person(1), 1));
    CHECK(node.cache->statistics().misses == 1);
    // The bytes are another row: without them a hit can't be answered by the database.
    save(*node.images, person(2), 2);
    CHECK(has_picture(*node.images, person(2), 2));
}

TEST_CASE("a picture that one server removes or erases leaves the other one's cache", "[postgres][cache]") {
    const auto schema = PostgresServer::new_schema();
    const Node here{schema};
    const Node there{schema};
    save(*here.images, person(1), 1);
    REQUIRE(has_picture(*there.images, person(1), 1));
    REQUIRE(there.cache->statistics().entries == 2);
    SECTION("removed") {
        REQUIRE(here.images->remove(removal_of(person(1))).has_value());
    }
    SECTION("erased") {
        REQUIRE(here.images->erase({.person_id = person(1), .actor = actor(1), .now = at(5)}).has_value());
    }
    CHECK(there.images->image(person(1)).error() == errc::image_none);
    CHECK(becomes_true([&] { return there.cache->statistics().entries == 0; }, std::chrono::seconds{5}));
}

TEST_CASE("without the database there are no pictures, and the cache is emptied", "[postgres][cache]") {
    PostgresServer server;
    const auto cache = std::make_shared<ImageCache>(1 << 20);
    const std::shared_ptr<PostgresImageStore> store =
        value_of(PostgresImageStore::open({.connection = server.connection(), .cache = cache}));
    const RevalidatingImageStore images{store, cache};
    save(*store, person(1), 1);
    REQUIRE(has_picture(images, person(1), 1));
    server.stop(SIGINT);
    CHECK(images.image(person(1)).error() == errc::store_unreachable);
    CHECK(becomes_true([&] { return cache->statistics().entries == 0; }, std::chrono::seconds{25}));
    server.start();
    CHECK(becomes_true([&] { return has_picture(images, person(1), 1); }, std::chrono::seconds{5}));
}

TEST_CASE("a new state of the database empties the cache, and its tags are others", "[postgres][cache]") {
    const auto schema = PostgresServer::new_schema();
    const Node node{schema};
    save(*node.images, person(1), 1);
    const auto before = value_of(node.images->image(person(1))).info;
    CHECK(before.epoch == node.store->epoch());
    // As after a restoration: the note of the place isn't this one's.
    shared_postgres().run("UPDATE " + schema + ".store SET epoch = 'another'");
    CHECK(becomes_true([&] { return node.store->epoch() == "another"; }, std::chrono::seconds{5}));
    CHECK(node.cache->statistics().entries == 0);
    const auto after = value_of(node.images->image(person(1))).info;
    CHECK(after.epoch == "another");
    CHECK(after.version() != before.version());
    auto command = save_command(person(1), 2);
    command.precondition = if_match(before.version());
    CHECK(node.images->save(command).error() == errc::precondition_failed);
    command.precondition = if_match(after.version());
    CHECK(node.images->save(command).has_value());
}

TEST_CASE("a save is decided by the directory in its transaction", "[postgres][persons]") {
    const auto schema = PostgresServer::new_schema();
    const Node here{schema};
    const Node there{schema};
    const auto directory = here.store->persons();
    PersonImageService service{here.images, directory};
    const ImageBytes bytes{make_png()};
    CHECK(here.images->checks_persons_of(*directory));
    CHECK_FALSE(here.images->checks_persons_of(*there.store->persons()));
    CHECK_FALSE(here.images->checks_persons_of(AnyPersonDirectory{}));

    const auto unknown = service.save(person(1), bytes);
    CHECK(unknown.error() == errc::person_unknown);
    CHECK(unknown.error().message() == "Person id 1 not found");
    REQUIRE(directory->add(person(1), "Ada").has_value());
    CHECK(service.save(person(1), bytes).has_value());
    REQUIRE(there.store->persons()->forget(person(1)).has_value());
    CHECK(service.save(person(1), bytes).error() == errc::person_unknown);
    // Without a list every person may have a picture.
    CHECK(PersonImageService{here.images, std::make_shared<AnyPersonDirectory>()}
              .save(person(2), bytes)
              .has_value());
}

TEST_CASE("reads that wait take no thread each", "[postgres][read]") {
    const Node node{PostgresServer::new_schema()};
    const auto persons = node.store->persons();
    const PersonImageService service{node.images, persons};
    REQUIRE(persons->add(person(2), "Bob").has_value());
    save(*node.images, person(1), 1);
    CHECK(service.fetches_without_blocking());
    const auto fetched = [&service](PersonId person_id) {
        std::promise<result<StoredImage>> answer;
        service.fetch(person_id, [&](result<StoredImage> stored) { answer.set_value(std::move(stored)); });
        return answer.get_future().get();
    };
    CHECK(fetched(person(1)).value().bytes.text() == content(1).bytes.text());
    CHECK(fetched(person(2)).error() == errc::image_none);
    CHECK(fetched(person(3)).error() == errc::person_unknown);
    std::promise<result<ImageInfo>> info;
    service.fetch_info(person(3), [&](result<ImageInfo> read) { info.set_value(std::move(read)); });
    CHECK(info.get_future().get().error() == errc::person_unknown);
}

} // namespace postgres_cache_test
