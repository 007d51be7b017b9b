#include "service_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace person_image_service_test {

using namespace portrait;
using namespace portrait::testing::service;
using Fixture = ServiceFixture;
using portrait::testing::make_gif;
using portrait::testing::make_jpeg;
using portrait::testing::make_png;
using portrait::testing::make_png_claiming;
using portrait::testing::make_tiff;

namespace {

class BrokenDirectory final : public PersonDirectory {
public:
    result<bool> contains(PersonId) const override { return Error{errc::store_io}; }
};

} // namespace

TEST_CASE("a saved picture comes back with its ImageInfo", "[service][save]") {
    Fixture fixture;
    const auto bytes = ImageBytes{make_png(30, 20)};
    const auto saved = fixture.service.save(person(1), bytes, ada);
    REQUIRE(saved.has_value());
    CHECK(saved->created);

    const auto stored = fixture.service.image(person(1));
    REQUIRE(stored.has_value());
    CHECK(stored->bytes.data() == bytes.data());
    CHECK(stored->info.format == ImageFormat::png);
    CHECK(stored->info.width == 30);
    CHECK(stored->info.height == 20);
    CHECK(stored->info.size == bytes.size());
    CHECK(stored->info.digest == digest_of(bytes));
    CHECK(stored->info.conceptual_type == "PERSONPHOTO");
    CHECK(stored->info.created_by == ada);
    CHECK(stored->info.created_at == fixture.clock->now());
    CHECK(fixture.service.info(person(1)).value() == stored->info);
    CHECK(fixture.service.image(saved->blob_id()).value().bytes.data() == bytes.data());
}

TEST_CASE("a picture saved twice keeps its blob id and refreshes its ImageInfo", "[service][save]") {
    Fixture fixture;
    const auto first = fixture.service.save(person(1), ImageBytes{make_png()}, ada).value();
    fixture.clock->advance(std::chrono::hours{1});
    const auto second = fixture.service.save(person(1), ImageBytes{make_jpeg(16, 24)}, bob).value();
    CHECK_FALSE(second.created);
    CHECK(second.blob_id() == first.blob_id());
    CHECK(second.info.format == ImageFormat::jpeg);
    CHECK(second.info.height == 24);
    CHECK(second.info.created_by == ada);
    CHECK(second.info.updated_by == bob);
    CHECK(second.info.updated_at - second.info.created_at == std::chrono::hours{1});
}

TEST_CASE("a submitted save calls back", "[service][save]") {
    Fixture fixture;
    std::optional<result<SavedImage>> outcome;
    const auto note = [&](result<SavedImage> saved) { outcome = std::move(saved); };
    fixture.service.submit(person(1), ImageBytes{make_gif()}, ada, {}, note);
    REQUIRE(outcome.has_value());
    CHECK(outcome->value().info.format == ImageFormat::gif);

    fixture.service.submit(person(1), ImageBytes::copy_of("no picture at all"), ada, {}, note);
    CHECK(outcome->error() == errc::image_unknown_format);
    fixture.service.submit(person(9), ImageBytes{make_gif()}, ada, {}, note);
    CHECK(outcome->error() == errc::person_unknown);
}

TEST_CASE("errors about a blob have its id", "[service]") {
    Fixture fixture;
    const auto blob = BlobId::from(77).value();
    const std::string not_found = "Blob id 77 not found";
    CHECK(fixture.service.info(blob).error().message() == not_found);
    CHECK(fixture.service.image(blob).error().message() == not_found);
    CHECK(fixture.service.replace(blob, ImageBytes{make_gif()}).error().message() == not_found);
    CHECK(fixture.service.update_info(blob, {.description = "x"}).error().message() == not_found);
    CHECK(fixture.service.remove(blob).error().message() == not_found);
    CHECK(fixture.service.link(person(1), blob).error().message() == not_found);
    REQUIRE(fixture.service.save(person(1), ImageBytes{make_gif()}).has_value());
    const auto other = fixture.service.update_info(person(1), {.blob_id = blob});
    CHECK(other.error() == errc::info_blob_id_mismatch);
    CHECK(other.error().message() ==
          "The BlobId 77 is not the one of this picture, 1; 0 or that is accepted");
}

