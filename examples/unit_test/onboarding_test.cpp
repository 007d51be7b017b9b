#include "onboarding.hpp"

#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/testing/failing_image_store.hpp>
#include <portrait/testing/manual_clock.hpp>
#include <portrait/testing/pictures.hpp>

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace portrait;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    PersonId ada = PersonId::from(7).value();
    std::shared_ptr<testing::FailingImageStore> store =
        std::make_shared<testing::FailingImageStore>(std::make_shared<MemoryImageStore>());
    std::shared_ptr<MemoryPersonDirectory> persons =
        std::make_shared<MemoryPersonDirectory>(std::initializer_list<PersonId>{ada});
    std::shared_ptr<testing::ManualClock> clock = std::make_shared<testing::ManualClock>();
    std::shared_ptr<PersonImageService> pictures =
        std::make_shared<PersonImageService>(store, persons, Limits{}, clock);
    std::vector<std::string> notified;
    Onboarding onboarding{pictures, [this](const std::string& sentence) { notified.push_back(sentence); }};
};

} // namespace

TEST_CASE("a picture of any format and size is stored unchanged, and the team is notified") {
    const auto number = GENERATE(range(0U, 91U)); // with the others below: 100 runs
    std::vector<std::byte> bytes;
    switch (number % 3) {
    case 0: bytes = testing::make_png(1 + number, 2 + number, number); break;
    case 1: bytes = testing::make_gif(static_cast<std::uint16_t>(1 + number), 5, number); break;
    default: bytes = testing::make_tiff(1 + number, 3, number % 2 == 0, number); break;
    }
    Fixture fixture;
    const ImageBytes picture{bytes};
    REQUIRE(fixture.onboarding.welcome(fixture.ada, picture).has_value());
    CHECK(fixture.pictures->image(fixture.ada)->bytes.text() == picture.text());
    CHECK(fixture.notified == std::vector<std::string>{"Say hello to person 7"});
}

TEST_CASE("bytes of no picture format are refused, and nobody is notified") {
    Fixture fixture;
    const auto refused = fixture.onboarding.welcome(fixture.ada, ImageBytes{std::string{"a letter"}});
    CHECK(refused.error() == errc::image_unknown_format);
    CHECK(fixture.notified.empty());
}

TEST_CASE("a picture of an unknown person is refused") {
    Fixture fixture;
    const auto refused =
        fixture.onboarding.welcome(PersonId::from(8).value(), ImageBytes{testing::make_png()});
    CHECK(refused.error() == errc::person_unknown);
    CHECK(fixture.notified.empty());
}

TEST_CASE("a save is retried once when the store is busy") {
    Fixture fixture;
    fixture.store->fail_call(1, errc::service_busy);
    CHECK(fixture.onboarding.welcome(fixture.ada, ImageBytes{testing::make_png()}).has_value());
    CHECK(fixture.store->calls() == 2);
    CHECK(fixture.notified.size() == 1);
}

TEST_CASE("an error of the disk is returned, and no picture is stored") {
    const auto broken = GENERATE(errc::store_full, errc::store_io, errc::store_closed, errc::store_corrupt);
    Fixture fixture;
    fixture.store->fail_all(broken);
    CHECK(fixture.onboarding.welcome(fixture.ada, ImageBytes{testing::make_png()}).error() == broken);
    CHECK(fixture.notified.empty());
    fixture.store->recover();
    CHECK(fixture.pictures->image(fixture.ada).error() == errc::image_none);
}

TEST_CASE("nobody is notified when the store throws") {
    Fixture fixture;
    fixture.store->throw_at_call(1, "out of order");
    CHECK_THROWS_AS(fixture.onboarding.welcome(fixture.ada, ImageBytes{testing::make_png()}),
                    std::runtime_error);
    CHECK(fixture.notified.empty());
}

TEST_CASE("a second picture keeps the blob id and has its own time") {
    Fixture fixture;
    const auto first = fixture.onboarding.welcome(fixture.ada, ImageBytes{testing::make_png(3, 2, 1)});
    const auto created = fixture.clock->now();
    fixture.clock->advance(1h);
    const auto second = fixture.onboarding.welcome(fixture.ada, ImageBytes{testing::make_png(3, 2, 2)});
    CHECK(first.value() == second.value());
    const auto info = fixture.pictures->info(fixture.ada).value();
    CHECK(info.created_at == created);
    CHECK(info.updated_at == created + 1h);
}
