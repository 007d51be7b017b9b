#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <portrait/caching_image_store.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/rendition_service.hpp>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace rendition_service_test {

using namespace portrait;

namespace {

PersonId person(std::int32_t value) {
    return PersonId::from(value).value();
}

/// Counts renderings; a test can hold them back.
class CountingRenderer final : public ImageRenderer {
public:
    result<RenderedImage> render(const RenderImage& job) const override {
        const int number = ++rendered;
        if (while_rendering)
            while_rendering();
        if (job.stop.stop_requested())
            return Error{errc::cancelled};
        return RenderedImage{ImageBytes::copy_of(std::string{"rendition "} + std::to_string(number)),
                             job.rendition.format.value_or(job.header.format), 1, 1};
    }
    void submit(QueuedRendering rendering, Completion<RenderedImage> completion) const override {
        if (held_back)
            waiting.emplace_back(std::move(rendering), std::move(completion));
        else
            ImageRenderer::submit(std::move(rendering), std::move(completion));
    }
    result<RenderedImage> placeholder(Placeholder, const Rendition& rendition) const override {
        ++drawn;
        return RenderedImage{ImageBytes::copy_of(std::string{"placeholder "} + std::to_string(drawn)),
                             rendition.format.value_or(ImageFormat::png), 1, 1};
    }
    void submit_placeholder(Placeholder kind, const Rendition& rendition, RenderCaller caller,
                            Completion<RenderedImage> completion) const override {
        if (held_back)
            waiting_to_draw.emplace_back(std::move(caller.stop), std::move(completion));
        else
            completion(placeholder(kind, rendition));
    }
    void let_go() {
        held_back = false;
        for (auto& [rendering, completion] : std::exchange(waiting, {}))
            ImageRenderer::submit(std::move(rendering), std::move(completion));
        for (auto& [stop, completion] : std::exchange(waiting_to_draw, {}))
            completion(stop.stop_requested() ? Error{errc::cancelled}
                                             : placeholder(Placeholder::standard, {}));
    }

    mutable std::atomic<int> rendered = 0;
    mutable int drawn = 0;
    bool held_back = false;
    std::function<void()> while_rendering; ///< called after the picture is read
    mutable std::vector<std::pair<QueuedRendering, Completion<RenderedImage>>> waiting;
    mutable std::vector<std::pair<std::stop_token, Completion<RenderedImage>>> waiting_to_draw;
};

struct Fixture {
    Fixture() {
        for (std::int32_t id = 1; id <= 3; ++id)
            directory->add(person(id));
        save(1);
    }
    BlobId save(std::int32_t id, std::uint32_t width = 8) {
        return service->save(person(id), ImageBytes{testing::make_png(width, 8)}).value().blob_id();
    }

    std::shared_ptr<ImageCache> cache = std::make_shared<ImageCache>(1 << 20);
    std::shared_ptr<MemoryPersonDirectory> directory = std::make_shared<MemoryPersonDirectory>();
    std::shared_ptr<PersonImageService> service = std::make_shared<PersonImageService>(
        std::make_shared<CachingImageStore>(std::make_shared<MemoryImageStore>(), cache), directory);
    std::shared_ptr<CountingRenderer> renderer = std::make_shared<CountingRenderer>();
    RenditionService renditions{service, renderer, cache};
};

const Rendition small{.width = 4, .height = {}, .format = ImageFormat::jpeg};

} // namespace

TEST_CASE("a rendition is made once and then cached", "[rendition]") {
    Fixture fixture;
    CHECK_FALSE(fixture.renditions.cached(person(1), small).has_value());
    const auto made = fixture.renditions.rendition(person(1), small);
    REQUIRE(made.has_value());
    CHECK(made->image.format == ImageFormat::jpeg);
    CHECK(made->info == fixture.service->info(person(1)).value());
    const auto cached = fixture.renditions.cached(person(1), small);
    REQUIRE(cached.has_value());
    CHECK(cached->image.bytes.data() == made->image.bytes.data());
    CHECK(fixture.renditions.rendition(person(1), small).has_value());
    CHECK(fixture.renderer->rendered == 1);
    SECTION("each size and type is another") {
        CHECK(fixture.renditions.rendition(person(1), {.width = 4, .height = 4}).has_value());
        CHECK(fixture.renditions.rendition(person(1), {.width = 5, .height = {}}).has_value());
        CHECK(fixture.renderer->rendered == 3);
    }
}