TEST_CASE("inspect returns the header and digest of a save and calls no store", "[service][inspect]") {
    Fixture fixture;
    const auto bytes = make_tiff(40, 50, true);
    const auto inspection = fixture.service.inspect(bytes);
    REQUIRE(inspection.has_value());
    CHECK(inspection->header.format == ImageFormat::tiff);
    CHECK(inspection->header.width == 40);
    CHECK(inspection->size == bytes.size());
    CHECK(inspection->digest == digest_of(bytes));
    CHECK(fixture.store->info(BlobId::from(1).value()).error() == errc::blob_unknown);
    CHECK(fixture.service.inspect({}).error() == errc::image_empty);
}

TEST_CASE("a refused picture leaves the stored one as it is", "[service][limits]") {
    Fixture fixture;
    const auto before = fixture.service.save(person(1), ImageBytes{make_png()}, ada).value().info;
    const auto bad = GENERATE(as<std::string>{}, "", "hello", "%PDF-1.7\n%", "\x89PNG\r\n\x1A\n");
    CAPTURE(bad);
    CHECK(fixture.service.save(person(1), ImageBytes::copy_of(bad), ada).has_error());
    CHECK(fixture.service.info(person(1)).value() == before);
}

TEST_CASE("an error has the limit and the observed value", "[service][limits]") {
    Fixture fixture;
    Limits limits;
    ImageBytes bytes{make_png(30, 20)};
    errc expected{};
    std::uint64_t observed = 0;
    std::uint64_t limit = 0;
    SECTION("bytes") {
        limit = limits.max_bytes = bytes.size() - 1;
        observed = bytes.size();
        expected = errc::image_too_many_bytes;
    }
    SECTION("pixels") {
        limit = limits.max_pixels = 599;
        observed = 600;
        expected = errc::image_too_many_pixels;
    }
    SECTION("width") {
        limit = limits.max_width = 29;
        observed = 30;
        expected = errc::image_too_wide;
    }
    SECTION("height") {
        limit = limits.max_height = 19;
        observed = 20;
        expected = errc::image_too_high;
    }
    SECTION("pixels beyond 32 bits") {
        bytes = ImageBytes{make_png_claiming(100'000, 100'000)};
        limit = limits.max_pixels;
        observed = 10'000'000'000;
        expected = errc::image_too_many_pixels;
    }
    const PersonImageService service{fixture.store, fixture.directory, limits};
    const auto refused = service.inspect(bytes);
    REQUIRE(refused.has_error());
    const auto error = refused.error();
    CHECK(error == expected);
    CHECK(error.observed() == observed);
    CHECK(error.limit() == limit);
    CHECK(error.message().find(std::to_string(limit)) != std::string::npos);
    CHECK(error.message().find(std::to_string(observed)) != std::string::npos);
}

TEST_CASE("exactly the limit is accepted", "[service][limits]") {
    Fixture fixture;
    const auto bytes = make_png(30, 20);
    Limits limits;
    limits.max_bytes = bytes.size();
    limits.max_pixels = 600;
    limits.max_width = 30;
    limits.max_height = 20;
    const PersonImageService service{fixture.store, fixture.directory, limits};
    CHECK(service.inspect(bytes).has_value());
}

TEST_CASE("a format can be switched off", "[service][limits]") {
    Fixture fixture;
    Limits limits;
    limits.formats = {ImageFormat::png, ImageFormat::jpeg};
    const PersonImageService service{fixture.store, fixture.directory, limits};
    CHECK(service.inspect(make_jpeg()).has_value());
    CHECK(service.inspect(make_gif()).error() == errc::image_format_not_allowed);
}

