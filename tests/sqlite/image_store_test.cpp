#include "store_fixture.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <future>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

namespace image_store_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::content;
using conformance::is_whole;
using conformance::person;
using conformance::save;
using conformance::save_command;

namespace {

/// Blocks the committing thread in a completion while it lives, so that writes submitted meanwhile wait
/// together.
class HeldCommitter {
public:
    explicit HeldCommitter(SqliteImageStore& store) {
        // The thread may still be in the completion when this object is destroyed.
        const auto held = std::make_shared<std::promise<void>>();
        auto is_held = held->get_future();
        store.submit(save_command(NewBlob{}, 99),
                     [held, released = released_.get_future().share()](result<SavedImage>) {
                         held->set_value();
                         released.wait();
                     });
        is_held.wait();
    }
    void release() { released_.set_value(); }

private:
    std::promise<void> released_;
};

std::future<result<SavedImage>> submit(SqliteImageStore& store, SaveImage command) {
    auto promise = std::make_shared<std::promise<result<SavedImage>>>();
    store.submit(std::move(command),
                 [promise](result<SavedImage> saved) { promise->set_value(std::move(saved)); });
    return promise->get_future();
}

} // namespace

TEST_CASE("a reopened store returns everything", "[sqlite][store]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    std::vector<StoredImage> before;
    for (std::int32_t id = 1; id <= 30; ++id)
        REQUIRE(store
                    ->save(save_command(person(id), static_cast<std::uint32_t>(id), id,
                                        static_cast<std::size_t>(id) * 3000))
                    .has_value());
    UpdateImageInfo update{.target = person(3),
                           .description = "Grüße",
                           .extra_info = "x",
                           .conceptual_type = {},
                           .expected_blob_id = {},
                           .actor = conformance::actor(9),
                           .now = at(500),
                           .precondition = {}};
    REQUIRE(store->update_info(update).has_value());
    REQUIRE(store->link(conformance::link_command(person(31), store->info(person(3)).value().blob_id, 600))
                .has_value());
    for (std::int32_t id = 1; id <= 31; ++id)
        before.push_back(store->image(person(id)).value());
    store.reset();

    store = open_store(folder.path());
    for (std::int32_t id = 1; id <= 31; ++id) {
        const auto after = store->image(person(id)).value();
        const auto& expected = before[static_cast<std::size_t>(id - 1)];
        CHECK(after.info == expected.info);
        CHECK(after.bytes.text() == expected.bytes.text());
    }
}

TEST_CASE("ids and versions continue after a restart", "[sqlite][store]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    const auto first = save(*store, person(1), 1);
    REQUIRE(
        store->remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}}).value().erased);
    store = nullptr;
    store = open_store(folder.path());
    const auto second = save(*store, person(1), 1);
    CHECK(second.blob_id() > first.blob_id());
    CHECK(second.info.blob_version > first.info.link_version);
}

TEST_CASE("the last blob id is used once, also after a restart", "[sqlite][store]") {
    const TemporaryFolder folder;
    open_store(folder.path()).reset();
    run_sql(folder / "portrait.db", "UPDATE counters SET last_blob_id = 2147483646");
    auto store = open_store(folder.path());
    CHECK(save(*store, person(1), 1).blob_id().value() == std::numeric_limits<std::int32_t>::max());
    CHECK(store->save(save_command(person(2), 2)).error() == errc::blob_ids_exhausted);
    CHECK(save(*store, person(1), 3).blob_id().value() == std::numeric_limits<std::int32_t>::max());
    REQUIRE(
        store->remove({.target = person(1), .actor = {}, .now = at(1), .precondition = {}}).value().erased);
    store = nullptr;
    store = open_store(folder.path());
    CHECK(store->save(save_command(person(2), 2)).error() == errc::blob_ids_exhausted);
}

TEST_CASE("saves that wait together share a commit", "[sqlite][commit]") {
    const TemporaryFolder folder;
    auto options = options_for(folder.path());
    options.segment_bytes = 16 * 1024 * 1024; // no roll-over, which takes a commit of its own
    const auto store = open_store(options);
    HeldCommitter held{*store};
    const auto before = store->statistics();
    std::vector<std::future<result<SavedImage>>> saves;
    for (std::int32_t id = 1; id <= 100; ++id)
        saves.push_back(submit(*store, save_command(person(id), static_cast<std::uint32_t>(id))));
    held.release();
    for (auto& saved : saves)
        CHECK(saved.get().has_value());
    const auto after = store->statistics();
    CHECK(after.commits - before.commits == 1);
    CHECK(after.writes - before.writes == 100);
    CHECK(after.largest_batch == 100);
    CHECK(after.batch_sizes.total == after.writes + after.refused_writes);
}

