#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// Writes that pages of other sites send with the credentials that a browser adds by itself (contract section
// 4, "Cross-site writes").
namespace endpoint_cross_site_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace {

constexpr std::string_view rule = "authorization.cross_site";
constexpr std::string_view form = "application/x-www-form-urlencoded";
constexpr std::string_view multipart = "multipart/form-data; boundary=b";

const std::string png = text_of(make_png());

enum class Kind {
    write,
    read,
    session, ///< writes for this rule, although no right to write is needed
};

struct Call {
    std::string_view method, target, type;
    std::string body;
    Kind kind = Kind::write;
};

const std::vector<Call> calls{
    {"PUT", "/api/v1/Person/1/Image", "image/png", png},
    {"POST", "/api/v1/Person/1/Image", "image/png", png},
    {"POST", "/api/v1/Person/1/Image", multipart,
     "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.png\"\r\nContent-Type: "
     "image/png\r\n\r\n" +
         png + "\r\n--b--\r\n"},
    {"POST", "/api/v1/Person/1/Image", form, png},
    {"POST", "/api/v1/Person/1/Image", "text/plain", png},
    {"DELETE", "/api/v1/Person/1/Image", {}, {}},
    {"PUT", "/api/v1/Person/1/ImageInfo", "application/json", R"({"Description":"d"})"},
    {"PATCH", "/api/v1/Person/1/ImageInfo", "application/merge-patch+json", R"({"Description":"d"})"},
    {"POST", "/api/v1/Agents/Person/SetPersonImage", "application/json", R"({"PersonId":1,"Image":""})"},
    {"POST", "/api/v1/Agents/BLOB/ChangePersonImage", form, "PersonId=1&BlobId=0"},
    {"POST", "/api/v1/Agents/BLOB/DeleteBlobEntity?blobEntityId=77", form, {}},
    {"POST", "/api/v1/Agents/BLOB/GetPersonImage", "application/json", R"({"PersonId":1})", Kind::read},
    {"POST", "/api/v1/Agents/Person/CreateDefaultPersonImage", form, {}, Kind::read},
    {"GET", "/api/v1/Person/1/Image", {}, {}, Kind::read},
    {"HEAD", "/api/v1/Person/1/ImageInfo", {}, {}, Kind::read},
    {"POST", "/session", form, "user=tje0&password=Tje0", Kind::session},
    {"DELETE", "/session", {}, {}, Kind::session},
};

enum class Caller { cookie, basic, bearer, ticket, nobody };

/// How the endpoint learns its own origin.
struct Place {
    std::string_view public_url, forwarded_host, host;
    bool secure = false;
};

constexpr std::array places{
    Place{{}, {}, "a.example:8080"},
    Place{{}, {}, "A.example", true},
    Place{{}, "a.example", "inside", true},
    Place{{}, "a.example:8080", "inside"},
    Place{"https://a.example", {}, "inside:1"},
    Place{"https://a.example", "other.example", "inside:1", true},
};

/// Origins of which `ours` says where they are this site's own.
struct Origin {
    std::vector<std::string_view> fields;
    std::array<bool, places.size()> ours{};
    bool listed = false;
};

const std::vector<Origin> origins{
    {{"http://a.example:8080"}, {true, false, false, true, false, false}},
    {{"https://a.example"}, {false, true, true, false, true, true}},
    {{"https://a.example:443"}, {false, true, true, false, true, true}},
    {{"http://a.example"},
     {false, true, false, false, false, false}}, // a proxy and a public URL name a scheme
    {{"https://inside"}, {}},
    {{"http://inside:1"}, {}},
    {{"https://other.example"}, {}},
    {{"https://app.example.com"}, {}, true},
    {{"https://app.example.com", "https://app.example.com"}, {}},
    {{"https://a.example", "https://evil.example"}, {}},
    {{"https://evil.example"}, {}},
    {{"https://b.a.example"}, {}},
    {{"https://a.example.evil.example"}, {}},
    {{"https://a.example/"}, {}},
    {{"a.example"}, {}},
    {{"ftp://a.example"}, {}},
    {{"null"}, {}},
    {{""}, {}},
    {{"http://"}, {}},
};

/// The contract's sentence, said once more.
bool is_refused(const Origin* origin, std::size_t place, std::string_view site) {
    if (origin == nullptr)
        return site == "cross-site" || site == "same-site";
    const bool one = origin->fields.size() == 1;
    return !one || (!origin->ours.at(place) && !origin->listed && site != "same-origin");
}

http::EndpointOptions options_of(const Place& place) {
    http::EndpointOptions options;
    options.cors = {.origins = {"https://app.example.com"}, .any_origin = true};
    options.public_url = place.public_url;
    return options;
}

struct Sender {
    explicit Sender(const Place& at)
        : place{at}
        , fixture{options_of(at)} {}