TEST_CASE("writes for an unknown person are refused", "[service][person]") {
    Fixture fixture;
    auto& service = fixture.service;
    const auto stranger = person(99);
    CHECK(service.save(stranger, ImageBytes{make_png()}, ada).error() == errc::person_unknown);
    CHECK(service.remove(stranger).error() == errc::person_unknown);
    CHECK(service.update_info(stranger, {}).error() == errc::person_unknown);
    CHECK(service.link(stranger, BlobId::from(1).value()).error() == errc::person_unknown);
    CHECK(service.unlink(stranger).error() == errc::person_unknown);
    CHECK(service.save(stranger, ImageBytes{make_png()}, ada).error().message() == "Person id 99 not found");
}

TEST_CASE("reads distinguish an unknown person from one without a picture", "[service][person]") {
    Fixture fixture;
    CHECK(fixture.service.image(person(1)).error() == errc::image_none);
    CHECK(fixture.service.info(person(1)).error() == errc::image_none);
    CHECK(fixture.service.image(person(99)).error() == errc::person_unknown);
    CHECK(fixture.service.info(person(99)).error() == errc::person_unknown);
}

TEST_CASE("a failing directory is an error, not an unknown person", "[service][person]") {
    PersonImageService service{std::make_shared<MemoryImageStore>(), std::make_shared<BrokenDirectory>()};
    CHECK(service.save(person(1), ImageBytes{make_png()}).error() == errc::store_io);
    CHECK(service.image(person(1)).error() == errc::store_io);
}

TEST_CASE("removing a picture is idempotent", "[service][remove]") {
    Fixture fixture;
    REQUIRE(fixture.service.save(person(1), ImageBytes{make_png()}).has_value());
    CHECK(fixture.service.remove(person(1)).value().erased);
    CHECK_FALSE(fixture.service.remove(person(1)).value().erased);
    CHECK(fixture.service.image(person(1)).error() == errc::image_none);
}

TEST_CASE("texts are validated before anything is stored", "[service][info]") {
    Fixture fixture;
    auto& service = fixture.service;
    const auto before = service.save(person(1), ImageBytes{make_png()}).value().info;
    ImageInfoChange change;
    SECTION("description too long") {
        change.description = std::string(2049, 'x');
    }
    SECTION("extra info too long") {
        change.extra_info = std::string(2049, 'x');
    }
    SECTION("conceptual type too long") {
        change.conceptual_type = std::string(255, 'x');
    }
    SECTION("not UTF-8") {
        change.description = "\xFF";
    }
    SECTION("somebody else's BlobId") {
        change.blob_id = BlobId::from(55).value();
    }
    CHECK(service.update_info(person(1), change).error() == failure::bad_input);
    CHECK(service.info(person(1)).value() == before);
}

TEST_CASE("the longest texts are accepted", "[service][info]") {
    Fixture fixture;
    REQUIRE(fixture.service.save(person(1), ImageBytes{make_png()}).has_value());
    ImageInfoChange change;
    change.description = std::string(2048, 'd');
    change.extra_info = std::string(2048, 'e');
    change.conceptual_type = std::string(254, 'c');
    const auto updated = fixture.service.update_info(person(1), change, bob);
    REQUIRE(updated.has_value());
    CHECK(updated->description.size() == 2048);
    CHECK(updated->updated_by == bob);
}

TEST_CASE("a blob lives without a person, and can be linked later", "[service][blob]") {
    Fixture fixture;
    auto& service = fixture.service;
    ImageInfoChange texts;
    texts.description = "stream";
    const auto made = service.create({}, texts, ada).value();
    CHECK(made.info.size == 0);
    CHECK(service.image(made.blob_id()).error() == errc::blob_without_image);
    CHECK(service.link(person(1), made.blob_id()).error() == errc::blob_without_image);

    REQUIRE(service.replace(made.blob_id(), ImageBytes{make_jpeg()}, bob).has_value());
    const auto linked = service.link(person(1), made.blob_id(), bob);
    REQUIRE(linked.has_value());
    CHECK(linked->description == "stream");
    CHECK(service.image(person(1)).value().info.format == ImageFormat::jpeg);

    CHECK(service.unlink(person(1)).value() == made.blob_id());
    CHECK(service.image(person(1)).error() == errc::image_none);
    CHECK(service.info(made.blob_id()).has_value());
    CHECK(service.remove(made.blob_id()).value().erased);
    CHECK(service.info(made.blob_id()).error() == errc::blob_unknown);
    CHECK(service.replace(made.blob_id(), ImageBytes{make_jpeg()}).error() == errc::blob_unknown);
    CHECK(service.create(ImageBytes::copy_of("junk")).error() == errc::image_unknown_format);
}

