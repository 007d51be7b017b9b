#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Refusals for the users of browsers and for the scripts of pages (contract section 6).
namespace endpoint_browsers_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace {

const std::string image_path = "/api/v1/Person/1/Image";
const std::string info_path = "/api/v1/Person/1/ImageInfo";

// What browsers send.
const std::string chrome_navigation =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7";
const std::string firefox_navigation = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const std::string chrome_image = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const std::string firefox_image = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";
const std::string safari_image =
    "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,"
    "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5";

bool has(const Response& response, std::string_view text) {
    return response.body_text().find(text) != std::string_view::npos;
}

Request accepting(const std::string& accept, Request request) {
    request.fields.emplace_back("Accept", accept);
    request.fields.emplace_back("X-Request-Id", "same");
    return request;
}

Response navigate(const EndpointFixture& fixture, const std::string& target) {
    return fixture.send(accepting(chrome_navigation, {"GET", target, {}, {}}));
}

/// Requests that are refused, with their statuses.
std::vector<std::pair<Request, unsigned>> refused_requests() {
    const RawFields png{{"Content-Type", "image/png"}};
    return {
        {{"GET", "/nothing", {}, {}}, 404},
        {{"GET", "/api/v1/Agents/Nobody/Nothing", {}, {}}, 404},
        {{"GET", "/api/v1/Person/x/Image", {}, {}}, 400},
        {{"GET", "/api/v1/Person/2/Image", {}, {}}, 404},
        {{"GET", "/%", {}, {}}, 400},
        {{"PATCH", image_path, {}, {}}, 405},
        {{"GET", image_path, {{"Authorization", "-"}}, {}}, 401},
        {{"GET", image_path, {{"Authorization", basic_authorization("busy", "x")}}, {}}, 429},
        {{"GET", image_path, {{"Authorization", basic_authorization("throw", "x")}}, {}}, 500},
        {{"GET", image_path, {{"Authorization", basic_authorization("away", "x")}}, {}}, 503},
        {{"GET", image_path, {{"Range", "bytes=100000-"}}, {}}, 416},
        {{"GET", image_path, {{"If-Match", "\"x\""}}, {}}, 412},
        {{"GET", info_path, {{"If-Match", "\"x\""}}, {}}, 412},
        {{"GET", image_path + "?w=10", {}, {}}, 501},
        {{"PUT", image_path, {{"Content-Type", "image/png"}, {"If-Match", "\"x\""}}, text_of(make_png())},
         412},
        {{"PUT", image_path, png, "no picture"}, 400},
        {{"PUT", image_path, {{"Content-Type", "text/plain"}}, "text"}, 415},
        {{"PUT", image_path, {{"Content-Encoding", "gzip"}}, "text"}, 415},
        {{"PUT", image_path, png, text_of(make_png_claiming(60'000, 60'000))}, 422},
        {{"PUT", image_path, png, std::string(11 * 1024 * 1024, 'x')}, 413},
        {{"POST", "/api/v1/Agents/Person/GetPersonImage", {{"Content-Type", "application/json"}}, "{"}, 400}};
}

} // namespace

TEST_CASE("a refusal is a page when a browser shows the answer, and a document otherwise",
          "[endpoint][browser]") {
    const EndpointFixture fixture;
    struct Case {
        std::string accept;
        std::string type;
    };
    for (const auto& [accept, type] :
         {Case{chrome_navigation, "text/html"}, Case{firefox_navigation, "text/html"},
          Case{"text/html", "text/html"}, Case{"TEXT/HTML;charset=UTF-8", "text/html"},
          Case{"application/json, text/html", "application/json"},
          Case{"text/html;q=0.9, application/json", "application/json"},
          Case{"text/html;q=0", "application/json"}, Case{"*/*", "application/json"},
          Case{"", "application/json"}, Case{"application/json, text/plain, */*", "application/json"},
          Case{chrome_image, "application/json"}, Case{firefox_image, "application/json"},
          Case{safari_image, "application/json"}, Case{"text/*", "text/json"},
          Case{"application/xml", "application/xml"}, Case{"text/xml, text/html;q=0.9", "text/xml"},
          Case{"application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml"}})
        for (const auto& target : {std::string{"/nothing"}, image_path, info_path + "x"}) {
            CAPTURE(accept, target);
            const auto response = fixture.send(accepting(accept, {"GET", target, {}, {}}));
            CHECK(response.status == 404);
            CHECK(field(response, "Content-Type") == type + "; charset=utf-8");
            CHECK(field(response, "Vary") == "Accept");
        }
}

