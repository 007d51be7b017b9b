#include "callers/sign_in.hpp"

#include "support/catch.hpp"

#include <string>

namespace sign_in_form_test {

using namespace portrait::http;

TEST_CASE("a sign-in form is read as browsers send it", "[http][session]") {
    const auto form = parse_sign_in_form("user=anna+maria&password=p%26%3D%2B%C3%A6&other=x");
    REQUIRE(form.has_value());
    CHECK(form->user == "anna maria");
    CHECK(form->password == "p&=+\xC3\xA6");
    CHECK_FALSE(form->sign_out);
    CHECK(form->xsrf_value.empty());
}

TEST_CASE("a sign-out form has its button's name and the XSRF value", "[http][session]") {
    const auto form = parse_sign_in_form("XSRF_TOKEN=abc-_&sign_out=1");
    REQUIRE(form.has_value());
    CHECK(form->sign_out);
    CHECK(form->xsrf_value == "abc-_");
    CHECK(parse_sign_in_form("sign_out")->sign_out);
}

TEST_CASE("missing fields are empty", "[http][session]") {
    const auto* const body =
        GENERATE("", "user", "user=", "user=&password=", "USER=a&Password=b", "&&&", "=x");
    CAPTURE(body);
    const auto form = parse_sign_in_form(body);
    REQUIRE(form.has_value());
    CHECK(form->user.empty());
    CHECK(form->password.empty());
}

TEST_CASE("a malformed sign-in form is refused", "[http][session]") {
    const auto body =
        GENERATE(as<std::string>{}, "user=%", "user=%4", "user=%zz", "user=%00", "user=%FF", "user=%C0%80",
                 "user=%ED%A0%80", "user=a%0Ab", "user=a&user=b", "user=a&user=a", "password=a&password=b",
                 "sign_out&sign_out", std::string("user=\0", 6));
    CAPTURE(body);
    CHECK_FALSE(parse_sign_in_form(body).has_value());
}

TEST_CASE("a body of another format has no user", "[http][session]") {
    const auto form = parse_sign_in_form(R"({"user":"anna","password":"secret"})");
    CHECK((!form || form->user.empty()));
}

TEST_CASE("a form ends where its bytes end", "[http][session]") {
    const std::string longer = "user=anna&password=secret%zz";
    const auto form = parse_sign_in_form(std::string_view{longer}.substr(0, longer.size() - 3));
    REQUIRE(form.has_value());
    CHECK(form->password == "secret");
}

TEST_CASE("a sign-in form over the limit is refused", "[http][session]") {
    const std::string before = "user=";
    CHECK(parse_sign_in_form(before + std::string(max_sign_in_form_length - before.size(), 'a')).has_value());
    CHECK_FALSE(parse_sign_in_form(before + std::string(max_sign_in_form_length - before.size() + 1, 'a'))
                    .has_value());
    CHECK(parse_sign_in_form(std::string(max_sign_in_form_length, '&')).has_value());
}

} // namespace sign_in_form_test
