#include "interleaving.hpp"
#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <portrait/testing/recording_audit_log.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

namespace store_interleaving_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::content;
using conformance::person;
using conformance::save;
using conformance::save_command;

namespace {

std::string picture_of(const ImageStore& store, std::int32_t id) {
    const auto stored = store.image(person(id));
    return stored ? std::string{stored->bytes.text()} : std::string{};
}

std::string text_of(std::uint32_t seed) {
    return std::string{content(seed).bytes.text()};
}

} // namespace

TEST_CASE("nothing is erased that a reader still needs", "[interleaving][sqlite]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    save(*store, person(1), 1);

    Interleaving order;
    order.stop_at("sqlite/row_read");
    std::string seen;
    std::thread reader{[&] { seen = picture_of(*store, 1); }};
    const bool stopped = order.wait_until_stopped("sqlite/row_read");
    const bool replaced = GENERATE(true, false);
    if (replaced)
        save(*store, person(1), 2);
    else
        CHECK(
            store->remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}}).has_value());
    // Longer than the reclaimer's round.
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
    const auto erased_early = store->statistics().bytes_freed;
    order.go_on("sqlite/row_read");
    reader.join();
    REQUIRE(stopped);
    CHECK(erased_early == 0);
    CHECK(seen == text_of(1));
    CHECK(eventually([&] { return store->statistics().bytes_freed >= 4096; }));
    CHECK(picture_of(*store, 1) == (replaced ? text_of(2) : ""));
}

TEST_CASE("readers and writers overtake the reclaimer before it erases", "[interleaving][sqlite]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);

    Interleaving order;
    order.stop_at("sqlite/readers_gone");
    save(*store, person(1), 2);
    REQUIRE(order.wait_until_stopped("sqlite/readers_gone"));
    CHECK(picture_of(*store, 1) == text_of(2));
    save(*store, person(1), 3);
    save(*store, person(2), 4);
    order.go_on("sqlite/readers_gone");
    CHECK(eventually([&] { return store->statistics().bytes_freed >= 2 * 4096; }));
    CHECK(picture_of(*store, 1) == text_of(3));
    CHECK(picture_of(*store, 2) == text_of(4));
    store.reset();
    store = open_store(folder.path());
    CHECK(picture_of(*store, 1) == text_of(3));
    CHECK(picture_of(*store, 2) == text_of(4));
}

TEST_CASE("a write that is recorded and not committed isn't visible", "[interleaving][sqlite]") {
    const TemporaryFolder folder;
    const auto audit = std::make_shared<RecordingAuditLog>();
    auto options = options_for(folder.path());
    options.audit = audit;
    const auto store = open_store(options);
    save(*store, person(1), 1);

    Interleaving order;
    order.stop_at("sqlite/audit_prepared");
    // Catch's checks are for one thread at a time.
    std::atomic<int> saved{0};
    const auto replace = [&](std::uint32_t seed) {
        saved += store->save(save_command(person(1), seed)) ? 1 : 0;
    };
    std::thread first{[&] { replace(2); }};
    const bool stopped = order.wait_until_stopped("sqlite/audit_prepared");
    const auto entries = audit->entries();
    CHECK(entries.size() == 2);
    CHECK_FALSE(entries.back().outcome.has_value());
    CHECK(picture_of(*store, 1) == text_of(1));
    // This one waits for the first, so its record begins where that one ends.
    std::thread second{[&] { replace(3); }};
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    CHECK(audit->entries().size() == 2);
    order.go_on("sqlite/audit_prepared");
    first.join();
    second.join();
    REQUIRE(stopped);
    CHECK(saved == 2);
    const auto all = audit->entries();
    REQUIRE(all.size() == 3);
    for (const auto& entry : all)
        CHECK(entry.outcome == AuditOutcome::committed);
    CHECK(all[1].record.before == all[0].record.after);
    CHECK(all[2].record.before == all[1].record.after);
    CHECK(picture_of(*store, 1) == text_of(3));
}

} // namespace store_interleaving_test