TEST_CASE("the page of a refusal has the status, the fields and the content of the document",
          "[endpoint][browser]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put_picture(1, text_of(make_png()))).status == 200);
    for (const auto& [request, status] : refused_requests()) {
        CAPTURE(request.method, request.target, status);
        const auto document = fixture.send(accepting("application/json", request));
        const auto page = fixture.send(accepting("text/html", request));
        CHECK(page.status == status);
        CHECK(document.status == status);
        CHECK(page.rule == document.rule);
        CHECK(page.route == document.route);
        for (const auto& [name, value] : document.fields)
            if (name != "Content-Type") {
                CAPTURE(std::string{name});
                CHECK(field(page, name) == value);
            }
        CHECK(field(page, "Content-Security-Policy").starts_with("default-src 'none'"));
        CHECK(page.body_text().starts_with("<!DOCTYPE html>"));
        const auto error = boost::json::parse(std::string{document.body_text()}).as_object();
        for (const auto* const name : {"ErrorType", "Rule"})
            CHECK(has(page, std::string{error.at(name).as_string()}));
        CHECK(has(page, std::to_string(status)));
    }
}

TEST_CASE("HEAD of a refused page has the page's length and no body", "[endpoint][browser]") {
    const EndpointFixture fixture;
    const auto page = navigate(fixture, image_path);
    const auto head = fixture.send(accepting(chrome_navigation, {"HEAD", image_path, {}, {}}));
    CHECK(head.status == 404);
    CHECK(head.body_text().empty());
    CHECK(head.length() == page.body_text().size());
    CHECK(field(head, "Content-Type") == "text/html; charset=utf-8");
}

TEST_CASE("what a stranger has sent is text on the page of a refusal", "[endpoint][browser][hostile]") {
    const EndpointFixture fixture;
    const auto check = [](const Response& page, std::string_view echoed) {
        CAPTURE(page.body_text());
        CHECK(field(page, "Content-Type") == "text/html; charset=utf-8");
        CHECK(has(page, echoed));
        CHECK_FALSE(has(page, "<b>"));
        CHECK_FALSE(has(page, "\"><"));
    };
    check(navigate(fixture, "/api/v1/Person/%3Cb%3E/Image"), "person id is not valid");
    check(navigate(fixture, "/api/v1/Agents/%3Cb%3E/x"), "&lt;b&gt;");
    check(navigate(fixture, "/api/v1/Agents/Person/%3Cb%3E%26"), "&lt;b&gt;&amp;");
    check(navigate(fixture, "/api/v1/portrait/persons?limit=%22%3E%3Cb%3E"), "&quot;&gt;&lt;b&gt;");
    check(fixture.send(accepting(chrome_navigation, {"<b>", image_path, {}, {}})), "&lt;b&gt;");
    check(fixture.send(accepting(chrome_navigation, {"GET", info_path, {{"SO-TimeZone", "<b>"}}, {}})),
          "&lt;b&gt;");
    check(fixture.send(accepting(chrome_navigation, {"PUT", image_path, {{"Content-Type", "a/<b>"}}, "x"})),
          "&lt;b&gt;");
}

TEST_CASE("strict SuperOffice answers 400 to bad uploads on pages, too", "[endpoint][browser]") {
    const EndpointFixture fixture{{.strict_superoffice = true}};
    const auto page = fixture.send(
        accepting(chrome_navigation, {"PUT", image_path, {{"Content-Type", "text/plain"}}, "text"}));
    CHECK(page.status == 400);
    CHECK(page.rule == "request.unsupported_media_type");
    CHECK(has(page, "<p>400 SoArgumentException, <code>request.unsupported_media_type</code></p>"));
}

