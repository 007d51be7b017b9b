#include "formats/xml.hpp"
#include "http/endpoint/endpoint_fixture.hpp"
#include "routes/table.hpp"
#include "support/catch.hpp"
#include "support/fake_upload_converter.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <vector>

// The documents with absolute URLs (contract section 1): /api, /api/v1, the OpenAPI document, the tenants'
// states and the descriptions of agents' calls.
namespace links_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace json = boost::json;

namespace {

/// How a client reaches the endpoint.
struct Place {
    std::string public_url{};
    std::vector<std::string> hosts{}; ///< of the Host fields
    std::string forwarded_host{};
    bool secure = false;
    std::string base_path{};
};

Response get(const Place& place, const std::string& target, const std::string& accept = "*/*") {
    http::EndpointOptions options;
    options.public_url = place.public_url;
    options.base_path = place.base_path;
    const EndpointFixture fixture{options};
    const auto basic = basic_authorization("tje0", "Tje0");
    http::RequestHead head{
        .method = "GET", .target = target, .secure = place.secure, .forwarded_host = place.forwarded_host};
    for (const auto& host : place.hosts)
        head.fields.push_back({"Host", host});
    head.fields.push_back({"Accept", accept});
    head.fields.push_back({"Authorization", basic});
    return fixture.endpoint->handle(head);
}

json::value document(const Response& response) {
    REQUIRE(response.status == 200);
    return json::parse(std::string{response.body_text()});
}

const std::vector<std::string> documents{"/api/v1", "/api/v1/openapi.json", "/api",
                                         "/api/v1/Agents/Person/GetPersonImage"};

/// Every URL of the endpoint that the documents have, without the path that follows `base`.
std::vector<std::string> bases(const Place& place) {
    const auto at = [&](const std::string& target) { return document(get(place, place.base_path + target)); };
    const auto without = [](std::string_view url, std::string_view path) {
        CAPTURE(std::string{url});
        REQUIRE(url.ends_with(path));
        return std::string{url.substr(0, url.size() - path.size())};
    };
    const std::string call = "/api/v1/Agents/Person/GetPersonImage";
    const auto state = document(get(place, "/api/state/Cust12345"));
    std::vector<std::string> all{
        without(at("/api").at("v1").as_string(), "/api/v1"),
        std::string{at("/api/v1/openapi.json").at("servers").at(0).at("url").as_string()},
        without(at(call).at("Url").as_string(), call), std::string{state.at("Endpoint").as_string()},
        without(state.at("Api").as_string(), "/api")};
    const auto routes = at("/api/v1");
    for (const auto& [url, methods] : routes.as_object())
        if (std::string_view{url}.ends_with(call))
            all.push_back(without(url, call));
    return all;
}

} // namespace

TEST_CASE("absolute URLs go by the public URL, then by a proxy's host, then by Host", "[endpoint][links]") {
    struct Case {
        Place place;
        std::string base;
        std::string cache_control;
    };
    const auto each = GENERATE(
        Case{{.hosts = {"a.example:8080"}}, "http://a.example:8080", "no-store"},
        Case{{.hosts = {"a.example"}, .secure = true}, "https://a.example", "no-store"},
        Case{{.hosts = {"[::1]:8080"}, .base_path = "/a/b"}, "http://[::1]:8080/a/b", "no-store"},
        Case{{.hosts = {"inside"}, .forwarded_host = "a.example"}, "http://a.example", "private, no-cache"},
        Case{{.hosts = {"inside"}, .forwarded_host = "a.example:444", .secure = true, .base_path = "/c"},
             "https://a.example:444/c",
             "private, no-cache"},
        Case{{.public_url = "https://p.example", .hosts = {"evil.example"}},
             "https://p.example",
             "private, no-cache"},
        Case{{.public_url = "https://p.example:8443",
              .hosts = {"evil.example"},
              .forwarded_host = "other.example",
              .base_path = "/Cust12345"},
             "https://p.example:8443/Cust12345",
             "private, no-cache"});
    CAPTURE(each.base);
    for (const auto& base : bases(each.place))
        CHECK(base == each.base);
    for (const auto& path : documents)
        CHECK(field(get(each.place, each.place.base_path + path), "Cache-Control") == each.cache_control);
    CHECK(field(get(each.place, "/api/state/x"), "Cache-Control") == each.cache_control);
}

