#include "failing_memory.hpp"
#include "sqlite/store_fixture.hpp"

#include <portrait/sqlite/person_directory.hpp>
#include <portrait/sqlite/upkeep.hpp>

#include <sqlite3.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <vector>

namespace store_without_memory_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::at;
using conformance::is_whole;
using conformance::link_command;
using conformance::person;
using conformance::removal_of;
using conformance::save_command;

namespace {

/// The pictures that a person may have: several digests after a write in doubt, `none` for no picture.
using Possible = std::map<std::int32_t, std::set<std::string>>;

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Persons 1 and 2 have pictures, 3 shares that of person 2, 4 has none.
const std::filesystem::path& template_folder() {
    static const TemporaryFolder folder;
    static const bool made = [] {
        const auto store = open_store(folder.path());
        (void)store->save(save_command(person(1), 1)).value();
        const auto shared = store->save(save_command(person(2), 2)).value().blob_id();
        (void)store->link(link_command(person(3), shared)).value();
        return true;
    }();
    REQUIRE(made);
    return folder.path();
}

std::string digest_of_seed(std::uint32_t seed) {
    return conformance::content(seed).digest.to_string();
}

std::string state_of(const SqliteImageStore& store, std::int32_t id) {
    const auto stored = store.image(person(id));
    if (stored)
        return is_whole(*stored) ? stored->info.digest.to_string() : "not whole";
    return stored.error() == errc::image_none ? "none" : std::string{stored.error().rule()};
}

Possible states_of_template() {
    return {{1, {digest_of_seed(1)}}, {2, {digest_of_seed(2)}}, {3, {digest_of_seed(2)}}, {4, {"none"}}};
}

void check_states(const SqliteImageStore& store, Possible& possible) {
    for (auto& [id, states] : possible) {
        const auto state = state_of(store, id);
        CAPTURE(id, state);
        CHECK(states.contains(state));
        states = {state};
    }
}

/// Errors that a caller can act on: later, or after the store has checked itself.
bool is_honest(const Error& error) {
    return error == errc::service_busy || error == errc::store_closed || error == errc::store_io;
}

/// One call of a workload: its name, the call, and the person that it changes with its new state.
struct Step {
    std::string_view name;
    std::function<result<void>(SqliteImageStore&)> call;
    std::int32_t changes = 0;
    std::string to{};
};

template<class T>
result<void> without_value(const result<T>& outcome) {
    return outcome ? result<void>{} : result<void>{outcome.error()};
}

Step save(std::int32_t id, std::uint32_t seed) {
    return {"save",
            [command = save_command(person(id), seed)](SqliteImageStore& store) {
                return without_value(store.save(command));
            },
            id, digest_of_seed(seed)};
}

const std::vector<Step> steps{
    save(1, 11),
    save(4, 12),
    save(2, 13), // copy on write
    {"change texts",
     [](SqliteImageStore& store) {
         return without_value(
             store.update_info(conformance::description_of(person(1), std::string(60, 'd'))));
     }},
    {"image", [](SqliteImageStore& store) { return without_value(store.image(person(3))); }},
    {"cached image",
     [](SqliteImageStore& store) {
         (void)store.cached_image(person(3));
         return result<void>{};
     }},
    {"infos",
     [](SqliteImageStore& store) {
         const std::vector ids{person(1), person(3)};
         return without_value(store.infos(ids));
     }},
    {"remove", [](SqliteImageStore& store) { return without_value(store.remove(removal_of(person(1)))); }, 1,
     "none"},
    {"link",
     [](SqliteImageStore& store) {
         return without_value(store.link(link_command(person(1), BlobId::from(2).value())));
     },
     1, digest_of_seed(2)},
    {"unlink",
     [](SqliteImageStore& store) {
         return without_value(store.unlink({.person_id = person(3), .actor = {}, .now = at(5)}));
     },
     3, "none"},
    {"add a person",
     [](SqliteImageStore& store) { return store.persons()->add(person(9), "a person with a long name"); }},
    {"erase",
     [](SqliteImageStore& store) {
         return without_value(store.erase({.person_id = person(2), .actor = {}, .now = at(6)}));
     },
     2, "none"},
};

/// Notes the states that the step's person may have.
void note(const Step& step, const std::optional<result<void>>& outcome, Possible& possible) {
    if (outcome && !*outcome) {
        INFO(step.name << ": " << outcome->error());
        CHECK(is_honest(outcome->error()));
        if (step.name == "image" || step.name == "infos") // the disk is sound
            CHECK(outcome->error() != errc::store_io);
    }
    if (step.changes == 0)
        return;
    if (outcome && *outcome)
        possible[step.changes] = {step.to};
    else
        possible[step.changes].insert(step.to);
}

/// The store answers again, at the latest when it has checked itself, and all is there after a reopen.
void check_recovery(std::unique_ptr<SqliteImageStore> store, const SqliteOptions& options,
                    Possible possible) {
    check_states(*store, possible);
    CHECK(eventually([&] { return store->writable().has_value(); }));
    check_states(*store, possible);
    for (const std::int32_t id : {1, 2}) {
        const auto seed = 90 + static_cast<std::uint32_t>(id);
        const auto saved = store->save(save_command(person(id), seed));
        INFO((saved ? std::string{} : saved.error().cause()));
        CHECK(saved.has_value());
        possible[id] = {digest_of_seed(seed)};
    }
    check_states(*store, possible);
    store.reset();
    store = open_store(options);
    check_states(*store, possible);
    const auto checked = store->check();
    REQUIRE(checked.has_value());
    for (const auto& damage : checked->damages)
        FAIL_CHECK(damage.what);
    CHECK(checked->unreferenced_bytes == 0);
}

template<class Body>
void with_copy(const Body& body) {
    const TemporaryFolder folder;
    std::filesystem::copy(template_folder(), folder / "data", std::filesystem::copy_options::recursive);
    const auto descriptors = open_descriptors();
    body(options_for(folder / "data"));
    CHECK(open_descriptors() == descriptors);
    CHECK(sqlite3_memory_used() == 0);
}

} // namespace

