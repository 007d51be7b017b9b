#include "failing_memory.hpp"
#include "support/manual_clock.hpp"
#include "support/pictures.hpp"

#include <portrait/caching_image_store.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/memory_person_directory.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/testing/recording_audit_log.hpp>
#include <portrait/testing/store_commands.hpp>

#include <functional>
#include <vector>

namespace service_without_memory_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::actor;
using conformance::at;
using conformance::is_whole;
using conformance::person;

namespace {

constexpr std::int32_t persons = 5;

/// The pictures of all persons; absent for none.
using Pictures = std::vector<std::optional<ImageInfo>>;

/// Without versions and erasure numbers, which a failed write may use up.
Pictures without_versions(Pictures pictures) {
    for (auto& info : pictures)
        if (info) {
            info->blob_version = info->link_version = 0;
            info->last_modified.reset(); // later after a call that failed
            info->blob_id = *BlobId::from(1);
        }
    return pictures;
}

ImageBytes picture(std::uint32_t seed) {
    return ImageBytes{make_png(7, 5, seed)};
}

/// Person 1 has a picture, 2 and 3 share one, 4 and 5 have none.
struct Fixture {
    explicit Fixture(bool cached, MetadataPolicy metadata = MetadataPolicy::keep)
        : memory{std::make_shared<MemoryImageStore>(std::nullopt, audit)}
        , store{memory} {
        if (cached)
            store = std::make_shared<CachingImageStore>(memory, 1 << 20);
        for (std::int32_t id = 1; id <= persons; ++id)
            directory->add(person(id));
        service = std::make_unique<PersonImageService>(store, directory, Limits{}, clock, metadata);
        own = service->save(person(1), picture(1), actor(1)).value().blob_id();
        shared = service->save(person(2), picture(2), actor(2)).value().blob_id();
        (void)service->link(person(3), shared.value(), actor(3)).value();
        (void)pictures();
    }

    /// As the service shows them; checks that each is whole, and that the store behind the cache has it.
    Pictures pictures() const {
        Pictures found;
        for (std::int32_t id = 1; id <= persons; ++id) {
            const auto stored = service->image(person(id));
            if (!stored)
                REQUIRE(stored.error() == failure::not_found);
            const auto behind = memory->image(person(id));
            const auto cached = store->cached_image(person(id));
            REQUIRE(stored.has_value() == behind.has_value());
            REQUIRE(stored.has_value() == cached.has_value());
            if (stored) {
                CHECK(is_whole(*stored));
                CHECK(is_whole(*cached));
                CHECK(stored->info == behind->info);
                CHECK(stored->info == cached->info);
            }
            found.push_back(stored ? std::optional{stored->info} : std::nullopt);
        }
        return found;
    }

    /// Whether every record of the audit log has an outcome.
    bool is_concluded() const {
        for (const auto& entry : audit->entries())
            if (!entry.outcome)
                return false;
        return true;
    }

