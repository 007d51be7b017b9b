#include "pictures/conditional.hpp"

#include "support/catch.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace entity_tag_test {

using namespace portrait;
using namespace portrait::http;

namespace {

ImageVersion version(std::int64_t blob, std::int64_t blob_version, std::int64_t link_version) {
    return {BlobId::from(blob).value(), blob_version, link_version};
}

/// The tags of a list in their notation.
std::vector<std::string> tags(std::string_view value) {
    std::vector<std::string> written;
    for (const auto& tag : parse_entity_tags(value).tags)
        written.push_back((tag.weak ? "W/" : "") + std::string{tag.opaque});
    return written;
}

using Strings = std::vector<std::string>;

} // namespace

TEST_CASE("an ETag is made of the version's numbers", "[http][entity_tag]") {
    CHECK(entity_tag("", version(167, 5, 3)) == "\"167.5.3\"");
    CHECK(entity_tag("5d0c", version(167, 5, 3)) == "\"5d0c.167.5.3\"");
    CHECK(version_of_entity_tag("5d0c.167.5.3", "5d0c") == version(167, 5, 3));
    CHECK(entity_tag("", version(167, 5, 3), "-info") == "\"167.5.3-info\"");
    CHECK(entity_tag("", version(167, 5, 3), {180, {}, ImageFormat::jpeg}, "8.14.1-2") ==
          "\"167.5.3-180x-jpg-8.14.1-2\"");
    CHECK(entity_tag("", version(167, 5, 3), {96, 96, ImageFormat::png, Fit::cover}, "") ==
          "\"167.5.3-96x96c-png\"");
    CHECK(entity_tag("", version(167, 5, 3), {96, 96, ImageFormat::png, Fit::attention}, "") ==
          "\"167.5.3-96x96a-png\"");
    CHECK(version_of_entity_tag("167.5.3-180x-jpg-8.14.1-2", "") == version(167, 5, 3));
    CHECK(entity_tag("", version(2147483647, std::numeric_limits<std::int64_t>::max(), 0)) ==
          "\"2147483647.9223372036854775807.0\"");
}

TEST_CASE("a version's ETag is parsed as that version", "[http][entity_tag]") {
    CHECK(version_of_entity_tag("167.5.3", "") == version(167, 5, 3));
    CHECK(version_of_entity_tag("167.5.3-info", "") == version(167, 5, 3));
    CHECK(version_of_entity_tag("167.5.3-80x60.png", "") == version(167, 5, 3));
    CHECK(version_of_entity_tag("1.0.0", "") == version(1, 0, 0));
    CHECK(version_of_entity_tag("2147483647.9223372036854775807.9223372036854775807", "") ==
          version(2147483647, std::numeric_limits<std::int64_t>::max(),
                  std::numeric_limits<std::int64_t>::max()));
}

TEST_CASE("a foreign tag has no version", "[http][entity_tag]") {
    const auto* const opaque =
        GENERATE("", "167", "167.5", "167.5.", "167.5.3.", "167.5.3-", "167.5.3info", "167.5.3 ", " 167.5.3",
                 "0.5.3", "-1.5.3", "+167.5.3", "0167.5.3", "167.05.3", "167.-5.3", "2147483648.5.3",
                 "167.9223372036854775808.3", "a.b.c", "..", "167,5,3", "99999999999999999999.1.1");
    CAPTURE(opaque);
    CHECK_FALSE(version_of_entity_tag(opaque, "").has_value());
}

TEST_CASE("one entity tag is read strictly", "[http][entity_tag]") {
    REQUIRE(parse_entity_tag("\"a\"").has_value());
    CHECK_FALSE(parse_entity_tag("\"a\"")->weak);
    CHECK(parse_entity_tag("\"a\"")->opaque == "a");
    CHECK(parse_entity_tag("W/\"a\"")->weak);
    CHECK(parse_entity_tag("\"\"")->opaque.empty());
    const auto* const malformed = GENERATE("", "a", "\"", "\"a", "a\"", "w/\"a\"", "W\"a\"", "W/a",
                                           "W/ \"a\"", "\"a\" ", "\"a\"\"b\"", "\"a b\"", "\"a\x7F\"", "*");
    CAPTURE(malformed);
    CHECK_FALSE(parse_entity_tag(malformed).has_value());
}

TEST_CASE("a weak tag equals a strong one with its text", "[http][entity_tag]") {
    const EntityTag strong{false, "1.2.3"};
    const EntityTag weak{true, "1.2.3"};
    CHECK(strong.equals("\"1.2.3\""));
    CHECK(weak.equals("\"1.2.3\""));
    CHECK_FALSE(strong.equals("\"1.2.4\""));
    CHECK_FALSE(strong.equals("\"1.2.31\""));
    CHECK_FALSE(strong.equals("1.2.3"));
}

TEST_CASE("lists of entity tags are read with all their forms", "[http][entity_tag]") {
    CHECK(tags("\"a\"") == Strings{"a"});
    CHECK(tags("\"a\", W/\"b\",\"c\"") == Strings{"a", "W/b", "c"});
    CHECK(tags("\"a,b\", \"c\"") == Strings{"a,b", "c"});
    CHECK(tags(", ,\t\"a\" ,, ") == Strings{"a"});
    CHECK(tags("\"\xC3\xA5\"") == Strings{"\xC3\xA5"});
    CHECK(tags("").empty());
    CHECK_FALSE(parse_entity_tags("").any);
}

TEST_CASE("a star matches every version only when it stands alone", "[http][entity_tag]") {
    CHECK(parse_entity_tags("*").any);
    CHECK(parse_entity_tags(" * ").any);
    CHECK(parse_entity_tags("*, *").any);
    const auto* const value =
        GENERATE("", "**", "*a", "\"a\", *", "*, \"a\"", "\"*\"", "a*", "*\"a\"", "\"a\"*");
    CAPTURE(value);
    CHECK_FALSE(parse_entity_tags(value).any);
}

TEST_CASE("malformed members of a list are skipped, the others count", "[http][entity_tag]") {
    CHECK(tags("a, \"b\"") == Strings{"b"});
    CHECK(tags("\"b\"x, \"c\"") == Strings{"c"});
    CHECK(tags("W/, \"c\"") == Strings{"c"});
    CHECK(tags("w/\"a\", \"c\"") == Strings{"c"});
    CHECK(tags("\"a b\", \"c\"") == Strings{"c"});
    CHECK(tags("\"c\", \"open") == Strings{"c"});
    CHECK(tags("167.5.3").empty());
}

TEST_CASE("a list of any length is read, and a thousand of its tags count", "[http][entity_tag]") {
    std::string value;
    for (std::size_t index = 0; index < max_entity_tags + 500; ++index)
        value += "\"" + std::to_string(index) + "\",";
    const auto list = parse_entity_tags(value);
    REQUIRE(list.tags.size() == max_entity_tags);
    CHECK(list.tags.back().opaque == std::to_string(max_entity_tags - 1));
}

TEST_CASE("hostile lists end", "[http][entity_tag]") {
    const std::string pattern =
        GENERATE(",", "\"", "W/", "W/\"", "\"\x01,", "*,", "a", "\"a\"\"", " ", "\",");
    std::string value;
    while (value.size() < 1'000'000)
        value += pattern;
    CAPTURE(pattern);
    CHECK(parse_entity_tags(value).tags.size() <= max_entity_tags);
}

} // namespace entity_tag_test