TEST_CASE("a write or read of the store without memory leaves the old picture or the new one",
          "[memory][sqlite]") {
    for (const auto& step : steps)
        for_each_fault(std::string{"store: "} + std::string{step.name}, 17, FailingThreads::all,
                       [&](Fault& fault) {
                           with_copy([&](const SqliteOptions& options) {
                               auto possible = states_of_template();
                               auto store = open_store(options);
                               auto outcome = fault.during([&] { return step.call(*store); });
                               note(step, outcome, possible);
                               check_recovery(std::move(store), options, std::move(possible));
                           });
                       });
}

TEST_CASE("a store that is opened without memory opens later with all pictures", "[memory][sqlite]") {
    for_each_fault("open the store", 61, FailingThreads::all, [](Fault& fault) {
        with_copy([&](const SqliteOptions& options) {
            const auto opened = fault.during([&] { return SqliteImageStore::open(options).has_value(); });
            (void)opened;
            check_recovery(open_store(options), options, states_of_template());
        });
    });
}

TEST_CASE("a new store that is opened without memory opens later", "[memory][sqlite]") {
    for_each_fault("make the store", 61, FailingThreads::all, [](Fault& fault) {
        const TemporaryFolder folder;
        const auto options = options_for(folder / "data");
        (void)fault.during([&] { return SqliteImageStore::open(options).has_value(); });
        const auto store = open_store(options);
        CHECK(store->save(save_command(person(1), 1)).has_value());
    });
}

TEST_CASE("a store that is closed without memory opens later with all pictures", "[memory][sqlite]") {
    for_each_fault("close the store", 7, FailingThreads::all, [](Fault& fault) {
        with_copy([&](const SqliteOptions& options) {
            auto possible = states_of_template();
            auto store = open_store(options);
            const auto saved = store->save(save_command(person(4), 12));
            REQUIRE(saved.has_value());
            possible[4] = {digest_of_seed(12)};
            (void)fault.during([&] {
                store.reset();
                return true;
            });
            store.reset();
            check_recovery(open_store(options), options, std::move(possible));
        });
    });
}

} // namespace store_without_memory_test
