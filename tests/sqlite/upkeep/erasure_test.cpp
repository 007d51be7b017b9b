#include "sqlite/store_fixture.hpp"
#include "support/catch.hpp"

#include "folder/data_folder.hpp"
#include "rows/row_bytes.hpp"

#include <portrait/person_image_service.hpp>
#include <portrait/sqlite/person_directory.hpp>
#include <portrait/testing/conformance/erasure.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace erasure_test {

using namespace portrait;
using namespace portrait::testing;
using conformance::actor;
using conformance::at;
using conformance::content;
using conformance::erasure_of;
using conformance::import_command;
using conformance::is_whole;
using conformance::link_command;
using conformance::person;
using conformance::save;
using conformance::save_command;
namespace fs = std::filesystem;

namespace {

/// The first file in the folder that contains the bytes; empty without one.
std::string file_with(const fs::path& folder, std::string_view bytes) {
    for (const auto& entry : fs::recursive_directory_iterator{folder})
        if (entry.is_regular_file()) {
            std::ifstream file{entry.path(), std::ios::binary};
            const std::string text{std::istreambuf_iterator<char>{file}, {}};
            if (text.find(bytes) != text.npos)
                return entry.path().filename().string();
        }
    return {};
}

std::string part_of_picture(std::uint32_t seed) {
    return std::string{content(seed).bytes.text().substr(100, 64)};
}

std::string name_of_person(int number) {
    return "Name of person " + std::to_string(number * 7919) + ';' +
           std::string(static_cast<std::size_t>(number % 40), '.');
}

std::string description_of_person(int number) {
    return "Description of " + std::to_string(number * 7907) + ';';
}

/// Persons with names, pictures and descriptions, some of them changed once, so that rows have moved.
void fill(SqliteImageStore& store, int persons) {
    std::vector<KnownPerson> names;
    for (int number = 1; number <= persons; ++number)
        names.push_back({person(number), name_of_person(number)});
    REQUIRE(store.persons()->add(names).has_value());
    std::vector<std::future<result<SavedImage>>> saves;
    for (int number = 1; number <= persons; ++number) {
        auto answer = std::make_shared<std::promise<result<SavedImage>>>();
        saves.push_back(answer->get_future());
        auto command = save_command(person(number), static_cast<std::uint32_t>(number));
        command.texts.description = description_of_person(number);
        store.submit(std::move(command),
                     [answer](result<SavedImage> saved) { answer->set_value(std::move(saved)); });
    }
    for (auto& saved : saves)
        REQUIRE(saved.get().has_value());
}

} // namespace

TEST_CASE("an erased person's picture, texts and name are in no file", "[sqlite][erasure]") {
    constexpr int persons = 400;
    const TemporaryFolder folder;
    const auto data = folder / "data";
    const auto store = std::shared_ptr<SqliteImageStore>{open_store(data)};
    fill(*store, persons);
    PersonImageService service{store, store->persons()};
    const auto others = name_of_person(2);
    CHECK(file_with(data, others) != "");
    for (int number = 1; number <= persons; number += 9) {
        CAPTURE(number);
        REQUIRE(store->image(person(number)).has_value());
        const auto receipt = service.erase(person(number), actor(3), true);
        REQUIRE(receipt.has_value());
        CHECK(receipt->unproven.empty());
        CHECK(receipt->name == NameErasure::forgotten);
        CHECK(receipt->erased.size() == 1);
        CHECK(file_with(data, part_of_picture(static_cast<std::uint32_t>(number))) == "");
        CHECK(file_with(data, name_of_person(number)) == "");
        CHECK(file_with(data, description_of_person(number)) == "");
        CHECK_FALSE(store->persons()->contains(person(number)).value());
    }
    CHECK(file_with(data, others) != "");
    CHECK(is_whole(store->image(person(2)).value()));
    CHECK(store->check().value().ok());
}

TEST_CASE("persons that are erased at the same time are all proven erased", "[sqlite][erasure]") {
    constexpr int writers = 4;
    constexpr int persons = 40;
    const TemporaryFolder folder;
    const auto store = open_store(folder / "data");
    fill(*store, persons);
    std::vector<std::future<std::size_t>> unproven;
    for (int writer = 0; writer < writers; ++writer)
        unproven.push_back(std::async(std::launch::async, [&store, writer] {
            std::size_t parts = 0;
            for (int number = writer + 1; number <= persons; number += writers)
                parts += store->erase(erasure_of(person(number), 99)).value().unproven.size();
            return parts;
        }));
    for (auto& parts : unproven)
        CHECK(parts.get() == 0);
    CHECK(store->erasures().value() == persons);
    for (int number = 1; number <= persons; ++number)
        CHECK(file_with(folder / "data", part_of_picture(static_cast<std::uint32_t>(number))) == "");
}