TEST_CASE("a new picture has other renditions", "[rendition]") {
    Fixture fixture;
    const auto before = fixture.renditions.rendition(person(1), small).value();
    fixture.save(1, 9);
    CHECK_FALSE(fixture.renditions.cached(person(1), small).has_value());
    const auto after = fixture.renditions.rendition(person(1), small).value();
    CHECK(after.info.version() != before.info.version());
    CHECK(after.image.bytes.text() != before.image.bytes.text());
}

TEST_CASE("an erased picture has no renditions in memory", "[rendition][erase]") {
    Fixture fixture;
    REQUIRE(fixture.renditions.rendition(person(1), small).has_value());
    REQUIRE(fixture.service->remove(person(1)).has_value());
    CHECK_FALSE(fixture.renditions.cached(person(1), small).has_value());
    CHECK(fixture.cache->statistics().entries == 0);
    CHECK(fixture.renditions.rendition(person(1), small).error() == errc::image_none);
}

TEST_CASE("a rendering that ends after the erasure is not kept", "[rendition][erase]") {
    Fixture fixture;
    std::optional<result<ImageRendition>> outcome;
    SECTION("by a removal") {
        fixture.renderer->while_rendering = [&] { REQUIRE(fixture.service->remove(person(1)).has_value()); };
    }
    SECTION("by a removal of the blob") {
        const auto blob_id = fixture.service->info(person(1)).value().blob_id;
        fixture.renderer->while_rendering = [&, blob_id] {
            REQUIRE(fixture.service->remove(blob_id).has_value());
        };
    }
    fixture.renditions.submit(person(1), small, {}, [&](auto made) { outcome.emplace(std::move(made)); });
    REQUIRE(outcome.has_value());
    CHECK(outcome->has_value()); // requested before
    CHECK(fixture.cache->statistics().entries == 0);
    outcome.reset();
    CHECK_FALSE(fixture.renditions.cached(person(1), small).has_value());
}

TEST_CASE("a rendering that waits holds no picture", "[rendition][flight]") {
    Fixture fixture;
    fixture.renderer->held_back = true;
    std::optional<result<ImageRendition>> outcome;
    fixture.renditions.submit(person(1), small, {}, [&](auto made) { outcome.emplace(std::move(made)); });
    REQUIRE(fixture.renderer->waiting.size() == 1);
    SECTION("so what is removed meanwhile isn't rendered") {
        REQUIRE(fixture.service->remove(person(1)).has_value());
        fixture.renderer->let_go();
        REQUIRE(outcome.has_value());
        CHECK(outcome->error() == errc::image_none);
        CHECK(fixture.renderer->rendered == 0);
    }
    SECTION("and renders the picture of when its turn comes") {
        fixture.save(1, 9);
        fixture.renderer->let_go();
        REQUIRE(outcome.has_value());
        REQUIRE(outcome->has_value());
        CHECK((*outcome)->info == fixture.service->info(person(1)).value());
    }
}

TEST_CASE("a rendition that the cache doesn't keep is shared while it is in use", "[rendition]") {
    Fixture fixture;
    const RenditionService uncached{fixture.service, fixture.renderer};
    auto first = uncached.rendition(person(1), small);
    REQUIRE(first.has_value());
    const auto second = uncached.rendition(person(1), small);
    REQUIRE(second.has_value());
    CHECK(second->image.bytes.data() == first->image.bytes.data());
    CHECK(second->image.format == ImageFormat::jpeg);
    CHECK(second->image.width == first->image.width);
    CHECK(fixture.renderer->rendered == 1);
    const auto at_hand = uncached.cached(person(1), small);
    REQUIRE(at_hand.has_value());
    CHECK(at_hand->image.bytes.data() == first->image.bytes.data());
}