TEST_CASE("in a shared commit each write succeeds or fails alone", "[sqlite][commit]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    const auto first = save(*store, person(1), 1);
    std::vector<std::future<result<SavedImage>>> saves;
    {
        HeldCommitter held{*store};
        auto refused = save_command(person(1), 2);
        refused.precondition.if_none_match = VersionCondition{.any = true, .versions = {}};
        auto winner = save_command(person(1), 3);
        winner.precondition = conformance::if_match(first.info.version());
        auto loser = save_command(person(1), 4);
        loser.precondition = conformance::if_match(first.info.version());
        for (auto& command : {refused, winner, loser, save_command(person(2), 5)})
            saves.push_back(submit(*store, command));
        held.release();
    }
    CHECK(saves[0].get().error() == errc::precondition_failed);
    CHECK(saves[1].get().has_value());
    const auto lost = saves[2].get();
    REQUIRE(lost.has_error());
    REQUIRE(lost.error().current() != nullptr);
    CHECK(saves[3].get().has_value());
    const auto now = store->image(person(1)).value();
    CHECK(*lost.error().current() == now.info.version()); // the winner's version, before it was durable
    CHECK(now.bytes.text() == content(3).bytes.text());
    CHECK(store->statistics().refused_writes == 2);
    CHECK(store->statistics().largest_batch >= saves.size()); // one commit for all waiting writes
    // No row names the bytes of the two refused writes.
    CHECK(eventually([&] {
        const auto figures = store->statistics();
        return figures.bytes_to_free == 0 && figures.bytes_freed == 3 * 4096;
    }));
}

TEST_CASE("when too many writes wait, more are refused", "[sqlite][commit]") {
    const TemporaryFolder folder;
    auto options = options_for(folder.path());
    options.max_waiting_writes = 2;
    const auto store = open_store(options);
    HeldCommitter held{*store};
    std::vector<std::future<result<SavedImage>>> saves;
    for (std::int32_t id = 1; id <= 3; ++id)
        saves.push_back(submit(*store, save_command(person(id), 1)));
    CHECK(saves[2].get().error() == errc::service_busy);
    held.release();
    CHECK(saves[0].get().has_value());
    CHECK(saves[1].get().has_value());
    CHECK(store->info(person(3)).error() == errc::image_none);
}

TEST_CASE("a completion that throws or writes disturbs no other write", "[sqlite][commit]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    const auto written = std::make_shared<std::promise<errc>>();
    store->submit(save_command(person(1), 1), [](result<SavedImage>) { throw std::runtime_error{"no"}; });
    store->submit(save_command(person(2), 1), [&store, written](result<SavedImage>) {
        written->set_value(store->save(save_command(person(3), 1)).error().code());
    });
    CHECK(written->get_future().get() == errc::service_busy);
    CHECK(save(*store, person(4), 1).created);
    CHECK(store->info(person(1)).has_value());
}

TEST_CASE("the destructor answers every submitted save first", "[sqlite][commit]") {
    const TemporaryFolder folder;
    std::atomic<int> answered{0};
    {
        const auto store = open_store(folder.path());
        for (std::int32_t id = 1; id <= 50; ++id)
            store->submit(save_command(person(id), 1),
                          [&](result<SavedImage> saved) { answered += saved ? 1 : 0; });
    }
    CHECK(answered == 50);
    const auto store = open_store(folder.path());
    for (std::int32_t id = 1; id <= 50; ++id)
        CHECK(is_whole(store->image(person(id)).value()));
}

TEST_CASE("a picture larger than a segment is kept whole", "[sqlite][store]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    REQUIRE(store->save(save_command(person(1), 1, 0, 3'000'000)).has_value());
    save(*store, person(2), 2);
    store = nullptr;
    store = open_store(folder.path());
    CHECK(store->image(person(1)).value().bytes.text() == content(1, 3'000'000).bytes.text());
}