TEST_CASE("a check of an erasure finds what is there again", "[sqlite][erasure]") {
    const TemporaryFolder folder;
    const auto data = folder / "data";
    const auto store = open_store(data);
    fill(*store, 20);
    CHECK_FALSE(store->verify_erased(person(7)).value().ok());
    CHECK_FALSE(store->verify_erased(person(7)).value().erasure.has_value());
    const auto place = [&] {
        auto connection =
            sqlite::Connection::open(data / "portrait.db", sqlite::Connection::Access::query_only).value();
        return sqlite::find_blob(*connection, person(7)).value()->place.value();
    }();
    REQUIRE(store->erase(erasure_of(person(7), 20)).has_value());
    const auto proven = store->verify_erased(person(7)).value();
    CHECK(proven.ok());
    CHECK(proven.erasure->number == 1);
    CHECK(proven.has_name);

    // The record comes back into its hole, as from a disk that lost the erasure.
    const auto file = sqlite::SegmentFile::open(data / "pictures", place.range.segment).value();
    REQUIRE(file->write(place, content(7).bytes, content(7).digest).has_value());
    const auto found = store->verify_erased(person(7)).value();
    REQUIRE(found.found.size() == 1);
    CHECK(found.found[0].starts_with("The bytes erased at 2023-11-14T22:13:40.000Z are still in 0000"));
    REQUIRE(file->erase(place.range).has_value());
    CHECK(store->verify_erased(person(7)).value().ok());

    save(*store, person(7), 70, 30);
    const auto again = store->verify_erased(person(7)).value();
    REQUIRE(again.found.size() == 1);
    CHECK(again.found[0].starts_with(
        "The person has a picture, blob 21, saved or linked at 2023-11-14T22:13:50"));
}

