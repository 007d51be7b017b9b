#include "callers/sign_in.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

namespace cookies_test {

using namespace portrait::http;
using Kind = CookieValue::Kind;

namespace {

struct Found {
    Kind kind;
    std::string value;
};

Found find(const std::vector<std::string>& fields, std::string_view name = "S") {
    RequestHead head;
    for (const auto& field : fields)
        head.fields.push_back({"cookie", field});
    const auto found = find_cookie(head, name);
    return {found.kind, std::string{found.value}};
}

} // namespace

TEST_CASE("a cookie is found among others", "[http][cookies]") {
    const auto* const field =
        GENERATE("S=v", "a=b; S=v", "S=v; a=b", "a=b;S=v;c", "  S = v ", "\tS=v;", "s=x; S=v",
                 "a=\"q;uoted\"; S=v", "XS=1; SX=2; S=v", "S=v; S=v", ";;;S=v", "=; S=v");
    CAPTURE(field);
    const auto found = find({field});
    CHECK(found.kind == Kind::found);
    CHECK(found.value == "v");
}

TEST_CASE("a missing cookie is absent", "[http][cookies]") {
    const auto* const field = GENERATE("", "a=b", "s=v", "S", "XS=v", "S x=v", "; ;", "==", "\"S\"=v");
    CAPTURE(field);
    CHECK(find({field}).kind == Kind::absent);
}

TEST_CASE("cookie values stay unchanged", "[http][cookies]") {
    CHECK(find({"S=\"v\""}).value == "\"v\"");
    CHECK(find({"S=a=b"}).value == "a=b");
    CHECK(find({"S="}).kind == Kind::found);
    CHECK(find({"S="}).value.empty());
}

TEST_CASE("two values of one name are ambiguous", "[http][cookies]") {
    CHECK(find({"S=v; S=w"}).kind == Kind::ambiguous);
    CHECK(find({"S=v; S=w; S=v"}).kind == Kind::ambiguous);
    CHECK(find({"S=v", "S=w"}).kind == Kind::ambiguous);
    CHECK(find({"S=; S=w"}).kind == Kind::ambiguous);
}

TEST_CASE("cookies over the limit are ignored", "[http][cookies]") {
    const std::string most = "S=v; a=" + std::string(max_cookies_length - 7, 'x');
    CHECK(find({most}).kind == Kind::found);
    CHECK(find({most + "x"}).kind == Kind::absent);
    CHECK(find({most, "b=c"}).kind == Kind::absent);
}

TEST_CASE("the session's cookie has the strongest prefix that browsers accept for its scope",
          "[http][cookies]") {
    CHECK(session_cookie({}) == "PORTRAIT_SESSION");
    CHECK(session_cookie({.secure = false, .path = "/Cust12345"}) == "PORTRAIT_SESSION");
    CHECK(session_cookie({.secure = true}) == "__Host-PORTRAIT_SESSION");
    CHECK(session_cookie({.secure = true, .path = "/Cust12345"}) == "__Secure-PORTRAIT_SESSION");
    Response response;
    set_session_cookies(response, "secret", "value", {.secure = true, .path = "/Cust12345"});
    REQUIRE(response.fields.size() == 2);
    CHECK(response.fields[0].value ==
          "__Secure-PORTRAIT_SESSION=secret; Path=/Cust12345; SameSite=Lax; HttpOnly; Secure");
    CHECK(response.fields[1].value == "XSRF-TOKEN=value; Path=/Cust12345; SameSite=Lax; Secure");
}

} // namespace cookies_test