TEST_CASE("concurrent requests for one rendition share one rendering", "[rendition][flight]") {
    Fixture fixture;
    fixture.renderer->held_back = true;
    int answered = 0;
    for (int asked = 0; asked < 100; ++asked)
        fixture.renditions.submit(person(1), small, {}, [&](const result<ImageRendition>& made) {
            REQUIRE(made.has_value());
            ++answered;
        });
    CHECK(answered == 0);
    fixture.renderer->let_go();
    CHECK(answered == 100);
    CHECK(fixture.renderer->rendered == 1);
}

TEST_CASE("a rendering is cancelled when all its callers have requested stop", "[rendition][flight]") {
    Fixture fixture;
    fixture.renderer->held_back = true;
    std::stop_source first;
    std::stop_source second;
    int cancelled = 0;
    const auto count = [&](const result<ImageRendition>& made) {
        cancelled += !made && made.error() == errc::cancelled ? 1 : 0;
    };
    fixture.renditions.submit(person(1), small, first.get_token(), count);
    fixture.renditions.submit(person(1), small, second.get_token(), count);
    REQUIRE(fixture.renderer->waiting.size() == 1);
    const auto stop = fixture.renderer->waiting.front().first.stop;
    first.request_stop();
    CHECK_FALSE(stop.stop_requested());
    SECTION("all of them") {
        second.request_stop();
        CHECK(stop.stop_requested());
        // A new caller gets a rendering of its own.
        int made = 0;
        fixture.renditions.submit(person(1), small, {},
                                  [&](const auto& outcome) { made += outcome.has_value() ? 1 : 0; });
        fixture.renderer->let_go();
        CHECK(cancelled == 2);
        CHECK(made == 1);
    }
    SECTION("but not for one of them") {
        fixture.renderer->let_go();
        CHECK(cancelled == 0);
    }
}

TEST_CASE("a caller that joins another client's rendering queues it for its own client, too") {
    Fixture fixture;
    fixture.renderer->held_back = true;
    int outcomes = 0;
    const auto count = [&](const result<ImageRendition>& made) { outcomes += made ? 1 : 100; };
    for (const auto* client : {"a", "b", "a", "b"})
        fixture.renditions.submit(person(1), small, {std::stop_token{}, client}, count);
    auto& waiting = fixture.renderer->waiting;
    REQUIRE(waiting.size() == 2);
    CHECK(waiting[0].first.client == "a");
    CHECK(waiting[1].first.client == "b");
    SECTION("one client's refusal doesn't end it") {
        waiting[0].second(Error{errc::service_busy});
        CHECK(outcomes == 0);
        waiting.erase(waiting.begin());
        fixture.renderer->let_go();
        CHECK(fixture.renderer->rendered == 1);
    }
    SECTION("it is rendered once") {
        fixture.renderer->let_go();
        CHECK(fixture.renderer->rendered == 1);
    }
    SECTION("while it is rendered for one client, it isn't read for another") {
        const auto job = waiting[1].first.read();
        REQUIRE(job.has_value());
        CHECK(waiting[0].first.read().error() == errc::cancelled);
        waiting[0].second(Error{errc::cancelled});
        CHECK(outcomes == 0);
        waiting[1].second(fixture.renderer->render(*job));
    }
    CHECK(outcomes == 4);
}

TEST_CASE("a request whose stop was requested before starts no rendering", "[rendition][flight]") {
    Fixture fixture;
    std::stop_source gone;
    gone.request_stop();
    std::optional<result<ImageRendition>> outcome;
    fixture.renderer->held_back = true;
    fixture.renditions.submit(person(1), small, gone.get_token(),
                              [&](auto made) { outcome.emplace(std::move(made)); });
    fixture.renderer->let_go();
    REQUIRE(outcome.has_value());
    CHECK(outcome->error() == errc::cancelled);
}