    Response send(const Call& call, const RawFields& fields) const {
        http::RequestHead head{.method = call.method,
                               .target = call.target,
                               .secure = place.secure,
                               .forwarded_host = place.forwarded_host};
        head.fields.push_back({"Host", place.host});
        if (!call.type.empty())
            head.fields.push_back({"Content-Type", call.type});
        if (!call.body.empty())
            head.content_length = call.body.size();
        for (const auto& [name, value] : fields)
            head.fields.push_back({name, value});
        return fixture.endpoint->handle(head, ImageBytes{call.body});
    }

    /// The fields of a browser or a program with these credentials.
    RawFields credentials(Caller caller) const {
        switch (caller) {
        case Caller::basic: return {{"Authorization", basic_authorization("tje0", "Tje0")}};
        case Caller::bearer: return {{"Authorization", "Bearer 8A:good"}};
        case Caller::ticket: return {{"Authorization", "SoTicket 7T:good"}};
        case Caller::nobody: return {};
        case Caller::cookie: break;
        }
        const auto signed_in = send({"POST", "/session", form, "user=tje0&password=Tje0"}, {});
        REQUIRE(signed_in.status == 204);
        RawFields fields{{"Cookie", {}}};
        for (const auto& [name, value] : signed_in.fields) {
            if (name != "Set-Cookie")
                continue;
            const std::string pair{value.substr(0, value.find(';'))};
            fields.front().second += pair + "; ";
            if (pair.starts_with("XSRF-TOKEN="))
                fields.emplace_back("X-XSRF-TOKEN", pair.substr(pair.find('=') + 1));
        }
        return fields;
    }

    const Place& place;
    EndpointFixture fixture;
};

bool is_judged(Caller caller, Kind kind) {
    switch (caller) {
    case Caller::bearer:
    case Caller::ticket: return false;
    case Caller::nobody: return kind == Kind::session; // the sign-in's form has the password
    case Caller::cookie:
    case Caller::basic: break;
    }
    return kind != Kind::read;
}

} // namespace

TEST_CASE("the table of cross-site writes", "[endpoint][hostile]") {
    std::vector<const Origin*> sent{nullptr};
    for (const auto& origin : origins)
        sent.push_back(&origin);
    std::vector<std::string> wrong;
    std::size_t refused = 0;
    std::size_t served = 0;
    for (std::size_t place = 0; place < places.size(); ++place) {
        const Sender sender{places.at(place)};
        for (const auto caller :
             {Caller::cookie, Caller::basic, Caller::bearer, Caller::ticket, Caller::nobody}) {
            for (const auto* origin : sent) {
                for (const std::string_view site : {"", "same-origin", "same-site", "cross-site", "none"}) {
                    const auto credentials = sender.credentials(caller);
                    for (const auto& call : calls) {
                        auto fields = credentials;
                        if (origin != nullptr)
                            for (const auto value : origin->fields)
                                fields.emplace_back("Origin", value);
                        if (!site.empty())
                            fields.emplace_back("Sec-Fetch-Site", site);
                        const auto response = sender.send(call, fields);
                        const bool expected = is_judged(caller, call.kind) && is_refused(origin, place, site);
                        (expected ? refused : served) += 1;
                        if ((response.rule == rule) != expected || (expected && response.status != 403))
                            wrong.push_back(fmt::format(
                                "place {}, caller {}, origin {}, site {}, {} {} {}: {} {}", place,
                                static_cast<int>(caller),
                                origin != nullptr ? fmt::format("{}", fmt::join(origin->fields, " + ")) : "-",
                                site, call.method, call.target, call.type, response.status, response.rule));
                    }
                }
            }
        }
    }
    CHECK(refused > 5000);
    CHECK(served > 5000);
    for (std::size_t index = 0; index < wrong.size() && index < 20; ++index)
        UNSCOPED_INFO(wrong[index]);
    CHECK(wrong.empty());
}