TEST_CASE("a hostile Host is in no document", "[endpoint][links][hostile]") {
    const std::vector<std::string> hostile{"",
                                           "\"><script>alert(1)</script>",
                                           "a.example/evil",
                                           "a.example#",
                                           "a.example?x",
                                           "a.example\\@evil.example",
                                           "user@evil.example",
                                           "user:password@evil.example",
                                           "a example",
                                           "a.example:port",
                                           "a.example, evil.example",
                                           "[::1",
                                           "a.example%zz",
                                           "a.example\r\nSet-Cookie: x=1",
                                           "javascript:alert(1)",
                                           "\xC3\xA6.example",
                                           "a|b"};
    for (const auto& host : hostile)
        for (const bool by_proxy : {false, true}) {
            CAPTURE(host, by_proxy);
            if (by_proxy && host.empty())
                continue; // equals no host of a proxy
            const Place place{.hosts = {by_proxy ? "a.example" : host},
                              .forwarded_host = by_proxy ? host : ""};
            CHECK(document(get(place, "/api")).at("v1") == "/api/v1");
            CHECK(document(get(place, "/api/v1/openapi.json")).at("servers").at(0).at("url") == "/");
            CHECK(document(get(place, "/api/v1")).as_object().contains("/api/v1/Person/{personId}/Image"));
        }
    CHECK(document(get({.hosts = {"a.example", "b.example"}}, "/api")).at("v1") == "/api/v1");
    CHECK(document(get({.hosts = {"a.example", "a.example"}}, "/api")).at("v1") == "/api/v1");
}

TEST_CASE("a Host is text in HTML, JSON and XML", "[endpoint][links][hostile]") {
    // RFC 3986 has these characters in a host.
    const Place place{.hosts = {"a&b'c.example"}};
    const auto page = get(place, "/api", "text/html");
    CHECK(page.body_text().find("<a href=\"http://a&amp;b&#39;c.example/api/v1\">"
                                "http://a&amp;b&#39;c.example/api/v1</a>") != std::string_view::npos);
    CHECK(page.body_text().find("a&b") == std::string_view::npos);
    CHECK(document(get(place, "/api")).at("v1") == "http://a&b'c.example/api/v1");
    const auto xml = http::read_xml(get(place, "/api/v1", "text/xml").body_text());
    REQUIRE(xml.has_value());
}

TEST_CASE("the product's version needs no caller, and is a page for browsers", "[endpoint][links]") {
    const EndpointFixture fixture;
    const auto send = [&](const std::string& accept, const std::string& method = "GET") {
        return fixture.send(
            {method, "/api", {{"Authorization", "-"}, {"Host", "a.example"}, {"Accept", accept}}});
    };
    const auto versions = document(send("application/json"));
    CHECK(versions.at("ProductName") == "portrait");
    CHECK_FALSE(versions.at("ProductVersion").as_string().empty());
    CHECK(versions.at("Version") == "v1");
    struct Case {
        std::string accept, type;
    };
    for (const auto& [accept, type] :
         {Case{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "text/html"},
          Case{"text/html", "text/html"}, Case{"text/html;q=0.5, application/json;q=0.4", "text/html"},
          Case{"text/html;q=0.4, application/json;q=0.5", "application/json"},
          Case{"application/json, text/html", "application/json"},
          Case{"text/html, application/json", "text/html"}, Case{"*/*", "application/json"},
          Case{"", "application/json"}, Case{"text/html;q=0, */*", "application/json"},
          Case{"text/html;q=0", "application/json"}, Case{"text/xml, text/html;q=0.9", "text/xml"}}) {
        CAPTURE(accept);
        const auto response = send(accept);
        CHECK(response.status == 200);
        CHECK(field(response, "Content-Type") == type + "; charset=utf-8");
        CHECK(field(response, "Vary") == "Accept");
        CHECK(send(accept, "HEAD").length() == response.body_text().size());
    }
    const auto page = send("text/html");
    CHECK(field(page, "Cache-Control") == "no-store");
    CHECK(field(page, "Content-Security-Policy").starts_with("default-src 'none'"));
    CHECK(page.body_text().find(std::string{versions.at("ProductVersion").as_string()}) !=
          std::string_view::npos);
    CHECK(fixture.send({"POST", "/api"}).status == 405);
}

