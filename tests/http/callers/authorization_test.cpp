#include "callers/authorization.hpp"

#include "support/catch.hpp"
#include "support/response_field.hpp"

#include <optional>
#include <string>

namespace authorization_test {

using namespace portrait::http;

namespace {

Authorization parse(std::string_view value, const AuthenticationSchemes& schemes = {}) {
    RequestHead head;
    head.fields.push_back({"Authorization", value});
    return authorization_of(head, schemes);
}

/// Empty when there is none.
std::string challenges(const AuthenticationSchemes& schemes) {
    Response response;
    set_challenges(response, schemes);
    return portrait::testing::field(response, "WWW-Authenticate");
}

/// Empty unless the value holds Basic credentials.
std::optional<std::pair<std::string, std::string>> basic(std::string_view value) {
    const auto parsed = parse(value);
    const auto* credentials = std::get_if<Credentials>(&parsed);
    if (credentials == nullptr)
        return std::nullopt;
    const auto& shown = std::get<BasicCredentials>(*credentials);
    return std::pair{shown.user, shown.password};
}

} // namespace

TEST_CASE("the reference's sample credential is its user and password", "[http][authorization]") {
    CHECK(basic("Basic dGplMDpUamUw") == std::pair<std::string, std::string>{"tje0", "Tje0"});
}

TEST_CASE("the scheme's name matches in any case and before any number of spaces", "[http][authorization]") {
    const auto* const value = GENERATE("basic dGplMDpUamUw", "BASIC dGplMDpUamUw", "bAsIc    dGplMDpUamUw");
    CAPTURE(value);
    CHECK(basic(value) == std::pair<std::string, std::string>{"tje0", "Tje0"});
}

TEST_CASE("the first colon splits user and password", "[http][authorization]") {
    CHECK(basic("Basic YTpiOmM=") == std::pair<std::string, std::string>{"a", "b:c"});
    CHECK(basic("Basic Og==") == std::pair<std::string, std::string>{"", ""});
    CHECK(basic("Basic YTo=") == std::pair<std::string, std::string>{"a", ""});
}

TEST_CASE("user and password may be any UTF-8", "[http][authorization]") {
    CHECK(basic("Basic w6U6w7g=") == std::pair<std::string, std::string>{"\xC3\xA5", "\xC3\xB8"});
}

TEST_CASE("a missing Authorization is not malformed", "[http][authorization]") {
    CHECK(std::holds_alternative<std::monostate>(authorization_of(RequestHead{}, {})));
    CHECK(std::holds_alternative<MalformedAuthorization>(parse("")));
}

TEST_CASE("undecodable Basic credentials are malformed", "[http][authorization]") {
    const auto* const value =
        GENERATE("Basic", "Basic ", "Basic    ", "BasicdGplMDpUamUw", "Basic\tdGplMDpUamUw",
                 "Basic dGplMDpUamUw ", "Basic dGplMDpUamUw,Basic dGplMDpUamUw", "Basic dGplMDpUamU",
                 "Basic dGplMDpUamUw=", "Basic dGpl MDpUamUw", "Basic !!!!", "Basic dGplMA==" /* no colon */,
                 "Basic YQA6Yg==" /* NUL in the user */, "Basic YTpiAA==" /* NUL in the password */,
                 "Basic YTpiCg==" /* line end */, "Basic /zph" /* not UTF-8 */, "Basic YTrA" /* not UTF-8 */,
                 "Bearer", "Bearer ", "SoTicket   ", "Bearer\t8A:x", "SoTicket 7T:\x01", "Bearer 8A:\x7F",
                 "Digest username=\"a\"", "dGplMDpUamUw", " Basic YTpi");
    CAPTURE(value);
    CHECK(std::holds_alternative<MalformedAuthorization>(parse(value)));
}

TEST_CASE("an Authorization over the limit is malformed", "[http][authorization]") {
    const std::string scheme = "Basic ";
    // "aaa…" in base64 has no colon, so the two differ by their reasons only.
    const auto longest = scheme + std::string(max_authorization_length - scheme.size() - 2, 'Y');
    const auto fits = parse(longest);
    const auto too_long = parse(longest + "YYYY");
    REQUIRE(std::holds_alternative<MalformedAuthorization>(fits));
    REQUIRE(std::holds_alternative<MalformedAuthorization>(too_long));
    CHECK(std::get<MalformedAuthorization>(fits).why != std::get<MalformedAuthorization>(too_long).why);
    CHECK(std::get<MalformedAuthorization>(too_long).why == "The Authorization field is too long");
}

TEST_CASE("a ticket and a token stay unchanged", "[http][authorization]") {
    const auto ticket = parse("soticket  7T:dGplMDpUamUw==, x");
    REQUIRE(std::holds_alternative<Credentials>(ticket));
    CHECK(std::get<TicketCredentials>(std::get<Credentials>(ticket)).ticket == "7T:dGplMDpUamUw==, x");
    const auto bearer = parse("BEARER 8A:abc-_.~+/");
    REQUIRE(std::holds_alternative<Credentials>(bearer));
    CHECK(std::get<BearerCredentials>(std::get<Credentials>(bearer)).token == "8A:abc-_.~+/");
}

TEST_CASE("a scheme that is off is malformed", "[http][authorization]") {
    const auto taken = [](std::string_view value, const AuthenticationSchemes& schemes) {
        return std::holds_alternative<Credentials>(parse(value, schemes));
    };
    const std::string_view basic = "Basic dGplMDpUamUw";
    const std::string_view ticket = "SoTicket 7T:x";
    const std::string_view bearer = "Bearer 8A:x";
    for (const auto value : {basic, ticket, bearer}) {
        CAPTURE(value);
        CHECK(taken(value, {}));
        CHECK(taken(value, {.basic = false}) == (value != basic));
        CHECK(taken(value, {.so_ticket = false}) == (value != ticket));
        CHECK(taken(value, {.bearer = false}) == (value != bearer));
    }
}

TEST_CASE("two Authorization fields are malformed", "[http][authorization]") {
    RequestHead head;
    CHECK(std::holds_alternative<std::monostate>(authorization_of(head, {})));
    head.fields.push_back({"authorization", "Basic dGplMDpUamUw"});
    CHECK(std::holds_alternative<Credentials>(authorization_of(head, {})));
    head.fields.push_back({"Authorization", "Basic dGplMDpUamUw"});
    CHECK(std::holds_alternative<MalformedAuthorization>(authorization_of(head, {})));
}

TEST_CASE("the challenge names the schemes that are on", "[http][authorization]") {
    CHECK(challenges({}) == "Basic realm=\"portrait\", charset=\"UTF-8\", SoTicket, Bearer");
    CHECK(challenges({.basic = false}) == "SoTicket, Bearer");
    CHECK(challenges({.so_ticket = false, .bearer = false}) == "Basic realm=\"portrait\", charset=\"UTF-8\"");
    CHECK(challenges({.basic = false, .so_ticket = false, .bearer = false}).empty());
}

} // namespace authorization_test