TEST_CASE("a form of another site's page changes no picture by the browser's Basic credentials",
          "[endpoint][hostile]") {
    const Sender sender{places[0]};
    const auto basic = sender.credentials(Caller::basic);
    REQUIRE(sender.send(calls[0], basic).status == 200);
    const auto before = sender.send({"GET", "/api/v1/Person/1/ImageInfo", {}, {}}, basic);
    auto fields = basic;
    fields.emplace_back("Origin", "https://evil.example");
    fields.emplace_back("Sec-Fetch-Site", "cross-site");
    fields.emplace_back("Sec-Fetch-Mode", "navigate");
    const auto refused = sender.send(calls[2], fields);
    CHECK(refused.status == 403);
    CHECK(boost::contains(refused.body_text(), "https://evil.example"));
    CHECK(sender.send({"POST", "/api/v1/Agents/BLOB/DeleteBlobEntity?blobEntityId=1", form, {}}, fields)
              .status == 403);
    CHECK(sender.send({"GET", "/api/v1/Person/1/ImageInfo", {}, {}}, basic).body_text() ==
          before.body_text());
}

TEST_CASE("a method in a field or in the query changes nothing", "[endpoint][hostile]") {
    const Sender sender{places[0]};
    auto fields = sender.credentials(Caller::basic);
    fields.emplace_back("Origin", "https://evil.example");
    REQUIRE(sender.send(calls[0], sender.credentials(Caller::basic)).status == 200);
    for (const auto* name : {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}) {
        auto overridden = fields;
        overridden.emplace_back(name, "DELETE");
        CHECK(sender.send({"GET", "/api/v1/Person/1/Image?_method=DELETE", {}, {}}, overridden).status ==
              200);
        overridden.back().second = "GET";
        CHECK(sender.send({"DELETE", "/api/v1/Person/1/Image", {}, {}}, overridden).status == 403);
        CHECK(sender.send({"POST", "/api/v1/Person/1/Image?_method=GET", form, png}, overridden).status ==
              403);
    }
    CHECK(sender.send({"GET", "/api/v1/Person/1/Image", {}, {}}, fields).status == 200);
}

TEST_CASE("a cross-site write is refused before its password is checked", "[endpoint][hostile]") {
    const Sender sender{places[0]};
    // A page must not learn whether the password that its visitor's browser adds is right.
    for (const auto* password : {"Tje0", "wrong"})
        CHECK(sender
                  .send(calls[0], {{"Authorization", basic_authorization("tje0", password)},
                                   {"Origin", "https://evil.example"}})
                  .rule == rule);
}

TEST_CASE("an origin that is long or no origin isn't repeated in the refusal", "[endpoint][hostile]") {
    const Sender sender{places[0]};
    for (const auto& origin : {std::string{"https://<script>"}, "https://" + std::string(4000, 'a')}) {
        auto fields = sender.credentials(Caller::basic);
        fields.emplace_back("Origin", origin);
        const auto refused = sender.send(calls[0], fields);
        CHECK(refused.rule == rule);
        CHECK_FALSE(boost::contains(refused.body_text(), origin.substr(8)));
    }
}

TEST_CASE("a public URL must be an origin", "[endpoint][misuse]") {
    for (const auto* url : {"pictures.example.com", "https://a.example/", "*", "null"}) {
        http::EndpointOptions options;
        options.public_url = url;
        CHECK_THROWS_AS(EndpointFixture{options}, std::invalid_argument);
    }
}

} // namespace endpoint_cross_site_test
