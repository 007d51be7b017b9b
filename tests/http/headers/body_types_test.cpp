#include "headers/content_types.hpp"
#include "support/catch.hpp"

#include <optional>

namespace body_types_test {

using namespace portrait::http;

TEST_CASE("a Content-Type selects the format of a body", "[body_types]") {
    struct Case {
        std::string_view content_type;
        std::optional<BodyType> expected;
    };
    for (const auto& [content_type, expected] : {
             Case{"application/json", BodyType::json},
             Case{"TEXT/JSON; charset=UTF-8", BodyType::json},
             Case{"application/xml;charset=\"utf-8\"", BodyType::xml},
             Case{"text/xml", BodyType::xml},
             Case{"application/x-www-form-urlencoded", BodyType::form},
             Case{"application/json-patch+json", BodyType::json_patch},
             Case{"application/merge-patch+json; profile=x", BodyType::merge_patch},
             Case{"application/json; charset=utf-16", {}},
             Case{"image/png", {}},
             Case{"application/vnd.x+json", {}},
             Case{"multipart/form-data; boundary=x", {}},
             Case{"json", {}},
             Case{"", {}},
         }) {
        CAPTURE(content_type);
        CHECK(body_type_of(&content_type) == expected);
    }
    CHECK(body_type_of(nullptr) == std::nullopt);
}

TEST_CASE("every type in a 415's Accept field is accepted", "[body_types]") {
    for (auto list : {accepted_body_types(), accepted_patch_types()}) {
        int count = 0;
        while (!list.empty()) {
            const auto type = list.substr(0, list.find(','));
            CAPTURE(type);
            CHECK(body_type_of(&type) != std::nullopt);
            list.remove_prefix(std::min(type.size() + 2, list.size()));
            ++count;
        }
        CHECK(count == 7);
    }
}

} // namespace body_types_test