TEST_CASE("threads that request one rendition concurrently share one rendering", "[rendition][flight]") {
    Fixture fixture;
    for (std::uint32_t round = 0; round < 300; ++round) {
        const Rendition wanted{.width = round + 1, .height = {}, .format = ImageFormat::png};
        std::vector<std::thread> threads;
        std::atomic<int> answered = 0;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back(
                [&] { answered += fixture.renditions.rendition(person(1), wanted).has_value() ? 1 : 0; });
        for (auto& thread : threads)
            thread.join();
        REQUIRE(answered == 4);
        REQUIRE(fixture.renderer->rendered == static_cast<int>(round + 1));
    }
}

TEST_CASE("a placeholder is drawn once and then cached", "[rendition][placeholder]") {
    Fixture fixture;
    const Rendition wanted{.width = 4, .height = 4, .format = ImageFormat::gif};
    CHECK_FALSE(fixture.renditions.cached(Placeholder::no_photo, wanted).has_value());
    const auto drawn = fixture.renditions.placeholder(Placeholder::no_photo, wanted);
    REQUIRE(drawn.has_value());
    CHECK(drawn->format == ImageFormat::gif);
    const auto cached = fixture.renditions.cached(Placeholder::no_photo, wanted);
    REQUIRE(cached.has_value());
    CHECK(cached->bytes.data() == drawn->bytes.data());
    CHECK(fixture.renditions.placeholder(Placeholder::no_photo, wanted).has_value());
    CHECK(fixture.renderer->drawn == 1);
    SECTION("each kind, size and type is another") {
        CHECK(fixture.renditions.placeholder(Placeholder::standard, wanted).has_value());
        CHECK(fixture.renditions.placeholder(Placeholder::no_photo, {.width = 5, .height = 4}).has_value());
        CHECK(fixture.renderer->drawn == 3);
    }
    SECTION("a picture that is erased takes none with it") {
        REQUIRE(fixture.service->remove(person(1)).has_value());
        CHECK(fixture.renditions.cached(Placeholder::no_photo, wanted).has_value());
    }
    SECTION("without a cache it is drawn each time") {
        const RenditionService forgetful{fixture.service, fixture.renderer};
        CHECK(forgetful.placeholder(Placeholder::no_photo, wanted).has_value());
        CHECK(forgetful.placeholder(Placeholder::no_photo, wanted).has_value());
        CHECK(fixture.renderer->drawn == 3);
    }
}

TEST_CASE("concurrent requests for one placeholder share one drawing", "[rendition][placeholder]") {
    Fixture fixture;
    fixture.renderer->held_back = true;
    int answered = 0;
    int cancelled = 0;
    std::stop_source gone;
    const auto count = [&](const result<RenderedImage>& drawn) {
        answered += drawn.has_value() ? 1 : 0;
        cancelled += !drawn && drawn.error() == errc::cancelled ? 1 : 0;
    };
    for (int asked = 0; asked < 100; ++asked)
        fixture.renditions.submit(Placeholder::standard, small, gone.get_token(), count);
    SECTION("and all get it") {
        fixture.renditions.submit(Placeholder::standard, small, {}, count);
        gone.request_stop();
        fixture.renderer->let_go();
        CHECK(answered == 101);
        CHECK(fixture.renderer->drawn == 1);
    }
    SECTION("and none is drawn when all have gone") {
        gone.request_stop();
        fixture.renderer->let_go();
        CHECK(cancelled == 100);
        CHECK(fixture.renderer->drawn == 0);
    }
}

TEST_CASE("renditions need a service and a renderer", "[rendition]") {
    const Fixture fixture;
    CHECK_THROWS_AS(RenditionService(nullptr, fixture.renderer), std::invalid_argument);
    CHECK_THROWS_AS(RenditionService(fixture.service, nullptr), std::invalid_argument);
}

} // namespace rendition_service_test