TEST_CASE("a host's refusals before a request is read are pages for browsers", "[endpoint][browser]") {
    const EndpointFixture fixture;
    http::RequestHead head{.method = "PUT", .target = image_path};
    head.fields.push_back({"Accept", firefox_navigation});
    const auto page = fixture.endpoint->refuse(http::body_too_large(10, 11), &head);
    CHECK(page.status == 413);
    CHECK(field(page, "Content-Type") == "text/html; charset=utf-8");
}

TEST_CASE("a picture is a picture for a browser that shows it", "[endpoint][browser]") {
    const EndpointFixture fixture;
    REQUIRE(fixture.send(put_picture(1, text_of(make_png()))).status == 200);
    for (const auto& accept : {chrome_navigation, firefox_navigation, chrome_image, safari_image})
        CHECK(field(fixture.send(accepting(accept, {})), "Content-Type") == "image/png");
    // Documents have no form for browsers.
    CHECK(field(navigate(fixture, info_path), "Content-Type") == "application/xml; charset=utf-8");
    auto missing = fixture.send(accepting(chrome_image, get_picture(2)));
    CHECK(missing.status == 404);
    CHECK(boost::json::parse(std::string{missing.body_text()}).at("Rule") == "image.none");
}

TEST_CASE("a navigation without credentials has a challenge, so that the browser asks for them",
          "[endpoint][browser][callers]") {
    const EndpointFixture fixture;
    const auto page =
        fixture.send(accepting(chrome_navigation, {"GET", info_path, {{"Authorization", "-"}}, {}}));
    CHECK(page.status == 401);
    CHECK(field(page, "Content-Type") == "text/html; charset=utf-8");
    CHECK(field(page, "WWW-Authenticate") == "Basic realm=\"portrait\", charset=\"UTF-8\", SoTicket, Bearer");
}

TEST_CASE("a page's script gets no challenge for which the browser opens a dialog",
          "[endpoint][browser][callers]") {
    const EndpointFixture fixture;
    const auto challenges = [](const EndpointFixture& asked, Request request) {
        request.fields.emplace_back("x-xsrf-token", "");
        const auto response = asked.send(std::move(request));
        CHECK(response.status == 401);
        return field(response, "WWW-Authenticate");
    };
    const RawFields nobody{{"Authorization", "-"}};
    CHECK(challenges(fixture, {"GET", info_path, nobody, {}}) == "SoTicket, Bearer");
    CHECK(challenges(fixture, {"PUT", image_path, nobody, text_of(make_png())}) == "SoTicket, Bearer");
    CHECK(challenges(fixture, {"GET", info_path, {{"Authorization", basic_authorization("x", "y")}}, {}}) ==
          "SoTicket, Bearer");
    CHECK(challenges(fixture, {"POST", "/session", {{"Authorization", basic_authorization("x", "y")}}, {}}) ==
          "SoTicket, Bearer");
    CHECK(challenges(fixture, {"DELETE", "/session", nobody, {}}) == "SoTicket, Bearer");
    const EndpointFixture basic{{.schemes = {.so_ticket = false, .bearer = false}}};
    CHECK(challenges(basic, {"GET", info_path, nobody, {}}).empty());
    // The host's own refusals.
    http::RequestHead head{.method = "GET", .target = info_path};
    head.fields.push_back({"X-XSRF-TOKEN", "x"});
    const auto refused = fixture.endpoint->refuse(http::plain_problem(401, "x", "x"), &head);
    CHECK(field(refused, "WWW-Authenticate") == "SoTicket, Bearer");
}

TEST_CASE("a sign-in is answered by a redirect where Accept prefers a page", "[endpoint][browser]") {
    const EndpointFixture fixture;
    for (const auto& [accept, status] :
         {std::pair{chrome_navigation, 303}, std::pair{std::string{"text/html"}, 303},
          std::pair{std::string{"application/json, text/html"}, 204},
          std::pair{std::string{"text/html;q=0, */*"}, 204}, std::pair{std::string{"*/*"}, 204}}) {
        CAPTURE(accept);
        const RawFields fields{{"Authorization", "-"}, {"Content-Type", "application/x-www-form-urlencoded"}};
        const auto answer =
            fixture.send(accepting(accept, {"POST", "/session", fields, "user=tje0&password=Tje0"}));
        CHECK(answer.status == static_cast<unsigned>(status));
    }
}

} // namespace endpoint_browsers_test
