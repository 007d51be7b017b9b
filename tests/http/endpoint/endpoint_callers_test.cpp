#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>

namespace endpoint_callers_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace {

const std::string image_path = "/api/v1/Person/1/Image";
const std::string info_path = "/api/v1/Person/1/ImageInfo";

std::string rule_of(const Response& response) {
    return std::string{
        boost::json::parse(std::string{response.body_text()}).as_object().at("Rule").as_string()};
}

Response get_info(const EndpointFixture& fixture, RawFields fields) {
    return fixture.send({"GET", info_path, std::move(fields), {}});
}

} // namespace

TEST_CASE("a ticket and an access token are accepted, and their changes have the caller's name",
          "[endpoint][callers]") {
    const EndpointFixture fixture;
    const auto authorization =
        GENERATE(as<std::string>{}, "SoTicket 7T:good", "soticket 7T:good", "Bearer 8A:good");
    const auto put = fixture.send({"PUT",
                                   image_path,
                                   {{"Authorization", authorization}, {"Content-Type", "image/png"}},
                                   text_of(make_png())});
    CHECK(put.status == 200);
    const bool ticket = authorization.back() == 'd' && authorization.find("7T") != std::string::npos;
    CHECK(put.principal == (ticket ? "ticket" : "program"));
    const auto info = boost::json::parse(std::string{get_info(fixture, {}).body_text()});
    CHECK(info.at("UpdatedBy").at("AssociateId") == (ticket ? 7 : 8));
}

TEST_CASE("wrong tickets and tokens are 401 with the schemes that are on", "[endpoint][callers]") {
    const EndpointFixture fixture;
    const auto value = GENERATE(as<std::string>{}, "SoTicket 7T:bad", "Bearer 8A:bad", "Bearer 7T:good",
                                "Bearer", "SoTicket ", "Ticket 7T:good", "8A:good");
    CAPTURE(value);
    const auto response = get_info(fixture, {{"Authorization", value}});
    CHECK(response.status == 401);
    CHECK(field(response, "WWW-Authenticate") ==
          "Basic realm=\"portrait\", charset=\"UTF-8\", SoTicket, Bearer");
}

TEST_CASE("a scheme that is off is refused and not in the challenges", "[endpoint][callers]") {
    const EndpointFixture fixture{{.schemes = {.basic = false, .bearer = false, .session = false}}};
    CHECK(get_info(fixture, {{"Authorization", "SoTicket 7T:good"}}).status == 200);
    for (const auto* value : {"Bearer 8A:good", "Basic dGplMDpUamUw", "-"}) {
        const auto response = get_info(fixture, {{"Authorization", value}});
        CHECK(response.status == 401);
        CHECK(field(response, "WWW-Authenticate") == "SoTicket");
    }
    for (const auto* method : {"GET", "POST", "DELETE", "OPTIONS", "PATCH"})
        CHECK(fixture.send({method, "/session", {{"Authorization", "SoTicket 7T:good"}}, {}}).status == 404);
}

TEST_CASE("two Authorization fields are refused", "[endpoint][callers]") {
    const EndpointFixture fixture;
    CHECK(get_info(fixture, {{"Authorization", "Bearer 8A:good"}, {"Authorization", "Bearer 8A:good"}})
              .status == 401);
}

TEST_CASE("without a list of them, application tokens are ignored", "[endpoint][app-token]") {
    const EndpointFixture fixture;
    CHECK(get_info(fixture, {{"SO-AppToken", "anything"}}).status == 200);
    CHECK(get_info(fixture, {{"Authorization", "SoTicket 7T:good"}}).status == 200);
}

