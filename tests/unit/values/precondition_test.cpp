#include "support/catch.hpp"

#include <portrait/precondition.hpp>

#include <chrono>

namespace precondition_test {

using namespace portrait;

namespace {

ImageInfo info_of(std::int32_t id, std::int64_t blob_version, std::int64_t link_version) {
    ImageInfo info{.blob_id = BlobId::from(id).value()};
    info.blob_version = blob_version;
    info.link_version = link_version;
    return info;
}

} // namespace

TEST_CASE("an empty precondition always holds", "[precondition]") {
    const auto info = info_of(1, 2, 3);
    CHECK(Precondition{}.empty());
    CHECK(Precondition{}.check(&info, {}).has_value());
    CHECK(Precondition{}.check(nullptr, {}).has_value());
}

TEST_CASE("an empty list matches nothing", "[precondition]") {
    const auto info = info_of(1, 2, 3);
    Precondition precondition;
    precondition.if_match = VersionCondition{};
    CHECK_FALSE(precondition.empty());
    CHECK(precondition.check(&info, {}).error() == errc::precondition_failed);
    precondition = {};
    precondition.if_none_match = VersionCondition{};
    CHECK(precondition.check(&info, {}).has_value());
}

TEST_CASE("each part of a version counts", "[precondition]") {
    const auto info = info_of(1, 2, 3);
    Precondition precondition;
    precondition.if_match = VersionCondition{.any = false, .versions = {{BlobId::from(1).value(), 2, 3}}};
    CHECK(precondition.check(&info, {}).has_value());
    for (const auto& other : {info_of(2, 2, 3), info_of(1, 3, 3), info_of(1, 2, 4)}) {
        const auto checked = precondition.check(&other, {});
        REQUIRE(checked.has_error());
        const auto error = checked.error();
        REQUIRE(error.current() != nullptr);
        CHECK(*error.current() == other.version());
    }
}

TEST_CASE("a date holds for a picture whose last change is in a second that is over", "[precondition]") {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    auto info = info_of(1, 2, 3);
    const std::chrono::sys_seconds change{seconds{100}};
    info.last_modified = change;
    const auto holds = [&](std::chrono::sys_seconds date, Timestamp now) {
        Precondition precondition;
        precondition.if_unmodified_since = date;
        return precondition.check(&info, now).has_value();
    };
    CHECK(holds(change, change + seconds{1}));
    CHECK(holds(change + seconds{50}, change + seconds{1}));
    CHECK_FALSE(holds(change - seconds{1}, change + seconds{1}));
    CHECK_FALSE(holds(change, change + milliseconds{999}));
    CHECK_FALSE(holds(change, change - seconds{50})); // the clock was set back
    info.last_modified.reset();                       // of a store that keeps none
    CHECK_FALSE(holds(change + seconds{50}, change + seconds{60}));
}

TEST_CASE("the second of a change is later than that of the change before", "[precondition]") {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    const std::chrono::sys_seconds second{seconds{100}};
    CHECK(second_of_change(second + milliseconds{999}, std::nullopt) == second);
    CHECK(second_of_change(second, second - seconds{1}) == second);
    CHECK(second_of_change(second + milliseconds{999}, second) == second + seconds{1});
    CHECK(second_of_change(second - seconds{50}, second) == second + seconds{1});
}

} // namespace precondition_test
