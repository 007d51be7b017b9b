#include "process_save.hpp"
#include "sqlite/store_fixture.hpp"
#include "store_process.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <sstream>

namespace crash_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::is_whole;
using conformance::person;

namespace {

/// The round of a save, by its digest; the process saves rounds in order.
std::map<std::string, std::uint32_t> rounds_by_digest(std::uint32_t count) {
    std::map<std::string, std::uint32_t> rounds;
    for (std::uint32_t round = 0; round < count; ++round)
        rounds.emplace(process_save(round).content->digest.to_string(), round);
    return rounds;
}

} // namespace

TEST_CASE("pictures acknowledged before kill -9 are whole afterwards", "[sqlite][crash]") {
    const TemporaryFolder folder;
    std::map<int, std::string> acknowledged;
    std::int32_t highest_blob = 0;
    constexpr std::uint32_t lines = 150;
    for (int life = 0; life < 4; ++life) {
        StoreProcess writer{"save", folder.path()};
        REQUIRE(writer.line() == "opened");
        acknowledged.clear();
        std::uint32_t read = 0;
        for (; read < lines + static_cast<std::uint32_t>(life) * 17; ++read) {
            std::istringstream line{writer.line().value()};
            int id = 0;
            std::string digest;
            line >> id >> digest;
            acknowledged[id] = digest;
        }
        writer.kill();
        // Lines written before the end count, too.
        while (const auto line = writer.line()) {
            std::istringstream words{*line};
            int id = 0;
            std::string digest;
            words >> id >> digest;
            if (digest.size() == 32)
                acknowledged[id] = digest;
            ++read;
        }

        const auto store = open_store(folder.path());
        const auto rounds = rounds_by_digest(read + 5'000);
        for (const auto& [id, digest] : acknowledged) {
            const auto stored = store->image(person(id)).value();
            CAPTURE(life, id, digest);
            CHECK(is_whole(stored));
            CHECK(store->cached_info(person(id)) == stored.info);
            // The last acknowledged round, or a later one whose answer was lost by the kill.
            const auto found = rounds.find(stored.info.digest.to_string());
            REQUIRE(found != rounds.end());
            CHECK(found->second >= rounds.at(digest));
            highest_blob = std::max(highest_blob, stored.info.blob_id.value());
        }
        CHECK(conformance::save(*store, person(1000 + life), 1).blob_id().value() > highest_blob);
        highest_blob += 1;
    }
}

TEST_CASE("ranges of a killed process without rows are found and freed", "[sqlite][crash]") {
    const TemporaryFolder folder;
    for (int life = 0; life < 3; ++life) {
        StoreProcess writer{"save", folder.path()};
        REQUIRE(writer.line() == "opened");
        for (int count = 0; count < 200; ++count)
            REQUIRE(writer.line().has_value());
        writer.kill();
    }
    {
        const auto store = open_store(folder.path());
        REQUIRE(eventually([&] { return store->statistics().bytes_to_free == 0; }));
    }
    // Now all bytes of all segments belong to pictures, and all pictures are readable.
    std::uint64_t on_disk = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder / "pictures"})
        on_disk += disk_usage(entry.path());
    const auto database = folder / "portrait.db";
    CHECK(run_sql(database, "SELECT count(*) FROM range_to_free") == 0);
    CHECK(run_sql(database, "SELECT count(*) FROM segment WHERE sealed = 0") == 0);
    CHECK(run_sql(database, "SELECT count(*) FROM blob") == 20);
    const auto named = static_cast<std::uint64_t>(run_sql(database, "SELECT sum(range_length) FROM blob"));
    // The difference may only be the file system's own blocks.
    CHECK(on_disk >= named);
    CHECK(on_disk <= named + 64 * 1024);
}

} // namespace crash_test
