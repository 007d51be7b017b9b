#include "formats/json_patch.hpp"
#include "support/catch.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <string_view>

namespace merge_patch_test {

using namespace portrait::http;
namespace json = boost::json;

TEST_CASE("a merge patch follows RFC 7396", "[merge_patch]") {
    struct Case {
        std::string_view target;
        std::string_view patch;
        std::string_view expected;
    };
    for (const auto& [target, patch, expected] : {
             // The RFC's appendix A.
             Case{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
             Case{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
             Case{R"({"a":"b"})", R"({"a":null})", "{}"},
             Case{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
             Case{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
             Case{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
             Case{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
             Case{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
             Case{R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
             Case{R"({"a":"b"})", R"(["c"])", R"(["c"])"},
             Case{R"({"a":"foo"})", "null", "null"},
             Case{R"({"a":"foo"})", R"("bar")", R"("bar")"},
             Case{R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
             Case{"[1,2]", R"({"a":"b","c":null})", R"({"a":"b"})"},
             Case{"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
             // Names match in any case; the last of several wins.
             Case{R"({"Description":"d"})", R"({"description":"e"})", R"({"Description":"e"})"},
             Case{R"({"Description":"d"})", R"({"DESCRIPTION":null})", "{}"},
             Case{R"({"Description":"d"})", R"({"description":"e","DESCRIPTION":"f"})",
                  R"({"Description":"f"})"},
         }) {
        CAPTURE(target, patch);
        CHECK(merged(json::parse(target), json::parse(patch)) == json::parse(expected));
    }
}

} // namespace merge_patch_test