TEST_CASE("with a list, application tokens have to be on it, and tickets need one", "[endpoint][app-token]") {
    http::EndpointOptions options;
    options.app_tokens.add("partner");
    const EndpointFixture fixture{options};
    CHECK(get_info(fixture, {}).status == 200);
    CHECK(get_info(fixture, {{"SO-AppToken", "partner"}}).status == 200);
    CHECK(get_info(fixture, {{"Authorization", "Bearer 8A:good"}}).status == 200);
    CHECK(get_info(fixture, {{"Authorization", "SoTicket 7T:good"}, {"so-apptoken", "partner"}}).status ==
          200);

    const auto missing = get_info(fixture, {{"Authorization", "SoTicket 7T:good"}});
    CHECK(missing.status == 403);
    CHECK(rule_of(missing) == "authorization.app_token_missing");
    for (const auto* wrong : {"", "Partner", "partner2", "partner, partner"}) {
        const auto response = get_info(fixture, {{"SO-AppToken", wrong}});
        CHECK(response.status == 403);
        CHECK(rule_of(response) == "authorization.app_token");
    }
    CHECK(get_info(fixture, {{"SO-AppToken", "partner"}, {"SO-AppToken", "partner"}}).status == 403);
    // A caller without credentials gets no hint about application tokens.
    CHECK(get_info(fixture, {{"Authorization", "Bearer 8A:bad"}, {"SO-AppToken", "wrong"}}).status == 401);
    for (const auto& event : fixture.log->events())
        CHECK(event.find("partner") == std::string::npos);
}

TEST_CASE("OPTIONS of any path lists its methods", "[endpoint][cors]") {
    const EndpointFixture fixture;
    const RawFields nobody{{"Authorization", "-"}};
    const auto image = fixture.send({"OPTIONS", image_path, nobody, {}});
    CHECK(image.status == 204);
    CHECK(field(image, "Allow") == "GET, HEAD, PUT, POST, DELETE, OPTIONS");
    CHECK(image.find("Access-Control-Allow-Origin") == nullptr);
    CHECK(field(fixture.send({"OPTIONS", "/session", nobody, {}}), "Allow") ==
          "GET, HEAD, POST, DELETE, OPTIONS");
    CHECK(fixture.send({"OPTIONS", "/healthz", nobody, {}}).status == 204);
    CHECK(fixture.send({"OPTIONS", "/nowhere", nobody, {}}).status == 404);
}

TEST_CASE("a listed origin gets its preflight, its answers and its errors", "[endpoint][cors]") {
    const EndpointFixture fixture{{.cors = {.origins = {"https://app.example.com"}}}};
    const auto preflight = fixture.send({"OPTIONS",
                                         image_path,
                                         {{"Authorization", "-"},
                                          {"Origin", "https://app.example.com"},
                                          {"Access-Control-Request-Method", "PUT"},
                                          {"Access-Control-Request-Headers", "authorization"}},
                                         {}});
    CHECK(preflight.status == 204);
    CHECK(field(preflight, "Access-Control-Allow-Methods") == "GET, HEAD, PUT, POST, DELETE, OPTIONS");
    CHECK(field(preflight, "Access-Control-Allow-Origin") == "https://app.example.com");
    CHECK(field(preflight, "Vary") == "Origin");

    const auto send = [&](RawFields fields, std::string target = info_path, std::string method = "GET") {
        fields.emplace_back("Origin", "https://app.example.com");
        return fixture.send({std::move(method), std::move(target), std::move(fields), {}});
    };
    struct Answer {
        Response response;
        unsigned status;
    };
    for (const auto& [response, status] :
         {Answer{send({}), 200}, Answer{send({{"Authorization", "-"}}), 401},
          Answer{send({}, "/nowhere"), 404}, Answer{send({}, image_path), 404},
          Answer{send({}, image_path, "PATCH"), 405}, Answer{send({}, "/api/v1/Person/x/Image"), 400}}) {
        CHECK(response.status == status);
        CHECK(field(response, "Access-Control-Allow-Origin") == "https://app.example.com");
        CHECK(field(response, "Access-Control-Allow-Credentials") == "true");
        CHECK(field(response, "Vary").find("Origin") != std::string::npos);
        CHECK(field(response, "Vary").find("Origin") == field(response, "Vary").rfind("Origin"));
    }
    // The code of the sign-in page makes its own answers.
    CHECK(field(send({}, "/session"), "Vary") == "Origin");
    const auto other = fixture.send({"GET", info_path, {{"Origin", "https://evil.example"}}, {}});
    CHECK(other.status == 200);
    CHECK(other.find("Access-Control-Allow-Origin") == nullptr);

    const std::string target = image_path;
    http::RequestHead head{.method = "PUT", .target = target};
    head.fields.push_back({"Origin", "https://app.example.com"});
    const auto refused = fixture.endpoint->refuse(http::body_too_large(1, 2), &head);
    CHECK(field(refused, "Access-Control-Allow-Origin") == "https://app.example.com");
}

} // namespace endpoint_callers_test
