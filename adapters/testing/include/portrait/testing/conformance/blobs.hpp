#pragma once

#include <portrait/testing/conformance/cases.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace portrait::testing::conformance {

inline void test_shared_blobs(Store& store) {
    SECTION("a shared blob is copied on write") {
        const auto shared = save(*store, person(1), 1, 10).blob_id();
        REQUIRE(store->link(link_command(person(2), shared, 20)).has_value());
        REQUIRE(store->update_info(description_of(shared, "both")).has_value());
        const auto own = save(*store, person(2), 2, 30);
        CHECK(own.created);
        CHECK(own.blob_id() != shared);
        CHECK(own.info.description == "both");
        CHECK(own.info.created_at == at(30));
        CHECK(own.info.linked_at == at(30));
        const auto left = value_of(store->image(person(1)));
        CHECK(left.info.blob_id == shared);
        CHECK(left.bytes.text() == content(1).bytes.text());
        CHECK(store->image(person(2)).value().bytes.text() == content(2).bytes.text());
        // Now that nobody else links it, the next save of either keeps its id.
        CHECK(save(*store, person(1), 3).blob_id() == shared);
        CHECK(save(*store, person(2), 4).blob_id() == own.blob_id());
    }
    SECTION("a replaced blob changes for each linked person") {
        const auto blob_id = save(*store, person(1), 1).blob_id();
        REQUIRE(store->link(link_command(person(2), blob_id)).has_value());
        const auto before = store->info(person(2)).value();
        const auto replaced = save(*store, blob_id, 2, 30);
        CHECK_FALSE(replaced.created);
        CHECK(replaced.info.link_version == 0);
        for (const auto id : {1, 2})
            CHECK(store->image(person(id)).value().bytes.text() == content(2).bytes.text());
        CHECK(store->info(person(2)).value().blob_version > before.blob_version);
        CHECK(store->info(person(2)).value().link_version == before.link_version);
        CHECK(store->save(save_command(gone_blob(*store), 1)).error() == errc::blob_unknown);
    }
}

inline void test_new_blobs(Store& store) {
    SECTION("a new blob has no links") {
        auto command = save_command(NewBlob{}, 1, 10);
        command.texts = {.description = "d", .extra_info = "e", .conceptual_type = "c"};
        const auto made = value_of(store->save(command));
        CHECK(made.created);
        CHECK(made.info.link_version == 0);
        CHECK(made.info.description == "d");
        CHECK(made.info.extra_info == "e");
        CHECK(made.info.conceptual_type == "c");
        const auto stored = value_of(store->image(made.blob_id()));
        CHECK(stored.info == made.info);
        CHECK(is_whole(stored));
    }
    SECTION("a new blob ignores preconditions") {
        auto command = save_command(NewBlob{}, 1);
        command.precondition = {.if_match = any_version(),
                                .if_none_match = any_version(),
                                .if_unmodified_since = second_at(-1000)};
        CHECK(store->save(command).has_value());
    }
    SECTION("a blob without bytes gets them later") {
        auto command = save_command(NewBlob{}, 1, 10);
        command.content.reset();
        const auto made = value_of(store->save(command));
        const auto blob_id = made.blob_id();
        CHECK(made.info.size == 0);
        CHECK_FALSE(made.info.format.has_value());
        CHECK(store->info(blob_id).value() == made.info);
        CHECK(store->image(blob_id).error() == errc::blob_without_image);
        CHECK(store->link(link_command(person(1), blob_id)).error() == errc::blob_without_image);
        CHECK(store->info(person(1)).error() == errc::image_none);
        CHECK_FALSE(save(*store, blob_id, 2, 20).created);
        REQUIRE(store->link(link_command(person(1), blob_id)).has_value());
        CHECK(store->image(person(1)).value().bytes.text() == content(2).bytes.text());
    }
}

inline void test_links(Store& store) {
    SECTION("a link keeps the previous blob") {
        const auto first = save(*store, person(1), 1, 10);
        const auto other = save(*store, NewBlob{}, 2, 20).blob_id();
        const auto linked = value_of(store->link(link_command(person(1), other, 30)));
        CHECK(linked.blob_id == other);
        CHECK(linked.link_version > first.info.link_version);
        CHECK(linked.linked_at == at(30));
        CHECK(linked.last_modified == second_at(30));
        CHECK(store->info(person(1)).value() == linked);
        CHECK(store->image(first.blob_id()).value().bytes.text() == content(1).bytes.text());
        const auto again = value_of(store->link(link_command(person(1), other, 40)));
        CHECK(again == linked);
        CHECK(store->link(link_command(person(1), gone_blob(*store))).error() == errc::blob_unknown);
        CHECK(store->info(person(1)).value() == linked);
    }
    SECTION("an unlink keeps the blob") {
        const auto blob_id = save(*store, person(1), 1).blob_id();
        const UnlinkImage unlink{.person_id = person(1), .actor = actor(1), .now = at(1)};
        CHECK(store->unlink(unlink).value() == blob_id);
        CHECK(store->info(person(1)).error() == errc::image_none);
        CHECK_FALSE(store->cached_image(person(1)).has_value());
        CHECK(store->image(blob_id).value().bytes.text() == content(1).bytes.text());
        CHECK(store->unlink(unlink).value() == std::nullopt);
        // The next save can't know of the blob left behind.
        CHECK(save(*store, person(1), 2).blob_id() != blob_id);
    }
}

