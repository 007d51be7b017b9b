#include "support/catch.hpp"

#include <portrait/caching_image_store.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/testing/failing_image_store.hpp>
#include <portrait/testing/image_store_conformance.hpp>

#include <functional>

namespace caching_image_store_test {

using namespace portrait;
using namespace portrait::testing::conformance;

namespace {

/// A store whose reads all "block", with hooks between the read of a row and its return.
class SlowStore final : public ImageStore {
public:
    result<SavedImage> save(SaveImage command) override { return store.save(std::move(command)); }
    result<StoredImage> image(ImageKey key) const override {
        auto stored = store.image(key);
        if (after_read)
            std::exchange(after_read, nullptr)();
        return stored;
    }
    result<ImageInfo> info(ImageKey key) const override { return store.info(key); }
    result<ImageInfo> update_info(UpdateImageInfo command) override {
        return store.update_info(std::move(command));
    }
    result<RemovedImage> remove(RemoveImage command) override { return store.remove(std::move(command)); }
    result<ImageInfo> link(LinkImage command) override { return store.link(std::move(command)); }
    result<std::optional<BlobId>> unlink(UnlinkImage command) override {
        return store.unlink(std::move(command));
    }
    result<void> writable() const override { return store.writable(); }

    MemoryImageStore store;
    mutable std::function<void()> after_read;
};

struct Fixture {
    std::shared_ptr<SlowStore> slow = std::make_shared<SlowStore>();
    CachingImageStore cache{slow, 1 << 20};
};

UpdateImageInfo description_of(ImageKey target) {
    return {.target = target,
            .description = "new",
            .extra_info = {},
            .conceptual_type = {},
            .expected_blob_id = {},
            .actor = {},
            .now = at(1),
            .precondition = {}};
}

} // namespace

TEST_CASE("a cached store keeps the promises of ImageStore", "[cache][conformance]") {
    testing::image_store_conformance([](const testing::StoreSeed& seed) {
        return std::make_shared<CachingImageStore>(
            std::make_shared<MemoryImageStore>(seed.first_blob_id, seed.audit), 1 << 20);
    });
}

TEST_CASE("a picture is cached after its first read", "[cache]") {
    Fixture fixture;
    save(fixture.cache, person(1), 1);
    CHECK_FALSE(fixture.cache.cached_image(person(1)).has_value());
    const auto read = fixture.cache.image(person(1)).value();
    const auto cached = fixture.cache.cached_image(person(1));
    REQUIRE(cached.has_value());
    CHECK(cached->info == read.info);
    CHECK(cached->bytes.data() == read.bytes.data()); // shared, not copied
    CHECK(fixture.cache.statistics().hits == 1);
    CHECK(fixture.cache.statistics().misses == 1);
    CHECK(fixture.cache.statistics().entries == 2); // bytes and ImageInfo
}

TEST_CASE("each kind of write invalidates its entries", "[cache]") {
    Fixture fixture;
    auto& cache = fixture.cache;
    const auto blob_id = save(cache, person(1), 1).blob_id();
    REQUIRE(cache.link(link_command(person(2), blob_id)).has_value());
    const auto fill = [&] {
        for (const auto id : {1, 2})
            if (cache.image(person(id)))
                REQUIRE(cache.cached_image(person(id)).has_value());
    };
    fill();

    SECTION("a save of the person") {
        save(cache, person(2), 2);
    }
    SECTION("a submitted save of the person") {
        cache.submit(save_command(person(2), 2), [](const result<SavedImage>&) {});
    }
    SECTION("a save into the shared blob") {
        save(cache, blob_id, 2);
    }
    SECTION("texts changed through another person") {
        REQUIRE(cache.update_info(description_of(person(1))).has_value());
    }
    SECTION("texts changed through the blob") {
        REQUIRE(cache.update_info(description_of(blob_id)).has_value());
    }
    SECTION("a removal of the person's picture") {
        REQUIRE(
            cache.remove({.target = person(2), .actor = {}, .now = at(1), .precondition = {}}).has_value());
    }
    SECTION("a removal of the blob") {
        REQUIRE(cache.remove({.target = blob_id, .actor = {}, .now = at(1), .precondition = {}}).has_value());
    }
    SECTION("an unlink") {
        REQUIRE(cache.unlink({.person_id = person(2), .actor = {}, .now = at(1)}).has_value());
    }
    SECTION("a link to another blob") {
        const auto other = save(cache, NewBlob{}, 5).blob_id();
        REQUIRE(cache.link(link_command(person(2), other)).has_value());
    }
    CHECK_FALSE(cache.cached_image(person(2)).has_value());
}

TEST_CASE("an entry that a write has overtaken is not kept", "[cache]") {
    Fixture fixture;
    auto& cache = fixture.cache;
    const auto blob_id = save(cache, person(1), 1).blob_id();

    SECTION("by a save of the same person") {
        fixture.slow->after_read = [&] { save(cache, person(1), 2); };
    }
    SECTION("by a removal") {
        fixture.slow->after_read = [&] {
            REQUIRE(cache.remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}})
                        .has_value());
        };
    }
    SECTION("by a save into the blob") {
        fixture.slow->after_read = [&] { save(cache, blob_id, 2); };
    }
    const auto old = cache.image(person(1));
    REQUIRE(old.has_value());
    CHECK(old->bytes.text() == content(1).bytes.text());
    CHECK_FALSE(cache.cached_image(person(1)).has_value());
}