    std::shared_ptr<RecordingAuditLog> audit = std::make_shared<RecordingAuditLog>();
    std::shared_ptr<MemoryImageStore> memory;
    std::shared_ptr<ImageStore> store;
    std::shared_ptr<MemoryPersonDirectory> directory = std::make_shared<MemoryPersonDirectory>();
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    std::unique_ptr<PersonImageService> service;
    std::optional<BlobId> own;
    std::optional<BlobId> shared;
};

/// A call of the service; returns whether it succeeded.
struct Workload {
    std::string_view name;
    std::function<bool(Fixture&)> call;
};

/// A call with a completion, which must be called once unless the call throws.
template<class Value, class Start>
bool completes(const Start& start) {
    int calls = 0;
    bool succeeded = false;
    bool thrown = true;
    struct Check {
        const int& calls;
        const bool& thrown;
        ~Check() {
            if (calls != (thrown ? 0 : 1))
                std::abort(); // Catch's macros need memory
        }
    } const check{calls, thrown};
    start([&calls, &succeeded](const result<Value>& value) {
        ++calls;
        succeeded = value.has_value();
    });
    thrown = false;
    return succeeded;
}

ImportOrigin origin() {
    return {
        .stamps = {.created_at = at(1), .created_by = actor(8), .updated_at = at(2), .updated_by = actor(9)},
        .linked_at = at(3),
        .exported = {.epoch = {}, .erasures = 0, .at = at(1'000'000)}};
}

const std::vector<Workload> workloads{
    {"save a first picture",
     [](Fixture& fixture) { return fixture.service->save(person(4), picture(3), actor(20)).has_value(); }},
    {"replace a picture",
     [](Fixture& fixture) { return fixture.service->save(person(1), picture(3), actor(20)).has_value(); }},
    {"save over a shared picture",
     [](Fixture& fixture) { return fixture.service->save(person(2), picture(3), actor(20)).has_value(); }},
    {"submit a picture",
     [](Fixture& fixture) {
         return completes<SavedImage>([&](Completion<SavedImage> completion) {
             fixture.service->submit(person(1), picture(3), actor(20), {}, std::move(completion));
         });
     }},
    {"replace a blob's picture",
     [](Fixture& fixture) {
         return fixture.service->replace(*fixture.shared, picture(3), actor(20)).has_value();
     }},
    {"make a blob and link it",
     [](Fixture& fixture) {
         const auto made = fixture.service->create(picture(3), {}, actor(20));
         return made && fixture.service->link(person(1), made->blob_id(), actor(21));
     }},
    {"change texts",
     [](Fixture& fixture) {
         ImageInfoChange change;
         change.description = std::string(100, 'd');
         change.extra_info = std::string(100, 'e');
         return fixture.service->update_info(person(1), std::move(change), actor(20)).has_value();
     }},
    {"link",
     [](Fixture& fixture) { return fixture.service->link(person(4), *fixture.own, actor(20)).has_value(); }},
    {"link to another picture",
     [](Fixture& fixture) {
         return fixture.service->link(person(1), *fixture.shared, actor(20)).has_value();
     }},
    {"unlink", [](Fixture& fixture) { return fixture.service->unlink(person(1), actor(20)).has_value(); }},
    {"remove a picture",
     [](Fixture& fixture) { return fixture.service->remove(person(1), actor(20)).has_value(); }},
    {"remove a shared picture",
     [](Fixture& fixture) { return fixture.service->remove(person(2), actor(20)).has_value(); }},
    {"erase a person",
     [](Fixture& fixture) { return fixture.service->erase(person(1), actor(20)).has_value(); }},
    {"erase a person with its name",
     [](Fixture& fixture) { return fixture.service->erase(person(2), actor(20), true).has_value(); }},
    {"import a picture",
     [](Fixture& fixture) {
         return fixture.service->import_image(person(4), picture(3), {}, origin(), actor(20)).has_value();
     }},
    {"import a link",
     [](Fixture& fixture) {
         return fixture.service->import_link(person(4), *fixture.shared, origin(), actor(20)).has_value();
     }},
    {"read a picture", [](Fixture& fixture) { return fixture.service->image(person(1)).has_value(); }},
    {"read several ImageInfos",
     [](Fixture& fixture) {
         const std::vector ids{person(1), person(4)};
         return fixture.store->infos(ids).has_value();
     }},
    {"fetch a picture",
     [](Fixture& fixture) {
         return completes<StoredImage>([&](Completion<StoredImage> completion) {
             fixture.store->fetch(person(1), std::move(completion));
         });
     }},
};

void check(const Workload& workload, bool cached, MetadataPolicy metadata) {
    Pictures before;
    Pictures after;
    {
        Fixture fixture{cached, metadata};
        before = fixture.pictures();
        REQUIRE(workload.call(fixture));
        after = fixture.pictures();
    }
    const auto name = std::string{workload.name} + (cached ? ", with a cache" : "");
    for_each_fault(name, 1, FailingThreads::calling, [&](Fault& fault) {
        Fixture fixture{cached, metadata};
        const auto outcome = fault.during([&] { return workload.call(fixture); });
        const auto now = fixture.pictures();
        if (outcome.value_or(false))
            CHECK(now == after);
        else
            CHECK((now == before || without_versions(now) == without_versions(after)));
        CHECK(fixture.is_concluded());
        // The same call works as if nothing had happened.
        if (fixture.directory->contains(person(2)).value()) {
            CHECK(workload.call(fixture));
            CHECK(without_versions(fixture.pictures()) == without_versions(after));
        }
        CHECK(fixture.service->save(person(5), picture(9), actor(30)).has_value());
        CHECK(fixture.pictures()[4].has_value());
    });
}

} // namespace

TEST_CASE("a call of the service without memory leaves the old picture or the new one", "[memory]") {
    for (const auto& workload : workloads)
        check(workload, false, MetadataPolicy::keep);
}

TEST_CASE("a call of a service with a cache without memory leaves the old picture or the new one",
          "[memory]") {
    for (const auto& workload : workloads)
        check(workload, true, MetadataPolicy::scrub);
}

} // namespace service_without_memory_test
