#include "formats/json_patch.hpp"
#include "support/catch.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>

namespace json_patch_test {

using namespace portrait::http;
namespace json = boost::json;

namespace {

/// Of the documents of these tests; "r" is read-only.
constexpr std::string_view writable[]{"a", "b", "s", "x", "y", "m~n", "a/b", "", "Description"};

boost::system::result<json::object, Problem> patch_document(std::string_view document,
                                                            std::string_view patch) {
    const auto read = read_json_patch(json::parse(patch));
    if (!read)
        return read.error();
    return patched(json::parse(document).as_object(), *read, writable);
}

/// As text, or the rule that refused it.
std::string outcome(std::string_view document, std::string_view patch) {
    const auto result = patch_document(document, patch);
    return result ? json::serialize(*result) : std::string{result.error().rule};
}

} // namespace

TEST_CASE("operations follow RFC 6902", "[json_patch]") {
    struct Case {
        std::string_view document;
        std::string_view patch;
        std::string_view expected;
    };
    for (const auto& [document, patch, expected] : {
             Case{R"({"a":1})", "[]", R"({"a":1})"},
             Case{R"({"a":1})", R"([{"op":"add","path":"/b","value":2}])", R"({"a":1,"b":2})"},
             Case{R"({"a":1})", R"([{"op":"add","path":"/a","value":2}])", R"({"a":2})"},
             Case{R"({"r":[1,3]})", R"([{"op":"copy","from":"/r/1","path":"/a"}])", R"({"r":[1,3],"a":3})"},
             Case{R"({"a":1,"b":2})", R"([{"op":"remove","path":"/a"}])", R"({"b":2})"},
             Case{R"({"a":1,"r":2})", R"([{"op":"replace","path":"/a","value":null}])",
                  R"({"a":null,"r":2})"},
             Case{R"({"r":{"b":1}})", R"([{"op":"test","path":"/r/b","value":1}])", R"({"r":{"b":1}})"},
             Case{R"({"a":1})", R"([{"op":"copy","from":"/a","path":"/b"}])", R"({"a":1,"b":1})"},
             Case{R"({"a":1})", R"([{"op":"move","from":"/a","path":"/b"}])", R"({"b":1})"},
             Case{R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
             Case{R"({"a/b":1,"m~n":2})",
                  R"([{"op":"test","path":"/a~1b","value":1},{"op":"remove","path":"/m~0n"}])",
                  R"({"a/b":1})"},
             Case{R"({"":1})", R"([{"op":"replace","path":"/","value":2}])", R"({"":2})"},
             // Names of members match in any case, the operation's own too.
             Case{R"({"Description":"d"})", R"([{"OP":"replace","Path":"/dEscription","VALUE":"e"}])",
                  R"({"Description":"e"})"},
             Case{R"({"Description":"d"})", R"([{"op":"add","path":"/description","value":"e","x":1}])",
                  R"({"Description":"e"})"},
         }) {
        CAPTURE(document, patch);
        CHECK(outcome(document, patch) == expected);
    }
}

TEST_CASE("a test compares numbers by value", "[json_patch]") {
    const std::string_view document = R"({"a":1,"b":{"x":[1,"2",null],"y":true},"c":1.0})";
    for (const std::string_view patch :
         {R"([{"op":"test","path":"/a","value":1}])", R"([{"op":"test","path":"/a","value":1.0}])",
          R"([{"op":"test","path":"/c","value":1}])",
          R"([{"op":"test","path":"/b","value":{"y":true,"x":[1.0,"2",null]}}])"}) {
        CAPTURE(patch);
        CHECK(patch_document(document, patch).has_value());
    }
    for (const std::string_view patch :
         {R"([{"op":"test","path":"/a","value":2}])", R"([{"op":"test","path":"/a","value":"1"}])",
          R"([{"op":"test","path":"/b","value":{"y":true}}])",
          R"([{"op":"test","path":"/nothing","value":1}])",
          R"([{"op":"test","path":"/b/x","value":[1,"2"]}])",
          R"([{"op":"test","path":"/b/y","value":null}])"}) {
        CAPTURE(patch);
        const auto result = patch_document(document, patch);
        REQUIRE(result.has_error());
        CHECK(result.error().status == 409);
        CHECK(result.error().rule == "patch.test_failed");
        CHECK(result.error().message.find("Operation 1 ") == 0);
    }
}

TEST_CASE("a path that leads to nothing is refused", "[json_patch]") {
    for (const std::string_view patch :
         {R"([{"op":"remove","path":"/x"}])", R"([{"op":"replace","path":"/x","value":1}])",
          R"([{"op":"add","path":"/x/y","value":1}])", R"([{"op":"remove","path":"/a/-"}])",
          R"([{"op":"copy","from":"/a/2","path":"/y"}])", R"([{"op":"copy","from":"/a/01","path":"/y"}])",
          R"([{"op":"copy","from":"/a/-1","path":"/y"}])", R"([{"op":"copy","from":"/s/y","path":"/y"}])",
          R"([{"op":"remove","path":"/a/99999999999999999999"}])",
          R"([{"op":"copy","from":"/x","path":"/y"}])", R"([{"op":"move","from":"/x","path":"/y"}])"}) {
        CAPTURE(patch);
        const auto result = patch_document(R"({"a":[1,2],"s":"text"})", patch);
        REQUIRE(result.has_error());
        CHECK(result.error().status == 400);
        CHECK(result.error().rule == "patch.path_missing");
    }
    CHECK(outcome(R"({"a":{}})", R"([{"op":"move","from":"/a","path":"/a/b"}])") ==
          "patch.operation_invalid");
}

TEST_CASE("a malformed patch is refused", "[json_patch]") {
    CHECK(outcome("{}", "{}") == "patch.not_an_array");
    CHECK(outcome("{}", "null") == "patch.not_an_array");
    for (const std::string_view patch :
         {"[1]", "[{}]", R"([{"op":"add","path":"/a"}])", R"([{"op":"add","value":1}])",
          R"([{"op":"ADD","path":"/a","value":1}])", R"([{"op":"spam","path":"/a"}])",
          R"([{"op":1,"path":"/a"}])", R"([{"op":"remove","path":"/a~"}])",
          R"([{"op":"remove","path":"/~2"}])", R"([{"op":"copy","path":"/a"}])",
          R"([{"op":"remove","path":null}])"}) {
        CAPTURE(patch);
        CHECK(outcome(R"({"a":1})", patch) == "patch.operation_invalid");
    }
}

TEST_CASE("a patch has at most 1,000 operations", "[json_patch][hostile]") {
    json::array operations(max_patch_operations, json::object{{"op", "test"}, {"path", ""}, {"value", 1}});
    CHECK(read_json_patch(operations).has_value());
    operations.resize(100'000);
    const auto read = read_json_patch(operations);
    REQUIRE(read.has_error());
    CHECK(read.error().status == 413);
    CHECK(read.error().observed == 100'000U);
    CHECK(read.error().limit == max_patch_operations);
}

TEST_CASE("a patch writes the writable members only", "[json_patch]") {
    const std::string_view document = R"({"a":"1","r":"2","l":["3"]})";
    for (const std::string_view patch :
         {R"([{"op":"add","path":"/r","value":"x"}])", R"([{"op":"add","path":"/new","value":"x"}])",
          R"([{"op":"add","path":"/l/0","value":"x"}])", R"([{"op":"add","path":"/l/-","value":"x"}])",
          R"([{"op":"add","path":"/a/x","value":"x"}])", R"([{"op":"add","path":"","value":{}}])",
          R"([{"op":"replace","path":"/r","value":"x"}])", R"([{"op":"replace","path":"/l/0","value":"x"}])",
          R"([{"op":"remove","path":"/r"}])", R"([{"op":"remove","path":"/l/0"}])",
          R"([{"op":"remove","path":""}])", R"([{"op":"copy","from":"/a","path":"/r"}])",
          R"([{"op":"move","from":"/r","path":"/a"}])", R"([{"op":"move","from":"/a","path":"/r"}])"}) {
        CAPTURE(patch);
        CHECK(outcome(document, patch) == "patch.operation_invalid");
    }
    CHECK(outcome(document, R"([{"op":"copy","from":"/r","path":"/A"}])") ==
          R"({"a":"2","r":"2","l":["3"]})");
}

TEST_CASE("copies can't grow a document without bound", "[json_patch][hostile]") {
    for (const std::string_view from : {"", "/a"}) {
        std::string doubling = "[";
        for (int round = 0; round < 500; ++round)
            doubling += R"({"op":"copy","from":")" + std::string{from} + R"(","path":"/b"},)";
        doubling.back() = ']';
        CHECK(outcome(R"({"a":["some text that is copied again and again"]})", doubling) ==
              "patch.operation_invalid");
    }
}

TEST_CASE("a pointer has at most 64 segments", "[json_patch][hostile]") {
    std::string pointer;
    for (std::size_t segment = 0; segment <= max_pointer_segments; ++segment)
        pointer += "/a";
    CHECK(outcome("{}", R"([{"op":"remove","path":")" + pointer + R"("}])") == "patch.operation_invalid");
}

} // namespace json_patch_test
