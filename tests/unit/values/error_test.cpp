#include "support/catch.hpp"

#include <portrait/error.hpp>
#include <portrait/fmt.hpp>
#include <portrait/image_info.hpp>

#include <set>
#include <string>
#include <system_error>

namespace error_test {

using namespace portrait;

TEST_CASE("the table of rules has one row for each errc", "[error]") {
    std::set<std::string_view> rules;
    int expected = 1;
    for (const auto& row : error_rules()) {
        CAPTURE(row.rule);
        CHECK(static_cast<int>(row.code) == expected++);
        CHECK(rules.insert(row.rule).second);
        CHECK_FALSE(row.message.empty());
        CHECK(row.rule.find_first_not_of("abcdefghijklmnopqrstuvwxyz_.") == std::string_view::npos);
    }
    CHECK(rules.contains("image.too_many_pixels"));
    CHECK(rules.contains("precondition.failed"));
}

TEST_CASE("an errc is a std::error_code and has a condition", "[error]") {
    const std::error_code code = errc::image_none;
    CHECK(code.category() == error_category());
    CHECK(std::string{code.category().name()} == "portrait");
    CHECK(code == failure::not_found);
    CHECK(code != failure::bad_input);
    CHECK(code.message() == "The person has no picture");
    CHECK(make_error_code(Error{errc::image_none, "own words"}) == code);
}

TEST_CASE("an error carries message, observed value, limit and cause", "[error]") {
    const auto error =
        Error{errc::image_too_many_bytes, "too much"}.with_limit(11, 10).with_cause("errno 28");
    CHECK(error == errc::image_too_many_bytes);
    CHECK(error == failure::too_large);
    CHECK(error.rule() == "image.too_many_bytes");
    CHECK(error.message() == "too much");
    CHECK(error.observed() == 11U);
    CHECK(error.limit() == 10U);
    CHECK(error.cause() == "errno 28");
    CHECK(error.current() == nullptr);
}

TEST_CASE("a failed precondition can name the current version", "[error]") {
    const ImageVersion version{BlobId::from(7).value(), 3, 4};
    const auto error = Error{errc::precondition_failed}.with_current(version);
    REQUIRE(error.current() != nullptr);
    CHECK(*error.current() == version);
}

TEST_CASE("taking the value of a failure throws a system_error", "[error]") {
    const result<int> failed = Error{errc::store_full, "no space"};
    CHECK_THROWS_AS(failed.value(), std::system_error);
    try {
        failed.value();
    } catch (const std::system_error& error) {
        CHECK(error.code() == errc::store_full);
        CHECK(std::string_view{error.what()}.starts_with("store.full: no space"));
    }
}

TEST_CASE("fmt prints ids and errors", "[error]") {
    CHECK(fmt::format("{:>4} {}", PersonId::from(7).value(), BlobId::from(12).value()) == "   7 12");
    CHECK(fmt::format("{}", Error{errc::store_full, "no space"}.with_cause("errno 28")) ==
          "store.full: no space (errno 28)");
}

} // namespace error_test