inline void test_removals(Store& store) {
    SECTION("a removal by person erases a blob that is not shared") {
        const auto blob_id = save(*store, person(1), 1).blob_id();
        REQUIRE(store->link(link_command(person(2), blob_id)).has_value());
        const auto first = value_of(store->remove(removal_of(person(1))));
        CHECK(first.unlinked == blob_id);
        CHECK_FALSE(first.erased);
        CHECK(store->image(person(1)).error() == errc::image_none);
        CHECK(store->image(person(2)).value().bytes.text() == content(1).bytes.text());
        const auto second = value_of(store->remove(removal_of(person(2))));
        CHECK(second.erased);
        CHECK(store->info(blob_id).error() == errc::blob_unknown);
        CHECK_FALSE(store->cached_image(person(2)).has_value());
        const auto third = value_of(store->remove(removal_of(person(2))));
        CHECK_FALSE(third.unlinked.has_value());
        CHECK_FALSE(third.erased);
    }
    SECTION("a removal by blob id unlinks each person") {
        const auto blob_id = save(*store, person(1), 1).blob_id();
        REQUIRE(store->link(link_command(person(2), blob_id)).has_value());
        const auto removed = value_of(store->remove(removal_of(blob_id)));
        CHECK(removed.unlinked == blob_id);
        CHECK(removed.erased);
        for (const auto id : {1, 2}) {
            CHECK(store->image(person(id)).error() == errc::image_none);
            CHECK_FALSE(store->cached_image(person(id)).has_value());
        }
        CHECK(store->remove(removal_of(blob_id)).error() == errc::blob_unknown);
    }
}

inline void test_texts(Store& store) {
    SECTION("texts change one by one") {
        const auto saved = save(*store, person(1), 1, 10);
        auto command = description_of(person(1), "first");
        command.extra_info = "extra";
        const auto first = value_of(store->update_info(command));
        auto expected = saved.info;
        expected.description = "first";
        expected.extra_info = "extra";
        expected.updated_at = at(50);
        expected.updated_by = actor(6);
        expected.last_modified = second_at(50);
        expected.blob_version = first.blob_version;
        CHECK(first == expected);
        CHECK(first.blob_version > saved.info.blob_version);
        const auto second = value_of(store->update_info(description_of(saved.blob_id(), "")));
        CHECK(second.link_version == 0);
        const auto seen = store->info(person(1)).value();
        CHECK(seen.description.empty());
        CHECK(seen.extra_info == "extra");
        CHECK(seen.conceptual_type == "PERSONPHOTO");
        CHECK(store->image(person(1)).value().bytes.text() == content(1).bytes.text());
    }
    SECTION("texts of 2048 characters come back whole") {
        std::string longest;
        for (int letter = 0; letter < 2048; ++letter)
            longest += "Æ";
        save(*store, person(1), 1);
        auto command = description_of(person(1), longest);
        command.extra_info = longest;
        command.conceptual_type = longest.substr(0, std::size_t{2} * 254);
        REQUIRE(store->update_info(command).has_value());
        const auto info = store->info(person(1)).value();
        CHECK(info.description == longest);
        CHECK(info.extra_info == longest);
        CHECK(info.conceptual_type == command.conceptual_type);
    }
    SECTION("times keep their milliseconds") {
        const auto moment = at(10) + std::chrono::milliseconds{123};
        auto command = save_command(person(1), 1);
        command.now = moment;
        REQUIRE(store->save(command).has_value());
        const auto saved = store->info(person(1)).value();
        CHECK(saved.created_at == moment);
        CHECK(saved.updated_at == moment);
        CHECK(saved.linked_at == moment);
        auto update = description_of(person(1), "x");
        update.now = moment + std::chrono::milliseconds{1};
        REQUIRE(store->update_info(update).has_value());
        CHECK(store->info(person(1)).value().updated_at == update.now);
    }
    SECTION("texts of a missing picture can't change") {
        const auto saved = save(*store, person(1), 1);
        CHECK(store->update_info(description_of(person(2), "x")).error() == errc::image_none);
        CHECK(store->update_info(description_of(gone_blob(*store), "x")).error() == errc::blob_unknown);
        auto command = description_of(person(1), "x");
        command.expected_blob_id = gone_blob(*store);
        CHECK(store->update_info(command).error() == errc::info_blob_id_mismatch);
        CHECK(store->info(person(1)).value() == saved.info);
        command.expected_blob_id = saved.blob_id();
        CHECK(store->update_info(command).value().description == "x");
    }
}

} // namespace portrait::testing::conformance
