#include "pictures/conditional.hpp"

#include "headers/field_syntax.hpp"
#include "http/headers/head_with.hpp"
#include "support/catch.hpp"

#include <chrono>

namespace conditional_test {

using namespace portrait;
using namespace portrait::http;
using namespace std::chrono_literals;
using portrait::testing::head_with;

namespace {

constexpr Timestamp changed = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 14h + 5min + 250ms;
constexpr std::string_view at_change = "Mon, 23 Nov 2026 14:05:00 GMT";
constexpr std::string_view before_change = "Mon, 23 Nov 2026 14:04:59 GMT";
constexpr std::string_view after_change = "Mon, 23 Nov 2026 14:05:01 GMT";

ImageInfo picture() {
    ImageInfo info{BlobId::from(167).value()};
    info.blob_version = 5;
    info.link_version = 3;
    info.updated_at = changed;
    info.linked_at = changed - 24h;
    info.last_modified = std::chrono::floor<std::chrono::seconds>(changed);
    return info;
}

const auto image_tag = entity_tag("", picture().version());
const auto info_tag = entity_tag("", picture().version(), "-info");
/// Later than the second of the change.
const ValidatorContext later{.now = changed + 1h};

ReadCondition read(std::initializer_list<RequestField> fields, std::string_view tag = image_tag) {
    return read_condition(head_with(fields), picture(), tag, later);
}

bool write_holds(std::initializer_list<RequestField> fields) {
    const auto info = picture();
    return write_precondition(head_with(fields), "").check(&info, later.now).has_value();
}

bool write_holds_without_picture(std::initializer_list<RequestField> fields) {
    return write_precondition(head_with(fields), "").check(nullptr, later.now).has_value();
}

} // namespace

TEST_CASE("a write without conditions demands nothing", "[http][conditional]") {
    CHECK(write_precondition(head_with({}), "").empty());
    CHECK(write_precondition(head_with({{"If-Range", "\"1.1.1\""}, {"If-Modified-Since", at_change}}), "")
              .empty());
}

TEST_CASE("If-Match on a write has the version to be replaced", "[http][conditional]") {
    CHECK(write_holds({{"If-Match", "\"167.5.3\""}}));
    CHECK(write_holds({{"If-Match", "\"167.5.3-info\""}}));
    CHECK(write_holds({{"If-Match", "\"1.1.1\", \"167.5.3\""}}));
    CHECK(write_holds({{"If-Match", "\"1.1.1\""}, {"if-match", "\"167.5.3\""}}));
    CHECK(write_holds({{"If-Match", "*"}}));
    CHECK_FALSE(write_holds({{"If-Match", "\"167.5.4\""}}));
    CHECK_FALSE(write_holds({{"If-Match", "\"167.4.3\""}}));
    CHECK_FALSE(write_holds_without_picture({{"If-Match", "\"167.5.3\""}}));
    CHECK_FALSE(write_holds_without_picture({{"If-Match", "*"}}));
}

TEST_CASE("weak and malformed tags never satisfy If-Match", "[http][conditional]") {
    CHECK_FALSE(write_holds({{"If-Match", "W/\"167.5.3\""}}));
    CHECK_FALSE(write_holds({{"If-Match", "167.5.3"}}));
    CHECK_FALSE(write_holds({{"If-Match", ""}}));
    CHECK_FALSE(write_holds({{"If-Match", "garbage"}}));
    CHECK_FALSE(write_holds({{"If-Match", "\"abc\""}}));
}

TEST_CASE("If-None-Match on a write refuses the versions in its list", "[http][conditional]") {
    CHECK_FALSE(write_holds({{"If-None-Match", "*"}}));
    CHECK(write_holds_without_picture({{"If-None-Match", "*"}}));
    CHECK_FALSE(write_holds({{"If-None-Match", "\"167.5.3\""}}));
    CHECK_FALSE(write_holds({{"If-None-Match", "W/\"167.5.3\""}}));
    CHECK_FALSE(write_holds({{"If-None-Match", "\"167.5.3-info\""}}));
    CHECK(write_holds({{"If-None-Match", "\"167.4.3\""}}));
}

TEST_CASE("If-Unmodified-Since on a write compares in whole seconds and yields to If-Match",
          "[http][conditional]") {
    CHECK(write_holds({{"If-Unmodified-Since", at_change}}));
    CHECK(write_holds({{"If-Unmodified-Since", after_change}}));
    CHECK_FALSE(write_holds({{"If-Unmodified-Since", before_change}}));
    CHECK(write_holds({{"If-Unmodified-Since", before_change}, {"If-Match", "\"167.5.3\""}}));
    CHECK(write_holds({{"If-Unmodified-Since", "yesterday"}}));
    CHECK(write_holds({{"If-Unmodified-Since", before_change}, {"If-Unmodified-Since", before_change}}));
}

TEST_CASE("a read whose tag is current is not modified", "[http][conditional]") {
    CHECK(read({{"If-None-Match", "\"167.5.3\""}}) == ReadCondition::not_modified);
    CHECK(read({{"If-None-Match", "W/\"167.5.3\""}}) == ReadCondition::not_modified);
    CHECK(read({{"If-None-Match", "\"1.1.1\", \"167.5.3\""}}) == ReadCondition::not_modified);
    CHECK(read({{"If-None-Match", "*"}}) == ReadCondition::not_modified);
    CHECK(read({{"If-None-Match", "\"167.4.3\""}}) == ReadCondition::proceed);
    CHECK(read({{"If-None-Match", "garbage"}}) == ReadCondition::proceed);
    CHECK(read({}) == ReadCondition::proceed);
}

TEST_CASE("a read compares If-None-Match with its own representation's tag", "[http][conditional]") {
    CHECK(read({{"If-None-Match", "\"167.5.3\""}}, info_tag) == ReadCondition::proceed);
    CHECK(read({{"If-None-Match", "\"167.5.3-info\""}}, info_tag) == ReadCondition::not_modified);
    CHECK(read({{"If-None-Match", "\"167.5.3-info\""}}) == ReadCondition::proceed);
}

TEST_CASE("If-Modified-Since is decided in whole seconds", "[http][conditional]") {
    CHECK(read({{"If-Modified-Since", at_change}}) == ReadCondition::not_modified);
    CHECK(read({{"If-Modified-Since", after_change}}) == ReadCondition::not_modified);
    CHECK(read({{"If-Modified-Since", before_change}}) == ReadCondition::proceed);
    CHECK(read({{"If-Modified-Since", "soon"}}) == ReadCondition::proceed);
}

TEST_CASE("If-None-Match goes before If-Modified-Since", "[http][conditional]") {
    CHECK(read({{"If-None-Match", "\"167.4.3\""}, {"If-Modified-Since", after_change}}) ==
          ReadCondition::proceed);
    CHECK(read({{"If-None-Match", "\"167.5.3\""}, {"If-Modified-Since", before_change}}) ==
          ReadCondition::not_modified);
    CHECK(read({{"If-None-Match", "garbage"}, {"If-Modified-Since", after_change}}) ==
          ReadCondition::proceed);
}

TEST_CASE("a read whose If-Match or If-Unmodified-Since fails is refused", "[http][conditional]") {
    CHECK(read({{"If-Match", "\"167.4.3\""}}) == ReadCondition::precondition_failed);
    CHECK(read({{"If-Match", "W/\"167.5.3\""}}) == ReadCondition::precondition_failed);
    CHECK(read({{"If-Match", "\"167.5.3\""}}) == ReadCondition::proceed);
    CHECK(read({{"If-Match", "\"167.5.3\""}}, info_tag) == ReadCondition::proceed);
    CHECK(read({{"If-Match", "*"}}) == ReadCondition::proceed);
    CHECK(read({{"If-Unmodified-Since", before_change}}) == ReadCondition::precondition_failed);
    CHECK(read({{"If-Unmodified-Since", at_change}}) == ReadCondition::proceed);
    CHECK(read({{"If-Unmodified-Since", "never"}}) == ReadCondition::proceed);
}

TEST_CASE("RFC 9110's order of precedence decides a read with several conditions", "[http][conditional]") {
    CHECK(read({{"If-None-Match", "\"167.5.3\""}, {"If-Match", "\"1.1.1\""}}) ==
          ReadCondition::precondition_failed);
    CHECK(read({{"If-Match", "\"167.5.3\""}, {"If-Unmodified-Since", before_change}}) ==
          ReadCondition::proceed);
    CHECK(read({{"If-Match", "\"167.5.3\""}, {"If-None-Match", "\"167.5.3\""}}) ==
          ReadCondition::not_modified);
    CHECK(read({{"If-Unmodified-Since", before_change}, {"If-None-Match", "\"167.5.3\""}}) ==
          ReadCondition::precondition_failed);
}

TEST_CASE("If-Range allows a range for the strong tag or the exact date only", "[http][conditional]") {
    const auto applies = [](std::initializer_list<RequestField> fields) {
        return range_applies(head_with(fields), image_tag, last_modified(picture(), later));
    };
    CHECK(applies({}));
    CHECK(applies({{"If-Range", "\"167.5.3\""}}));
    CHECK(applies({{"If-Range", at_change}}));
    CHECK_FALSE(applies({{"If-Range", "W/\"167.5.3\""}}));
    CHECK_FALSE(applies({{"If-Range", "\"167.5.3-info\""}}));
    CHECK_FALSE(applies({{"If-Range", "\"167.4.3\""}}));
    CHECK_FALSE(applies({{"If-Range", "\"167.4.3\", \"167.5.3\""}}));
    CHECK_FALSE(applies({{"If-Range", "*"}}));
    CHECK_FALSE(applies({{"If-Range", before_change}}));
    CHECK_FALSE(applies({{"If-Range", after_change}}));
    CHECK_FALSE(applies({{"If-Range", ""}}));
}

TEST_CASE("a date names no picture while the second of its change is not over", "[http][conditional]") {
    const ValidatorContext early{.now = changed + 749ms};
    CHECK_FALSE(last_modified(picture(), early).has_value());
    CHECK(last_modified(picture(), {.now = changed + 750ms}).has_value());
    const auto decided = [&](std::string_view name) {
        return read_condition(head_with({{name, after_change}}), picture(), image_tag, early);
    };
    CHECK(decided("If-Modified-Since") == ReadCondition::proceed);
    CHECK(decided("If-Unmodified-Since") == ReadCondition::precondition_failed);
    CHECK_FALSE(
        range_applies(head_with({{"If-Range", at_change}}), image_tag, last_modified(picture(), early)));
    auto undated = picture();
    undated.last_modified.reset(); // of a store that keeps none
    CHECK_FALSE(last_modified(undated, later).has_value());
    CHECK(read_condition(head_with({{"If-Modified-Since", after_change}}), undated, image_tag, later) ==
          ReadCondition::proceed);
}

TEST_CASE("a tag of another epoch names no version", "[http][conditional]") {
    const auto info = picture();
    const auto holds = [&](std::string_view tag) {
        return write_precondition(head_with({{"If-Match", tag}}), "5d0c").check(&info, later.now).has_value();
    };
    CHECK(holds("\"5d0c.167.5.3\""));
    CHECK(holds("\"5d0c.167.5.3-info\""));
    for (const std::string_view tag : {"\"167.5.3\"", "\"5d0d.167.5.3\"", "\"5d0c167.5.3\"",
                                       "\"5d0c.5d0c.167.5.3\"", "\"5d0c.\"", "\"5d0c\""}) {
        CAPTURE(tag);
        CHECK_FALSE(holds(tag));
    }
    CHECK_FALSE(write_precondition(head_with({{"If-Match", "\"5d0c.167.5.3\""}}), "")
                    .check(&info, later.now)
                    .has_value());
}

TEST_CASE("HEAD has no range", "[http][conditional]") {
    auto head = head_with({});
    head.method = "HEAD";
    CHECK_FALSE(range_applies(head, image_tag, {}));
}

} // namespace conditional_test
