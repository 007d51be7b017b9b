#include "formats/json_reader.hpp"
#include "support/catch.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace json_reader_test {

using namespace portrait::http;

namespace {

std::string rule_of(std::string_view text) {
    const auto value = read_json(text);
    if (value)
        return "accepted";
    CHECK(value.error().status == 400);
    return std::string{value.error().rule};
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("JSON is read by RFC 8259", "[json]") {
    CHECK(rule_of(R"({"a":"😀","b":[1,2.5,true,null]})") == "accepted");
    CHECK(rule_of("\xEF\xBB\xBF{}") == "accepted"); // with a byte order mark
    CHECK(read_json(R"("\uD83D\uDE00")")->as_string() == "\xF0\x9F\x98\x80");
    CHECK(read_json(R"({"a":1,"b":2,"a":3})")->at("a") == 3); // the last one wins
}

TEST_CASE("malformed JSON is refused", "[json][hostile]") {
    // ASP.NET's reader would let comments, trailing commas and single quotes pass; the RFC doesn't.
    for (const std::string_view text : {"",
                                        " ",
                                        "{",
                                        "{}x",
                                        "{'a':1}",
                                        "{a:1}",
                                        "[1,]",
                                        "{\"a\":1,}",
                                        "/**/{}",
                                        "NaN",
                                        "01",
                                        "1e309",
                                        R"({"a":[-9e99999]})",
                                        "\"\n\"",
                                        R"("\uD800")",
                                        R"("\uDC00")",
                                        R"("\uD800\u0041")",
                                        R"("\u12")",
                                        "\"\xC0\xAF\"",
                                        "\"\xED\xA0\x80\"",
                                        "\"\xF8\x88\x80\x80\x80\"",
                                        "\"\xC3\"",
                                        "\xFF\xFE{\0}\0"}) {
        CAPTURE(text);
        CHECK(rule_of(text) == "request.json_malformed");
    }
    CHECK(rule_of(std::string_view{"{}\0", 3}) == "request.json_malformed");
    CHECK(rule_of(std::string_view{"\"a\0b\"", 5}) == "request.json_malformed");
}

TEST_CASE("JSON may be 32 levels deep", "[json][hostile]") {
    CHECK(rule_of(nested(32)) == "accepted");
    CHECK(rule_of(nested(33)) == "request.too_deep");
    CHECK(rule_of(nested(10'000)) == "request.too_deep");
    CHECK(rule_of(std::string(10'000, '[')) == "request.too_deep");
}

TEST_CASE("members are found in any case, the exact one first", "[json]") {
    auto value = *read_json(R"({"Path":1,"path":2,"PATH":3})");
    const auto& object = std::as_const(value).as_object();
    CHECK(*find_member(object, "path") == 2);
    CHECK(*find_member(object, "pAth") == 3);
    CHECK(find_member(object, "paths") == nullptr);
}

} // namespace json_reader_test
