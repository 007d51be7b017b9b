#include "support/catch.hpp"

#include <portrait/precondition.hpp>

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

} // namespace precondition_test
