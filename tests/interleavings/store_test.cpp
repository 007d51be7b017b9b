#include "interleaving.hpp"
#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <portrait/testing/recording_audit_log.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

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

TEST_CASE("rows that were read before a commit don't come into memory after it", "[interleaving][sqlite]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    save(*store, person(2), 2);
    store.reset();

    Interleaving order;
    order.stop_at("sqlite/rows_listed");
    store = open_store(folder.path());
    REQUIRE(order.wait_until_stopped("sqlite/rows_listed"));
    CHECK_FALSE(store->cached_info(person(1)).has_value());
    order.stop_at("sqlite/row_found");
    std::string seen;
    std::thread reader{[&] { seen = picture_of(*store, 1); }};
    const bool stopped = order.wait_until_stopped("sqlite/row_found");
    const bool replaced = GENERATE(true, false);
    std::optional<ImageInfo> now;
    if (replaced)
        now = save(*store, person(1), 3).info;
    else
        CHECK(
            store->remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}}).has_value());
    order.go_on("sqlite/row_found");
    reader.join();
    REQUIRE(stopped);
    CHECK(seen == text_of(1));
    CHECK(store->cached_info(person(1)) == now);
    order.go_on("sqlite/rows_listed");
    CHECK(eventually([&] { return store->cached_info(person(2)).has_value(); })); // and before it person 1
    CHECK(store->cached_info(person(1)) == now);
    CHECK(picture_of(*store, 1) == (replaced ? text_of(3) : ""));
}

TEST_CASE("a commit's rows are not in memory until all readers of the database have them",
          "[interleaving][sqlite]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    save(*store, person(1), 1);
    REQUIRE(store->cached_info(person(1)).has_value());

    Interleaving order;
    order.stop_at("sqlite/committed");
    std::thread writer{[&] { (void)store->save(save_command(person(1), 2)); }};
    const bool stopped = order.wait_until_stopped("sqlite/committed");
    CHECK_FALSE(store->cached_info(person(1)).has_value());
    CHECK(picture_of(*store, 1) == text_of(2)); // so no later read may have the first picture
    CHECK_FALSE(store->cached_info(person(1)).has_value());
    order.go_on("sqlite/committed");
    writer.join();
    REQUIRE(stopped);
    CHECK(store->cached_info(person(1)).value().digest == content(2).digest);
}

TEST_CASE("a link and a blob in memory are of one state", "[interleaving][sqlite]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    const auto first = save(*store, person(1), 1).blob_id();
    const auto second = save(*store, person(2), 2).blob_id();
    std::vector<ImageInfo> states{store->info(person(1)).value()};

    Interleaving order;
    order.stop_at("sqlite/link_found");
    std::optional<ImageInfo> seen;
    std::thread reader{[&] { seen = store->cached_info(person(1)); }};
    const bool stopped = order.wait_until_stopped("sqlite/link_found");
    states.push_back(store->link(conformance::link_command(person(1), second)).value());
    save(*store, first, 3); // a picture that person 1 never had
    order.go_on("sqlite/link_found");
    reader.join();
    REQUIRE(stopped);
    CHECK((!seen || std::count(states.begin(), states.end(), *seen) == 1));
    CHECK(store->cached_info(person(1)) == states.back());
}

} // namespace store_interleaving_test