TEST_CASE("the bytes by which rows are searched are those in the database's file", "[sqlite][erasure]") {
    const TemporaryFolder folder;
    const auto data = folder / "data";
    const auto sizes = std::vector<std::size_t>{1, 127, 128, 300, 40'000, 9'000'000};
    std::vector<std::string> expected;
    {
        auto options = options_for(data);
        const auto store = open_store(options);
        std::int32_t number = 0;
        for (const auto size : sizes) {
            // Ids and names of every length of SQLite's integers.
            const auto id = person(++number * 90'000'001 % 2'000'000'000);
            const auto name = std::string(size % 5000, 'n');
            REQUIRE(store->persons()->add(id, name).has_value());
            REQUIRE(store->save(save_command(id, static_cast<std::uint32_t>(size), 0, size)).has_value());
            expected.push_back(sqlite::bytes_of_person(id, name));
        }
    }
    auto connection =
        sqlite::Connection::open(data / "portrait.db", sqlite::Connection::Access::query_only).value();
    for (std::int32_t blob = 1; blob <= static_cast<std::int32_t>(sizes.size()); ++blob)
        expected.push_back(sqlite::bytes_of_blob(
            sqlite::find_blob(*connection, BlobId::from(blob).value()).value().value()));
    for (const auto& bytes : expected)
        CHECK(connection->file_contains(bytes).value());
    CHECK_FALSE(connection->file_contains(expected.front() + "x").value());
}

TEST_CASE("what a running backup reads is not proven erased, and the next backup erases it there",
          "[sqlite][erasure]") {
    const TemporaryFolder folder;
    const auto data = folder / "data";
    const auto copy = folder / "copy";
    const auto store = open_store(data);
    fill(*store, 20);
    std::optional<result<ErasedImage>> erased;
    const auto backup = store->backup(copy, [&](const sqlite::Progress& progress) {
        if (!erased && progress.step == "pictures")
            erased =
                std::async(std::launch::async, [&] { return store->erase(erasure_of(person(7), 99)); }).get();
        return true;
    });
    REQUIRE(backup.has_value());
    REQUIRE((erased && erased->has_value()));
    REQUIRE((*erased)->unproven.size() == 1);
    CHECK((*erased)->unproven[0].starts_with("The bytes may still be in a segment file, since a backup"));
    CHECK(file_with(copy, part_of_picture(7)) != "");
    CHECK(eventually([&] { return file_with(data, part_of_picture(7)).empty(); }));
    // Erased again, with nothing in its way.
    CHECK(store->erase(erasure_of(person(7), 100)).value().unproven.empty());
    REQUIRE(store->backup(copy).has_value());
    CHECK(file_with(copy, part_of_picture(7)) == "");
    CHECK(file_with(copy, description_of_person(7)) == "");
}

TEST_CASE("a restoration repeats the erasures that the backup lacks", "[sqlite][erasure][backup]") {
    const TemporaryFolder folder;
    const auto data = folder / "data";
    const auto copy = folder / "copy";
    const auto restored = folder / "restored";
    const auto store = std::shared_ptr<SqliteImageStore>{open_store(data)};
    fill(*store, 20);
    PersonImageService service{store, store->persons()};
    REQUIRE(service.erase(person(3), actor(3)).has_value());
    save(*store, person(3), 33); // a new picture after that
    REQUIRE(store->backup(copy).has_value());
    REQUIRE(service.erase(person(7), actor(3), true).has_value());
    REQUIRE(service.erase(person(8), actor(3)).has_value());
    REQUIRE(service.erase(person(30), actor(3)).has_value()); // has no picture

    SECTION("with the folder of the erasures") {
        const auto report = sqlite::restore(copy, restored, {}, data);
        REQUIRE(report.has_value());
        CHECK(report->erased_persons == 2);
        CHECK(file_with(restored, part_of_picture(7)) == "");
        CHECK(file_with(restored, part_of_picture(8)) == "");
        CHECK(file_with(restored, name_of_person(7)) == "");
        CHECK(file_with(restored, name_of_person(8)) != "");
        const auto again = open_store(restored);
        CHECK(again->info(person(7)).error() == errc::image_none);
        CHECK_FALSE(again->persons()->contains(person(7)).value());
        CHECK(again->persons()->contains(person(8)).value());
        CHECK(again->image(person(3)).value().bytes.text() == content(33).bytes.text());
        CHECK(is_whole(again->image(person(9)).value()));
        CHECK(again->check().value().ok());
        CHECK(again->last_erasure(person(8)).value()->epoch == store->epoch());
        CHECK(again->save(save_command(person(7), 1)).error() == errc::person_unknown);
        // An export of the old store, older than the erasure, is refused here too.
        CHECK(again->save(import_command(person(8), {.epoch = store->epoch(), .erasures = 1})).error() ==
              errc::person_erased);
    }
    SECTION("without it, erased pictures come back") {
        CHECK(sqlite::restore(copy, restored).value().erased_persons == 0);
        CHECK(is_whole(open_store(restored)->image(person(7)).value()));
    }
    SECTION("a folder without a database is refused") {
        CHECK(sqlite::restore(copy, restored, {}, folder / "none").error() == errc::store_not_a_database);
    }
}

TEST_CASE("a person that was forgotten gets no picture from a save that was admitted before",
          "[sqlite][erasure]") {
    const TemporaryFolder folder;
    const auto store = std::shared_ptr<SqliteImageStore>{open_store(folder / "data")};
    fill(*store, 3);
    REQUIRE(PersonImageService(store, store->persons()).erase(person(2), actor(3), true).has_value());
    CHECK(store->save(save_command(person(2), 1)).error() == errc::person_unknown);
    CHECK(store->link(link_command(person(2), store->info(person(1)).value().blob_id)).error() ==
          errc::person_unknown);
    REQUIRE(store->persons()->add(person(2), "Again").has_value());
    CHECK(store->save(save_command(person(2), 1)).has_value());
}

TEST_CASE("the epoch stays with the folder and its backups, and a restoration gets another",
          "[sqlite][erasure]") {
    const TemporaryFolder folder;
    const auto epoch = open_store(folder / "data")->epoch();
    CHECK(epoch.size() == 24);
    CHECK(open_store(folder / "other")->epoch() != epoch);
    {
        const auto store = open_store(folder / "data");
        CHECK(store->epoch() == epoch);
        save(*store, person(1), 1);
        REQUIRE(store->backup(folder / "copy").has_value());
    }
    REQUIRE(sqlite::restore(folder / "copy", folder / "restored").has_value());
    const auto restored = open_store(folder / "restored")->epoch();
    CHECK(restored.size() == 24);
    CHECK(restored != epoch);
    CHECK(open_store(folder / "copy")->epoch() == epoch);
}

} // namespace erasure_test