TEST_CASE("the cache stays within its limit and keeps pictures in use", "[cache]") {
    auto store = std::make_shared<SlowStore>();
    CachingImageStore cache{store, 8 * 20'000}; // a picture takes 1,512 bytes, its ImageInfo some 500
    for (int id = 1; id <= 400; ++id) {
        save(cache, person(id), static_cast<std::uint32_t>(id));
        REQUIRE(cache.image(person(id)).has_value());
        REQUIRE(cache.cached_image(person(id)).has_value());
        if (id > 1) {
            CHECK(cache.image(person(1)).has_value());
            CHECK(cache.cached_image(person(1)).has_value()); // in use all the time
        }
        CHECK(cache.statistics().bytes <= 8 * 20'000);
    }
    CHECK(cache.statistics().entries < 400);
    CHECK(cache.statistics().entries > 100);
}

TEST_CASE("pictures that fill three quarters of the cache are all kept", "[cache]") {
    constexpr std::size_t size = 10'000;
    // A picture and its ImageInfo take some 500 bytes each beside the bytes.
    constexpr std::size_t with_info = size + 1024;
    CachingImageStore cache{std::make_shared<SlowStore>(), 64 * with_info};
    for (int id = 1; id <= 48; ++id) {
        REQUIRE(cache.save(save_command(person(id), static_cast<std::uint32_t>(id), 0, size)).has_value());
        REQUIRE(cache.image(person(id)).has_value());
    }
    int kept = 0;
    for (int id = 1; id <= 48; ++id)
        kept += cache.cached_image(person(id)).has_value() ? 1 : 0;
    CHECK(kept == 48);
}

TEST_CASE("a picture over a thirty-second of the cache is not kept, its ImageInfo is", "[cache]") {
    CachingImageStore cache{std::make_shared<SlowStore>(), 320'000};
    REQUIRE(cache.save(save_command(person(1), 1, 0, 10'000)).has_value());
    const auto read = cache.image(person(1));
    REQUIRE(read.has_value());
    CHECK_FALSE(cache.cached_image(person(1)).has_value());
    CHECK(cache.cached_info(person(1)) == read->info);
}

TEST_CASE("an ImageInfo is cached after its first read until the next write", "[cache]") {
    Fixture fixture;
    auto& cache = fixture.cache;
    const auto blob_id = save(cache, person(1), 1).blob_id();
    CHECK_FALSE(cache.cached_info(person(1)).has_value());
    const auto read = cache.info(person(1)).value();
    CHECK(cache.cached_info(person(1)) == read);
    CHECK_FALSE(cache.cached_image(person(1)).has_value());
    REQUIRE(cache.update_info(description_of(blob_id)).has_value());
    CHECK_FALSE(cache.cached_info(person(1)).has_value());
}

TEST_CASE("a write with an unknown outcome empties the cache", "[cache]") {
    auto failing = std::make_shared<testing::FailingImageStore>(std::make_shared<SlowStore>());
    CachingImageStore cache{failing, 1 << 20};
    save(cache, person(1), 1);
    save(cache, person(2), 2);
    REQUIRE(cache.image(person(1)).has_value());
    REQUIRE(cache.cached_image(person(1)).has_value());
    SECTION("by an error") {
        failing->fail_call(1, Error{errc::store_io});
        CHECK_FALSE(cache.save(save_command(person(2), 3)).has_value());
    }
    SECTION("by an exception") {
        failing->throw_at_call(1, "away");
        CHECK_THROWS(cache.save(save_command(person(2), 3)));
    }
    CHECK_FALSE(cache.cached_image(person(1)).has_value());
}

TEST_CASE("a scan evicts no picture in use", "[cache]") {
    CachingImageStore cache{std::make_shared<SlowStore>(), 8 * 64'000};
    for (int id = 1; id <= 40; ++id) {
        save(cache, person(id), static_cast<std::uint32_t>(id));
        REQUIRE(cache.image(person(id)).has_value());
        REQUIRE(cache.cached_image(person(id)).has_value());
    }
    for (int id = 100; id < 2000; ++id) {
        save(cache, person(id), static_cast<std::uint32_t>(id));
        REQUIRE(cache.image(person(id)).has_value());
    }
    int kept = 0;
    for (int id = 1; id <= 40; ++id)
        kept += cache.cached_image(person(id)).has_value() ? 1 : 0;
    CHECK(kept == 40);
}

TEST_CASE("a cache without a store is a programming error", "[cache]") {
    CHECK_THROWS_AS(CachingImageStore(nullptr, 1), std::invalid_argument);
    CHECK_THROWS_AS(CachingImageStore(std::make_shared<SlowStore>(), nullptr), std::invalid_argument);
}

TEST_CASE("a miss reads from the store behind and keeps the picture", "[cache]") {
    const auto memory = std::make_shared<MemoryImageStore>();
    CachingImageStore cache{memory, 1 << 20};
    save(cache, person(1), 1);
    const auto stored = cache.cached_image(person(1));
    REQUIRE(stored.has_value());
    CHECK(is_whole(*stored));
    CHECK(cache.statistics().misses == 1);
    CHECK(cache.cached_info(person(1)) == stored->info);
    CHECK(cache.cached_image(person(1)).has_value());
    CHECK(cache.statistics().misses == 1);
    CHECK_FALSE(cache.cached_image(person(2)).has_value());

    save(cache, person(1), 2); // invalidated here, and new in the store
    CHECK(cache.cached_image(person(1))->info.blob_version > stored->info.blob_version);
}

} // namespace caching_image_store_test