TEST_CASE("a service without ports is a programming error", "[service]") {
    CHECK_THROWS_AS(PersonImageService(nullptr, std::make_shared<AnyPersonDirectory>()),
                    std::invalid_argument);
    CHECK_THROWS_AS(PersonImageService(std::make_shared<MemoryImageStore>(), nullptr), std::invalid_argument);
}

TEST_CASE("a scrubbing service stores the scrubbed picture and returns the removed metadata",
          "[service][save][scrub]") {
    Fixture fixture;
    PersonImageService service{fixture.store, fixture.directory, Limits{}, fixture.clock,
                               MetadataPolicy::scrub};
    const ImageBytes bytes{make_jpeg(16, 8)}; // has a comment of 8 bytes
    const std::vector<RemovedMetadata> removed{{MetadataKind::comment, 1, 8}};
    const auto check = [&](const result<SavedImage>& saved) {
        REQUIRE(saved.has_value());
        REQUIRE(saved->scrubbed.has_value());
        CHECK(saved->scrubbed->removed == removed);
        const auto stored = service.image(saved->blob_id()).value();
        CHECK(stored.bytes.size() == bytes.size() - 8);
        CHECK(stored.info.size == stored.bytes.size());
        CHECK(stored.info.digest == digest_of(stored.bytes));
        CHECK(stored.info.width == 16);
    };
    SECTION("by save") {
        check(service.save(person(1), bytes));
    }
    SECTION("by submit") {
        std::optional<result<SavedImage>> outcome;
        service.submit(person(1), bytes, {}, {},
                       [&](result<SavedImage> saved) { outcome = std::move(saved); });
        REQUIRE(outcome.has_value());
        check(*outcome);
    }
    SECTION("by create and replace") {
        const auto created = service.create(bytes);
        check(created);
        check(service.replace(created->blob_id(), bytes));
    }
    SECTION("a blob without bytes has no receipt") {
        CHECK_FALSE(service.create({}).value().scrubbed.has_value());
    }
    SECTION("a service that keeps metadata has none either") {
        CHECK_FALSE(fixture.service.save(person(1), bytes).value().scrubbed.has_value());
    }
    SECTION("what it can't scrub is refused") {
        auto broken = make_jpeg(16, 8);
        broken.insert(broken.end() - 2, {std::byte{0xff}, std::byte{0xf0}}); // an unknown marker
        CHECK(service.save(person(1), ImageBytes{broken}).error() == errc::image_corrupt);
    }
}

TEST_CASE("a moved-from service stays usable", "[service]") {
    Fixture fixture;
    PersonImageService moved{std::move(fixture.service)};
    CHECK(moved.save(person(1), ImageBytes{make_png(30, 20)}).has_value());
    CHECK(fixture.service.image(person(1)).has_value()); // NOLINT(bugprone-use-after-move): what is tested
    PersonImageService assigned{fixture.store, fixture.directory};
    assigned = std::move(moved);
    CHECK(assigned.info(person(1)).has_value());
    CHECK(moved.remove(person(1)).has_value()); // NOLINT(bugprone-use-after-move)
}

TEST_CASE("bytes moved into a failed save are empty, not dangling", "[service][save]") {
    Fixture fixture;
    auto bytes = ImageBytes{make_png(30, 20)};
    REQUIRE_FALSE(fixture.service.save(person(9), std::move(bytes)).has_value()); // an unknown person
    CHECK(bytes.empty()); // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK(fixture.service.save(person(1), std::move(bytes)).error() == errc::image_empty); // NOLINT
}

} // namespace person_image_service_test
