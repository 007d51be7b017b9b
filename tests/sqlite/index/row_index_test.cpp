#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include <portrait/sqlite/person_directory.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

namespace row_index_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::content;
using conformance::description_of;
using conformance::link_command;
using conformance::person;
using conformance::removal_of;
using conformance::save;
using conformance::save_command;

namespace {

const std::vector persons{person(1), person(2), person(3), person(4), person(5)};

/// Compares what is in memory with one query of the database. Returns the number of persons in memory.
std::size_t compare(const SqliteImageStore& store) {
    const auto rows = store.infos(persons).value();
    std::size_t found = 0;
    for (std::size_t index = 0; index < persons.size(); ++index) {
        const auto info = store.cached_info(persons[index]);
        CAPTURE(persons[index].value());
        if (info) {
            ++found;
            CHECK(info == rows[index]);
        }
        const auto stored = store.cached_image(persons[index]);
        if (stored)
            CHECK(stored->info == rows[index]);
    }
    return found;
}

std::size_t persons_with_picture(const SqliteImageStore& store) {
    const auto rows = store.infos(persons).value();
    return static_cast<std::size_t>(
        std::count_if(rows.begin(), rows.end(), [](const auto& info) { return info.has_value(); }));
}

struct Change {
    const char* name;
    std::function<void(SqliteImageStore&)> make;