TEST_CASE("a damaged picture is an error, and the others are read", "[sqlite][store]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    save(*store, person(2), 2);
    store = nullptr;
    damage_byte(folder / "pictures" / "00000001.seg", 64 + 500);
    store = open_store(folder.path());
    CHECK(store->image(person(1)).error() == errc::store_corrupt);
    CHECK(store->info(person(1)).has_value());
    CHECK(is_whole(store->image(person(2)).value()));
    save(*store, person(1), 3); // a new picture replaces the damaged one
    CHECK(is_whole(store->image(person(1)).value()));
}

TEST_CASE("a missing segment is an error of its pictures alone", "[sqlite][store]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    save(*store, person(1), 1);
    store = nullptr;
    store = open_store(folder.path());
    save(*store, person(2), 2);
    store = nullptr;
    std::filesystem::remove(folder / "pictures" / "00000001.seg");
    store = open_store(folder.path());
    CHECK(store->image(person(1)).error() == errc::store_corrupt);
    CHECK(is_whole(store->image(person(2)).value()));
}

TEST_CASE("savers, readers, linkers and removers at the same time", "[sqlite][store][stress]") {
    const TemporaryFolder folder;
    auto options = options_for(folder.path());
    options.read_connections = 2; // fewer than readers
    auto store = open_store(options);
    constexpr std::int32_t persons = 6;
    std::atomic<int> bad{0};
    std::vector<std::thread> threads;
    const auto random_person = [](std::uint32_t& state) {
        state = state * 1'664'525U + 1'013'904'223U;
        return person(static_cast<std::int32_t>(state >> 20U) % persons + 1);
    };
    for (std::uint32_t index = 0; index < 8; ++index)
        threads.emplace_back([&, index] {
            std::uint32_t state = index;
            for (std::uint32_t round = 0; round < 150; ++round) {
                const auto who = random_person(state);
                const auto seed = index * 1000 + round;
                if (index < 3) {
                    if (!store->save(save_command(who, seed, 0, 1000 + seed * 7)))
                        ++bad;
                } else if (index == 3 && round % 4 == 0) {
                    if (!store->remove({.target = who, .actor = {}, .now = at(0), .precondition = {}}))
                        ++bad;
                } else if (index == 4 && round % 4 == 0) {
                    const auto info = store->info(random_person(state));
                    if (info)
                        (void)store->link(conformance::link_command(who, info->blob_id));
                } else {
                    const auto stored = store->image(who);
                    if (stored ? !is_whole(*stored) : !(stored.error() == errc::image_none))
                        ++bad;
                }
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(bad == 0);
    store = nullptr;
    store = open_store(options);
    for (std::int32_t id = 1; id <= persons; ++id) {
        const auto stored = store->image(person(id));
        CHECK((stored ? is_whole(*stored) : stored.error() == errc::image_none));
    }
}

TEST_CASE("concurrent readers of a picture share one copy of it", "[sqlite][store]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    REQUIRE(store->save(save_command(person(1), 1, 1, 3'000'000)).has_value());
    SECTION("one after another, also by the blob's id and from the page cache") {
        const auto first = store->image(person(1)).value();
        CHECK(store->image(person(1)).value().bytes.data() == first.bytes.data());
        CHECK(store->image(first.info.blob_id).value().bytes.data() == first.bytes.data());
        const auto cached = store->cached_image(person(1)); // absent when the rows weren't in memory
        if (cached)
            CHECK(cached->bytes.data() == first.bytes.data());
    }
    SECTION("threads that begin at the same time") {
        std::vector<ImageBytes> read(8);
        std::vector<std::thread> threads;
        for (auto& mine : read)
            threads.emplace_back([&] { mine = store->image(person(1)).value().bytes; });
        for (auto& thread : threads)
            thread.join();
        for (const auto& one : read)
            CHECK(one.data() == read.front().data());
    }
    SECTION("but never the bytes of an earlier state") {
        const auto before = store->image(person(1)).value();
        REQUIRE(store->save(save_command(person(1), 2, 2, 2'000'000)).has_value());
        const auto after = store->image(person(1)).value();
        CHECK(is_whole(after));
        CHECK(after.bytes.size() != before.bytes.size());
        CHECK(is_whole(before));
    }
}

TEST_CASE("a picture that left the memory is read again", "[sqlite][store]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    REQUIRE(store->save(save_command(person(1), 1, 1, 3'000'000)).has_value());
    const WeakImageBytes weak{store->image(person(1)).value().bytes};
    CHECK(weak.expired());
    CHECK(is_whole(store->image(person(1)).value()));
}

} // namespace image_store_test
