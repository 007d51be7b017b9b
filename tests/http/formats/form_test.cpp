#include "formats/form.hpp"
#include "support/catch.hpp"

#include <string>

namespace form_test {

using namespace portrait::http;

TEST_CASE("a form's fields are decoded in their order", "[form]") {
    const auto fields = read_form("a=1&b+c=%C3%A6%20+x&&empty=&bare&a=2&eq=a=b");
    REQUIRE(fields.has_value());
    REQUIRE(fields->size() == 6);
    CHECK((*fields)[0].name == "a");
    CHECK((*fields)[1].name == "b c");
    CHECK((*fields)[1].value == "\xC3\xA6  x");
    CHECK((*fields)[2].value.empty());
    CHECK((*fields)[3].name == "bare");
    CHECK((*fields)[4].value == "2");
    CHECK((*fields)[5].value == "a=b");
    CHECK(read_form("")->empty());
}

TEST_CASE("a malformed form is refused", "[form][hostile]") {
    for (const std::string_view body :
         {"a=%", "a=%4", "a=%zz", "%=1", "a=%C3", "a=%C0%AF", "a=\xFF", "%ED%A0%80=1"}) {
        CAPTURE(body);
        const auto fields = read_form(body);
        REQUIRE(fields.has_error());
        CHECK(fields.error().status == 400);
        CHECK(fields.error().rule == "request.form_malformed");
    }
}

TEST_CASE("a form has at most 1,000 fields", "[form][hostile]") {
    std::string body;
    for (std::size_t field = 0; field < max_form_fields; ++field)
        body += "a=1&";
    CHECK(read_form(body)->size() == max_form_fields);
    CHECK(read_form(body + "a=1").error().limit == max_form_fields);
}

} // namespace form_test