    friend std::ostream& operator<<(std::ostream& out, const Change& change) { return out << change.name; }
};

BlobId blob_of(const SqliteImageStore& store, PersonId person_id) {
    return store.info(person_id).value().blob_id;
}

template<class T>
void succeed(const result<T>& outcome) {
    CHECK(outcome.has_value());
}

const std::vector<Change> changes{
    {"a first save", [](auto& store) { save(store, person(5), 9); }},
    {"a replacement", [](auto& store) { save(store, person(3), 9); }},
    {"the same bytes again", [](auto& store) { save(store, person(3), 3, 7); }},
    {"a copy on write", [](auto& store) { save(store, person(2), 9); }},
    {"new bytes of a shared blob", [](auto& store) { save(store, blob_of(store, person(1)), 9); }},
    {"texts of a person",
     [](auto& store) { succeed(store.update_info(description_of(person(3), "By the sea"))); }},
    {"texts of a shared blob",
     [](auto& store) {
         succeed(store.update_info(description_of(blob_of(store, person(1)), "By the sea")));
     }},
    {"texts too long for the memory",
     [](auto& store) { succeed(store.update_info(description_of(person(3), std::string(5'000, 'x')))); }},
    {"a link", [](auto& store) { succeed(store.link(link_command(person(5), blob_of(store, person(1))))); }},
    {"another link",
     [](auto& store) { succeed(store.link(link_command(person(3), blob_of(store, person(1))))); }},
    {"an unlinking",
     [](auto& store) { succeed(store.unlink({.person_id = person(2), .actor = {}, .now = at(5)})); }},
    {"a removal", [](auto& store) { succeed(store.remove(removal_of(person(3)))); }},
    {"a removal of a shared blob's person",
     [](auto& store) { succeed(store.remove(removal_of(person(1)))); }},
    {"a removal of a shared blob",
     [](auto& store) { succeed(store.remove(removal_of(blob_of(store, person(1))))); }},
    {"an erasure",
     [](auto& store) { succeed(store.erase({.person_id = person(3), .actor = {}, .now = at(6)})); }},
    {"an erasure of a shared blob's person",
     [](auto& store) { succeed(store.erase({.person_id = person(1), .actor = {}, .now = at(6)})); }},
    {"a refused save",
     [](auto& store) {
         auto command = save_command(person(3), 9);
         command.precondition.if_match = {.any = false, .versions = {{.blob_id = BlobId::from(99).value()}}};
         CHECK_FALSE(store.save(command).has_value());
     }},
    {"several changes in one commit",
     [](auto& store) {
         for (std::uint32_t seed = 20; seed < 60; ++seed)
             store.submit(save_command(person(static_cast<std::int32_t>(seed % 3) + 1), seed),
                          [](const auto& saved) { (void)saved; });
         succeed(store.remove(removal_of(person(2))));
         succeed(store.link(link_command(person(2), blob_of(store, person(1)))));
     }},
};

} // namespace

TEST_CASE("rows in memory are those of the database after every kind of change", "[sqlite][index]") {
    const TemporaryFolder folder;
    const auto store = open_store(folder.path());
    save(*store, person(1), 1);
    REQUIRE(store->link(link_command(person(2), blob_of(*store, person(1)))).has_value());
    save(*store, person(3), 3);
    save(*store, person(4), 4);
    for (const auto person_id : persons)
        (void)store->info(person_id);
    REQUIRE(compare(*store) == 4);
    const auto& change = GENERATE(from_range(changes));
    CAPTURE(change.name);
    change.make(*store);
    compare(*store);
    for (const auto person_id : persons)
        (void)store->info(person_id);
    const bool all_fit = std::string{change.name} != "texts too long for the memory";
    CHECK(compare(*store) == persons_with_picture(*store) - (all_fit ? 0 : 1));
}

TEST_CASE("all rows come into memory after an opening", "[sqlite][index]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    constexpr std::int32_t many = 700; // more than the warmer reads at a time
    std::atomic<int> failed{0};
    for (std::int32_t id = 1; id <= many; ++id)
        store->submit(save_command(person(id), static_cast<std::uint32_t>(id)),
                      [&](const auto& saved) { failed += saved ? 0 : 1; });
    CHECK(store->update_info(description_of(person(3), "On the stairs")).has_value());
    CHECK(store->save(save_command(NewBlob{}, 5)).has_value());
    const auto full = store->statistics().index_bytes;
    CHECK(full > 0);
    store = nullptr;
    CHECK(failed == 0);
    store = open_store(folder.path());
    for (std::int32_t id = 1; id <= many; ++id)
        REQUIRE(eventually([&] { return store->cached_info(person(id)).has_value(); }));
    CHECK(compare(*store) == persons.size());
    CHECK(store->cached_info(person(3))->description == "On the stairs");
    CHECK(store->statistics().index_bytes < 2 * full);
}

TEST_CASE("rows without a date are read from memory as from the database", "[sqlite][index]") {
    const TemporaryFolder folder;
    auto store = open_store(folder.path());
    const auto info = save(*store, person(1), 1, 30).info;
    REQUIRE(store->link(link_command(person(2), info.blob_id)).has_value());
    store = nullptr;
    run_sql(folder / "portrait.db", "UPDATE blob SET last_modified = NULL");
    store = open_store(folder.path());
    for (int id = 1; id <= 2; ++id)
        REQUIRE(eventually([&] { return store->cached_info(person(id)).has_value(); }));
    CHECK(compare(*store) == 2);
}

TEST_CASE("an index of a limited size keeps some rows, one without size none", "[sqlite][index]") {
    const TemporaryFolder folder;
    auto options = options_for(folder.path());
    options.index_bytes = GENERATE(0U, 20'000U);
    const auto store = open_store(options);
    constexpr std::int32_t many = 600;
    for (std::int32_t id = 1; id <= many; ++id) {
        store->submit(save_command(person(id), static_cast<std::uint32_t>(id)), [](const auto&) {});
        REQUIRE(store->statistics().index_bytes <= options.index_bytes + 8192);
    }
    (void)store->save(save_command(person(many), 1)); // waits for all
    std::int32_t in_memory = 0;
    std::int32_t kept = 0;
    for (std::int32_t id = 1; id <= many; ++id) {
        in_memory += store->cached_info(person(id)) ? 1 : 0;
        REQUIRE(conformance::is_whole(store->image(person(id)).value()));
        kept += store->cached_image(person(id)) ? 1 : 0;
    }
    CHECK(in_memory < many);
    CHECK((options.index_bytes == 0 ? kept == 0 : kept > many / 2)); // of those just read
    CHECK(store->statistics().index_bytes <= options.index_bytes);
}

TEST_CASE("readers of rows in memory never go back", "[sqlite][index][stress]") {
    const TemporaryFolder folder;
    auto options = options_for(folder.path());
    options.index_bytes = GENERATE(1U << 20U, 2'000U); // with and without dropped rows
    const auto store = open_store(options);
    constexpr std::int32_t count = 4;
    for (std::int32_t id = 1; id <= count; ++id)
        save(*store, person(id), 1);
    std::atomic<bool> writing{true};
    std::atomic<int> went_back{0};
    std::vector<std::thread> readers;
    for (int reader = 0; reader < 3; ++reader)
        readers.emplace_back([&, reader] {
            std::vector<std::int64_t> last(count + 1);
            const auto see = [&](std::int32_t id, std::int64_t version) {
                auto& known = last[static_cast<std::size_t>(id)];
                went_back += version < known ? 1 : 0;
                known = version;
            };
            for (std::int32_t id = 1; writing; id = id % count + 1) {
                if (const auto info = store->cached_info(person(id)))
                    see(id, info->blob_version);
                if (reader != 0)
                    see(id, store->info(person(id)).value().blob_version);
                else
                    see(id, store->image(person(id)).value().info.blob_version);
            }
        });
    for (std::uint32_t seed = 2; seed < 300; ++seed)
        save(*store, person(static_cast<std::int32_t>(seed) % count + 1), seed);
    writing = false;
    for (auto& reader : readers)
        reader.join();
    CHECK(went_back == 0);
}

} // namespace row_index_test