TEST_CASE("the product's version has the limits of pictures", "[endpoint][links]") {
    const auto versions = [](http::EndpointOptions options, const Limits& limits) {
        const EndpointFixture fixture{std::move(options), limits};
        const RawFields nobody{{"Authorization", "-"}};
        return document(fixture.send({"GET", "/api", nobody})).at("Limits");
    };
    CHECK(versions({}, {}) ==
          json::value{{"MaxBytes", 10 * 1024 * 1024},
                      {"MaxPixels", 100'000'000},
                      {"MaxWidth", 65'535},
                      {"MaxHeight", 65'535},
                      {"Formats", {"image/png", "image/jpeg", "image/gif", "image/tiff"}}});
    http::EndpointOptions options;
    options.upload_converter = std::make_shared<FakeUploadConverter>(
        ConvertibleFormats{ConvertibleFormat::webp, ConvertibleFormat::heic});
    CHECK(versions(options, {.max_bytes = 1'000,
                             .max_pixels = 2'000,
                             .max_width = 30,
                             .max_height = 40,
                             .formats = {ImageFormat::png, ImageFormat::tiff}}) ==
          json::value{{"MaxBytes", 1'000},
                      {"MaxPixels", 2'000},
                      {"MaxWidth", 30},
                      {"MaxHeight", 40},
                      {"Formats", {"image/png", "image/tiff", "image/webp", "image/heic", "image/heif"}}});
}

TEST_CASE("the interface lists the URL of each route with its methods", "[endpoint][links]") {
    const EndpointFixture fixture;
    const auto list = [&](RawFields fields = {}) {
        fields.emplace_back("Host", "a.example");
        return fixture.send({"GET", "/api/v1", fields});
    };
    const auto urls = document(list()).as_object();
    const std::string base = "http://a.example";
    const auto& image = urls.at(base + "/api/v1/Person/{personId}/Image").as_object();
    CHECK(image.size() == 4);
    CHECK(image.at("GET") == "The person's picture");
    CHECK(urls.at(base + "/api/v1/Person/{personId}/ImageInfo").as_object().contains("PATCH"));
    for (const auto& [url, methods] : urls) {
        CAPTURE(std::string{url});
        REQUIRE(std::string_view{url}.starts_with(base));
        for (const auto& method : methods.as_object()) {
            CHECK_FALSE(method.value().as_string().empty());
            const auto path = std::string{url}.substr(base.size());
            CHECK(fixture.send({std::string{method.key()}, path}).status != 405);
        }
    }
    CHECK_FALSE(urls.contains(base + "/metrics")); // off
    CHECK(list({{"Authorization", "-"}}).status == 401);
}

TEST_CASE("a tenant's state is running, and needs no caller", "[endpoint][links]") {
    const EndpointFixture fixture;
    const auto send = [&](const std::string& tenant) {
        return fixture.send({"GET", "/api/state/" + tenant, {{"Authorization", "-"}, {"Host", "a.example"}}});
    };
    const auto state = document(send("Cust12345")).as_object();
    CHECK(state.at("ContextIdentifier") == "Cust12345");
    CHECK(state.at("Endpoint") == "http://a.example");
    CHECK(state.at("State") == "Running");
    CHECK(state.at("IsRunning") == true);
    CHECK(state.at("Api") == "http://a.example/api");
    const std::string valid_until{state.at("ValidUntil").as_string()};
    CHECK(valid_until.size() == std::string_view{"2026-11-23T00:00:00Z"}.size());
    CHECK(valid_until.ends_with("Z"));
    CHECK(state.size() == 6);
    for (const auto& tenant :
         std::vector<std::string>{"%3Cb%3E", "a.b", "a%20b", "%00", std::string(65, 'a')}) {
        CAPTURE(tenant);
        CHECK(send(tenant).status == 404);
    }
    CHECK(send("").status == 404);
}

TEST_CASE("GET of an agent's call describes the call and doesn't make it", "[endpoint][links][agents]") {
    const EndpointFixture fixture;
    std::size_t calls = 0;
    for (const auto* const route : http::routes()) {
        if (!http::is_of_agent(*route))
            continue;
        ++calls;
        const std::string path{route->path};
        CAPTURE(path);
        const RawFields reader{{"Authorization", basic_authorization("reader", "Reader")}};
        const auto response = fixture.send({"GET", path, reader});
        const auto description = document(response).as_object();
        CHECK(std::string_view{description.at("Url").as_string()}.starts_with(path));
        CHECK(description.at("Method") == "POST");
        CHECK(description.at("Description").as_string() == route->summary);
        CHECK(description.at("Arguments").as_object().size() == description.at("Example").as_object().size());
        CHECK(response.route == path);
        CHECK(fixture.send({"HEAD", path}).length() == response.body_text().size());
        CHECK(fixture.send({"GET", path, {{"Authorization", "-"}}}).status == 401);
    }
    CHECK(calls >= 16);
    CHECK(fixture.service->info(PersonId::from(1).value()).error() == errc::image_none);

    const auto set = document(fixture.send({"GET", "/api/v1/Agents/Person/SetPersonImage"}));
    CHECK(set.at("Arguments") == json::value{{"PersonId", "int32"}, {"Image", "base64 string"}});
    CHECK(
        fixture.send({"POST", "/api/v1/Agents/Person/SetPersonImage", {}, json::serialize(set.at("Example"))})
            .status == 204);
    CHECK(document(fixture.send({"GET", "/api/v1/Agents/BLOB/GetBlobEntity"})).at("Url") ==
          "/api/v1/Agents/BLOB/GetBlobEntity?blobEntityId={blobEntityId}");
    CHECK(fixture.send({"GET", "/api/v1/Agents/Person/Nothing"}).rule == "agent.unknown_call");
}

} // namespace links_test
