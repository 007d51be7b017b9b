#include "service_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace erasure_and_import_test {

using namespace portrait;
using namespace portrait::testing::service;
using Fixture = ServiceFixture;
using portrait::testing::make_png;

TEST_CASE("an erasure with the name removes picture and person, and its receipt says so",
          "[service][erase]") {
    Fixture fixture;
    const auto saved = fixture.service.save(person(1), ImageBytes{make_png(30, 20)}, ada);
    REQUIRE(saved.has_value());
    const auto receipt = fixture.service.erase(person(1), bob, true);
    REQUIRE(receipt.has_value());
    CHECK((receipt->person_id == person(1)));
    CHECK(receipt->at == fixture.clock->now());
    CHECK((receipt->by == bob));
    CHECK(receipt->number == 1);
    CHECK((receipt->erased == std::vector{saved->blob_id()}));
    CHECK(receipt->kept.empty());
    CHECK(receipt->name == NameErasure::forgotten);
    CHECK(receipt->unproven.empty());
    CHECK(fixture.service.image(person(1)).error() == errc::person_unknown);
    CHECK(fixture.service.save(person(1), ImageBytes{make_png(3, 2)}).error() == errc::person_unknown);
    const auto again = fixture.service.erase(person(1), bob, true);
    REQUIRE(again.has_value());
    CHECK(again->name == NameErasure::absent);
    CHECK(again->erased.empty());
}

TEST_CASE("an erasure without the name keeps the person, who can get a picture again", "[service][erase]") {
    Fixture fixture;
    REQUIRE(fixture.service.save(person(1), ImageBytes{make_png(30, 20)}, ada).has_value());
    CHECK(fixture.service.erase(person(1), bob).value().name == NameErasure::kept);
    CHECK(fixture.service.image(person(1)).error() == errc::image_none);
    CHECK(fixture.service.save(person(1), ImageBytes{make_png(3, 2)}).has_value());
}

TEST_CASE("a name that is kept elsewhere is not erased here, nor is the picture", "[service][erase]") {
    Fixture fixture;
    PersonImageService service{fixture.store, std::make_shared<AnyPersonDirectory>()};
    REQUIRE(service.save(person(1), ImageBytes{make_png(30, 20)}).has_value());
    CHECK(service.erase(person(1), bob, true).error() == errc::person_kept_elsewhere);
    CHECK(service.image(person(1)).has_value());
}

TEST_CASE("a receipt is a line of JSON without a digest", "[service][erase]") {
    const ErasureReceipt receipt{.person_id = person(7),
                                 .at = Timestamp{std::chrono::milliseconds{1'700'000'000'125}},
                                 .by = {.associate_id = 3, .name = "a\"\n\\"},
                                 .epoch = "5f0c",
                                 .number = 4,
                                 .erased = {BlobId::from(12).value()},
                                 .kept = {BlobId::from(13).value(), BlobId::from(14).value()},
                                 .name = NameErasure::forgotten,
                                 .unproven = {"One", "Two"}};
    CHECK(to_json(receipt) ==
          R"({"person_id":7,"erased_at":"2023-11-14T22:13:20.125Z","by":{"associate_id":3,)"
          R"("name":"a\"\\x0A\\"},"store":"5f0c","erasure":4,"erased_blob_ids":[12],)"
          R"("kept_blob_ids":[13,14],"name":"forgotten","proven":false,"unproven":["One","Two"]})");
}

TEST_CASE("an import gets the limits and the scrub of a save, and the stamps of its origin",
          "[service][import]") {
    Fixture fixture;
    const ImportOrigin origin{.stamps = {.created_at = Timestamp{std::chrono::seconds{1}},
                                         .created_by = ada,
                                         .updated_at = Timestamp{std::chrono::seconds{2}},
                                         .updated_by = bob},
                              .linked_at = Timestamp{std::chrono::seconds{3}}};
    const auto imported = fixture.service.import_image(person(1), ImageBytes{make_png(30, 20)},
                                                       {.description = "d"}, origin, bob);
    REQUIRE(imported.has_value());
    CHECK(imported->info.description == "d");
    CHECK((imported->info.created_by == ada));
    CHECK(imported->info.updated_at == origin.stamps.updated_at);
    const auto linked = fixture.service.import_link(person(2), imported->blob_id(), origin, bob);
    REQUIRE(linked.has_value());
    CHECK(linked->linked_at == origin.linked_at);
    CHECK(fixture.service.import_image(person(3), ImageBytes{make_png(3, 2)}, {}, origin).error() ==
          errc::person_unknown);
    CHECK(fixture.service
              .import_image(person(1), ImageBytes{make_png(3, 2)}, {.description = std::string(2049, 'x')},
                            origin)
              .error() == errc::info_text_too_long);
    CHECK(
        fixture.service.import_image(person(1), ImageBytes{std::string{"no picture"}}, {}, origin).error() ==
        errc::image_unknown_format);
    PersonImageService small{fixture.store, fixture.directory, Limits{.max_bytes = 10}};
    CHECK(small.import_image(person(1), ImageBytes{make_png(30, 20)}, {}, origin).error() ==
          errc::image_too_many_bytes);
}

} // namespace erasure_and_import_test
