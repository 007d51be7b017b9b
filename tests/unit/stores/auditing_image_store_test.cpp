#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <portrait/auditing_image_store.hpp>
#include <portrait/memory_image_store.hpp>
#include <portrait/person_image_service.hpp>
#include <portrait/testing/image_store_conformance.hpp>

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace auditing_image_store_test {

using namespace portrait;
using portrait::testing::make_png;

namespace {

class RecordingAuditLog final : public AuditLog {
public:
    void record(AuditRecord record, std::function<void(bool kept)> done) override {
        records.push_back(std::move(record));
        done(keeps);
    }
    std::vector<AuditRecord> records;
    bool keeps = true;
};

class KeepingAuditLog final : public AuditLog {
public:
    void record(AuditRecord, std::function<void(bool kept)> done) override { done(true); }
};

struct Audited {
    std::shared_ptr<MemoryImageStore> store = std::make_shared<MemoryImageStore>();
    std::shared_ptr<RecordingAuditLog> log = std::make_shared<RecordingAuditLog>();
    PersonImageService service{std::make_shared<AuditingImageStore>(store, log),
                               std::make_shared<AnyPersonDirectory>()};
    PersonId person = PersonId::from(7).value();
    Actor anna{.associate_id = 3, .name = "anna"};

    static ImageBytes picture(std::uint32_t width) {
        const auto png = make_png(width, 2);
        return ImageBytes{std::string{reinterpret_cast<const char*>(png.data()), png.size()}};
    }
};

} // namespace

TEST_CASE("an audited store keeps the promises of ImageStore", "[audit][conformance]") {
    testing::image_store_conformance([](const testing::StoreSeed& seed) {
        return std::make_shared<AuditingImageStore>(std::make_shared<MemoryImageStore>(seed.first_blob_id),
                                                    std::make_shared<KeepingAuditLog>());
    });
}

TEST_CASE("a save is recorded with actor, time, and both states of the picture", "[audit]") {
    Audited audited;
    const auto first = audited.service.save(audited.person, Audited::picture(3), audited.anna);
    REQUIRE(first.has_value());
    const auto second = audited.service.save(audited.person, Audited::picture(4), audited.anna);
    REQUIRE(second.has_value());
    REQUIRE(audited.log->records.size() == 2);

    const auto& made = audited.log->records[0];
    CHECK(made.action == AuditedAction::save);
    CHECK((made.actor == audited.anna));
    CHECK((made.person_id == audited.person));
    CHECK_FALSE(made.before.has_value());
    REQUIRE(made.after.has_value());
    CHECK(made.after->digest == first->info.digest);
    CHECK(made.at == first->info.updated_at);

    const auto& replaced = audited.log->records[1];
    CHECK((replaced.before == made.after));
    REQUIRE(replaced.after.has_value());
    CHECK(replaced.after->digest == second->info.digest);
    CHECK(replaced.after->blob_version > replaced.before->blob_version);
}

TEST_CASE("failed writes, writes without effect and reads are not recorded", "[audit]") {
    Audited audited;
    CHECK_FALSE(audited.service.save(audited.person, ImageBytes{std::string{"no picture"}}, audited.anna)
                    .has_value());
    Precondition present;
    present.if_match = VersionCondition{.any = true, .versions = {}};
    CHECK_FALSE(audited.service.save(audited.person, Audited::picture(3), audited.anna, present).has_value());
    CHECK(audited.service.remove(audited.person, audited.anna).has_value());
    CHECK_FALSE(audited.service.image(audited.person).has_value());
    CHECK(audited.log->records.empty());
}

TEST_CASE("removals, texts and links are recorded", "[audit]") {
    Audited audited;
    AuditingImageStore store{audited.store, audited.log};
    const auto saved = audited.service.save(audited.person, Audited::picture(3), audited.anna);
    REQUIRE(saved.has_value());
    audited.log->records.clear();
    const Timestamp now = saved->info.updated_at;
    const auto other = PersonId::from(8).value();

    REQUIRE(store.link({.person_id = other, .blob_id = saved->blob_id(), .actor = audited.anna, .now = now})
                .has_value());
    REQUIRE(store
                .update_info({.target = other,
                              .description = "new",
                              .extra_info = {},
                              .conceptual_type = {},
                              .expected_blob_id = {},
                              .actor = audited.anna,
                              .now = now,
                              .precondition = {}})
                .has_value());
    REQUIRE(store.unlink({.person_id = other, .actor = audited.anna, .now = now}).has_value());
    REQUIRE(store.remove({.target = audited.person, .actor = audited.anna, .now = now, .precondition = {}})
                .has_value());

    std::vector<std::string> actions;
    for (const auto& record : audited.log->records)
        actions.emplace_back(name_of(record.action));
    CHECK(actions == std::vector<std::string>{"link", "update_info", "unlink", "remove"});
    CHECK_FALSE(audited.log->records[0].before.has_value());
    CHECK(audited.log->records[0].after->blob_id == saved->blob_id());
    CHECK(audited.log->records[1].before->digest == audited.log->records[1].after->digest);
    CHECK_FALSE(audited.log->records[3].after.has_value());
    CHECK(audited.log->records[3].before->digest == saved->info.digest);
}

TEST_CASE("a write whose record can't be kept is not acknowledged", "[audit]") {
    Audited audited;
    audited.log->keeps = false;
    const auto saved = audited.service.save(audited.person, Audited::picture(3), audited.anna);
    REQUIRE_FALSE(saved.has_value());
    CHECK(saved.error() == errc::internal);
    CHECK(saved.error().cause().find("audit log") != std::string::npos);
    std::promise<result<SavedImage>> submitted;
    audited.service.submit(audited.person, Audited::picture(4), audited.anna, {},
                           [&](result<SavedImage> outcome) { submitted.set_value(std::move(outcome)); });
    CHECK_FALSE(submitted.get_future().get().has_value());
}

} // namespace auditing_image_store_test
