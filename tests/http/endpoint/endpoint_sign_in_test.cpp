#include "endpoint_fixture.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/response_field.hpp"

#include <boost/json/parse.hpp>

#include <vector>

namespace endpoint_sign_in_test {

using namespace portrait;
using namespace portrait::testing;
using Response = portrait::http::Response;

namespace {

const std::string image_path = "/api/v1/Person/1/Image";
const RawFields form_type{{"Authorization", "-"}, {"Content-Type", "application/x-www-form-urlencoded"}};
const RawFields browser_form{{"Authorization", "-"},
                             {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                             {"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}};

http::EndpointOptions with_clock(const std::shared_ptr<ManualSteadyClock>& clock) {
    http::EndpointOptions options;
    options.clock = clock;
    return options;
}

/// The whole Set-Cookie of that name; empty without one.
std::string set_cookie(const Response& response, const std::string& name) {
    for (const auto& [field_name, value] : response.fields)
        if (field_name == "Set-Cookie" && value.starts_with(name + "="))
            return std::string{value};
    return {};
}

std::string cookie_value(const Response& response, const std::string& name) {
    const auto cookie = set_cookie(response, name);
    if (cookie.empty())
        return {};
    return cookie.substr(name.size() + 1, cookie.find(';') - name.size() - 1);
}

/// The cookies that a browser keeps of a sign-in.
struct Browser {
    std::string secret;
    std::string xsrf;

    RawFields fields() const {
        return {{"Authorization", "-"},
                {"Cookie", "theme=dark; PORTRAIT_SESSION=" + secret + "; XSRF-TOKEN=" + xsrf}};
    }
    RawFields fields_with_xsrf() const {
        auto all = fields();
        all.emplace_back("X-XSRF-TOKEN", xsrf);
        return all;
    }
};

Browser signed_in(const EndpointFixture& fixture, const std::string& form = "user=tje0&password=Tje0") {
    const auto response = fixture.send({"POST", "/session", form_type, form});
    REQUIRE(response.status == 204);
    return {cookie_value(response, "PORTRAIT_SESSION"), cookie_value(response, "XSRF-TOKEN")};
}

Response put(const EndpointFixture& fixture, RawFields fields) {
    fields.emplace_back("Content-Type", "image/png");
    return fixture.send({"PUT", image_path, std::move(fields), text_of(make_png())});
}

} // namespace

TEST_CASE("a browser signs in, writes with its XSRF value, and signs out", "[endpoint][session]") {
    const EndpointFixture fixture;
    const auto browser = signed_in(fixture);
    CHECK(browser.secret.size() == 43);
    CHECK(browser.xsrf.size() == 43);

    const auto written = put(fixture, browser.fields_with_xsrf());
    CHECK(written.status == 200);
    CHECK(written.principal == "tje0");
    const auto missing = put(fixture, browser.fields());
    CHECK(missing.status == 401);
    CHECK_FALSE(field(missing, "WWW-Authenticate").empty());
    const auto other = signed_in(fixture);
    auto mixed = browser.fields();
    mixed.emplace_back("X-XSRF-TOKEN", other.xsrf);
    CHECK(put(fixture, mixed).status == 401);

    const auto out = fixture.send({"DELETE", "/session", browser.fields_with_xsrf(), {}});
    CHECK(out.status == 204);
    CHECK(set_cookie(out, "PORTRAIT_SESSION").find("Max-Age=0") != std::string::npos);
    CHECK(set_cookie(out, "XSRF-TOKEN").find("Max-Age=0") != std::string::npos);
    CHECK(put(fixture, browser.fields_with_xsrf()).status == 401);
    CHECK(fixture.send({"DELETE", "/session", browser.fields_with_xsrf(), {}}).status == 401);
    CHECK(put(fixture, other.fields_with_xsrf()).status == 200);
}

TEST_CASE("the cookies have the attributes of the contract", "[endpoint][session]") {
    const EndpointFixture fixture;
    const auto response = fixture.send({"POST", "/session", form_type, "user=tje0&password=Tje0"});
    CHECK(set_cookie(response, "PORTRAIT_SESSION").ends_with("; Path=/; SameSite=Lax; HttpOnly"));
    CHECK(set_cookie(response, "XSRF-TOKEN").ends_with("; Path=/; SameSite=Lax"));
    CHECK(field(response, "Cache-Control") == "no-store");

    const std::string form = "user=tje0&password=Tje0";
    http::RequestHead head{
        .method = "POST", .target = "/session", .content_length = form.size(), .secure = true};
    head.fields.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    const auto secure = fixture.endpoint->handle(head, ImageBytes{form});
    CHECK(
        set_cookie(secure, "__Host-PORTRAIT_SESSION").ends_with("; Path=/; SameSite=Lax; HttpOnly; Secure"));
    CHECK(set_cookie(secure, "PORTRAIT_SESSION").empty());
    CHECK(set_cookie(secure, "XSRF-TOKEN").ends_with("; Secure"));
}

TEST_CASE("over TLS the session is in a cookie that no other host can set", "[endpoint][session][hostile]") {
    // TLS as the host says, or as the public URL says.
    const bool by_url = GENERATE(false, true);
    http::EndpointOptions options;
    if (by_url)
        options.public_url = "https://pictures.example";
    const EndpointFixture fixture{options};
    const std::string form = "user=tje0&password=Tje0";
    const auto send = [&](const std::string& method, const std::string& target, const RawFields& fields,
                          const std::string& body = {}) {
        http::RequestHead head{.method = method, .target = target, .secure = !by_url};
        for (const auto& [name, value] : fields)
            head.fields.push_back({name, value});
        if (!body.empty())
            head.content_length = body.size();
        return fixture.endpoint->handle(head, ImageBytes{body});
    };
    const auto in = send("POST", "/session", {{"Content-Type", "application/x-www-form-urlencoded"}}, form);
    const auto secret = cookie_value(in, "__Host-PORTRAIT_SESSION");
    const auto xsrf = cookie_value(in, "XSRF-TOKEN");
    REQUIRE(secret.size() == 43);
    const auto read = [&](const std::string& cookie) {
        return send("GET", "/api/v1/Person/1/ImageInfo", {{"Cookie", cookie}, {"X-XSRF-TOKEN", xsrf}}).status;
    };
    CHECK(read("__Host-PORTRAIT_SESSION=" + secret) == 200);
    // Another host of the domain, or somebody on the wire, may have set these.
    CHECK(read("PORTRAIT_SESSION=" + secret) == 401);
    CHECK(read("__Secure-PORTRAIT_SESSION=" + secret) == 401);
    CHECK(read("PORTRAIT_SESSION=planted; __Host-PORTRAIT_SESSION=" + secret) == 200);
    const auto page = send("GET", "/session", {{"Cookie", "__Host-PORTRAIT_SESSION=" + secret}});
    CHECK(page.body_text().find("signed in as tje0") != std::string_view::npos);
    CHECK(set_cookie(page, "XSRF-TOKEN").ends_with("; Secure"));
    const auto out =
        send("DELETE", "/session", {{"Cookie", "__Host-PORTRAIT_SESSION=" + secret}, {"X-XSRF-TOKEN", xsrf}});
    CHECK(set_cookie(out, "__Host-PORTRAIT_SESSION")
              .ends_with("; Path=/; SameSite=Lax; HttpOnly; Max-Age=0; Secure"));
    CHECK(read("__Host-PORTRAIT_SESSION=" + secret) == 401);

    // The cookie of plain HTTP doesn't count over TLS, and the other way round.
    if (!by_url) {
        http::RequestHead plain{.method = "GET", .target = "/session"};
        const auto again =
            send("POST", "/session", {{"Content-Type", "application/x-www-form-urlencoded"}}, form);
        const auto cookie = "__Host-PORTRAIT_SESSION=" + cookie_value(again, "__Host-PORTRAIT_SESSION");
        plain.fields.push_back({"Cookie", cookie});
        CHECK(fixture.endpoint->handle(plain).body_text().find("signed in as") == std::string_view::npos);
    }
}

TEST_CASE("Basic credentials sign in, too; tickets and tokens don't", "[endpoint][session]") {
    const EndpointFixture fixture;
    const auto response = fixture.send({"POST", "/session", {}, {}});
    CHECK(response.status == 204);
    CHECK(cookie_value(response, "PORTRAIT_SESSION").size() == 43);
    for (const auto* value : {"Bearer 8A:good", "SoTicket 7T:good", "Basic dGplMDp3cm9uZw=="}) {
        const auto refused = fixture.send({"POST", "/session", {{"Authorization", value}}, {}});
        CHECK(refused.status == 401);
        CHECK(set_cookie(refused, "PORTRAIT_SESSION").empty());
    }
    CHECK(fixture.send({"POST", "/session", {{"Authorization", "-"}}, {}}).status == 401);
}

TEST_CASE("the form works with Basic switched off", "[endpoint][session]") {
    const EndpointFixture fixture{{.schemes = {.basic = false}}};
    CHECK(put(fixture, signed_in(fixture).fields_with_xsrf()).status == 200);
    CHECK(fixture.send({"POST", "/session", {}, {}}).status == 401);
}

TEST_CASE("reads need the XSRF value too, unless they are exempted", "[endpoint][session]") {
    const EndpointFixture strict;
    const auto browser = signed_in(strict);
    REQUIRE(put(strict, browser.fields_with_xsrf()).status == 200);
    for (const auto* method : {"GET", "HEAD"}) {
        CHECK(strict.send({method, image_path, browser.fields(), {}}).status == 401);
        CHECK(strict.send({method, image_path, browser.fields_with_xsrf(), {}}).status == 200);
    }

    const EndpointFixture lenient{{.sessions = {.xsrf_safe_methods = true}}};
    const auto plain = signed_in(lenient);
    REQUIRE(put(lenient, plain.fields_with_xsrf()).status == 200);
    for (const auto* method : {"GET", "HEAD"})
        CHECK(lenient.send({method, image_path, plain.fields(), {}}).status == 200);
    CHECK(put(lenient, plain.fields()).status == 401);
    CHECK(lenient.send({"DELETE", image_path, plain.fields(), {}}).status == 401);
}

TEST_CASE("a session has its user's rights", "[endpoint][session]") {
    const EndpointFixture fixture;
    const auto reader = signed_in(fixture, "user=reader&password=Reader");
    CHECK(put(fixture, reader.fields_with_xsrf()).status == 403);
    CHECK(fixture.send({"GET", image_path + "Info", reader.fields_with_xsrf(), {}}).status == 200);
    CHECK(fixture.send({"DELETE", "/session", reader.fields_with_xsrf(), {}}).status == 204);
}

TEST_CASE("an Authorization counts and the session beside it doesn't", "[endpoint][session]") {
    const EndpointFixture fixture;
    auto fields = signed_in(fixture).fields_with_xsrf();
    fields.front().second = "Bearer 8A:bad";
    CHECK(put(fixture, fields).status == 401);
    fields.front().second = "Bearer 8A:good";
    CHECK(put(fixture, fields).principal == "program");
}

TEST_CASE("hostile cookies and XSRF values are 401", "[endpoint][session]") {
    const EndpointFixture fixture;
    const auto browser = signed_in(fixture);
    const auto& [secret, xsrf] = browser;
    struct Hostile {
        std::string cookie, xsrf;
    };
    const std::vector<Hostile> cases{
        {"PORTRAIT_SESSION=", xsrf},
        {"PORTRAIT_SESSION=\"" + secret + "\"", xsrf},
        {"PORTRAIT_SESSION=" + secret + "A", xsrf},
        {"portrait_session=" + secret, xsrf},
        {"PORTRAIT_SESSION=" + secret + "; PORTRAIT_SESSION=" + std::string(43, 'A'), xsrf},
        {"PORTRAIT_SESSION=" + std::string(43, 'A') + "; PORTRAIT_SESSION=" + secret, xsrf},
        {"PORTRAIT_SESSION=" + secret + "; x=" + std::string(16384, 'x'), xsrf},
        {"PORTRAIT_SESSION=" + xsrf, secret},
        {"PORTRAIT_SESSION=" + secret, secret},
        {"PORTRAIT_SESSION=" + secret, ""},
        {"PORTRAIT_SESSION=" + secret, xsrf + "A"},
        {"PORTRAIT_SESSION=" + secret, xsrf + "," + xsrf},
        {"PORTRAIT_SESSION=" + secret, std::string(8192, 'A')},
        {std::string(10'000, ';'), xsrf},
    };
    for (const auto& each : cases) {
        CAPTURE(each.cookie.substr(0, 120), each.xsrf.substr(0, 60));
        CHECK(put(fixture, {{"Authorization", "-"}, {"Cookie", each.cookie}, {"X-XSRF-TOKEN", each.xsrf}})
                  .status == 401);
    }
    auto twice = browser.fields_with_xsrf();
    twice.emplace_back("X-XSRF-TOKEN", xsrf);
    CHECK(put(fixture, twice).status == 401);
    CHECK(put(fixture, browser.fields_with_xsrf()).status == 200);
}

TEST_CASE("sessions end by idleness", "[endpoint][session]") {
    const auto clock = std::make_shared<ManualSteadyClock>();
    const EndpointFixture fixture{with_clock(clock)};
    const auto browser = signed_in(fixture);
    clock->advance(std::chrono::hours{7});
    CHECK(put(fixture, browser.fields_with_xsrf()).status == 200);
    clock->advance(std::chrono::hours{8});
    CHECK(put(fixture, browser.fields_with_xsrf()).status == 401);
}

TEST_CASE("the page has the form, and the XSRF value of a signed-in user", "[endpoint][session]") {
    const EndpointFixture fixture;
    const auto form = fixture.send({"GET", "/session", {{"Authorization", "-"}}, {}});
    CHECK(form.status == 200);
    CHECK(field(form, "Content-Type") == "text/html; charset=utf-8");
    CHECK(field(form, "Cache-Control") == "no-store");
    const auto policy = field(form, "Content-Security-Policy");
    CHECK(policy.find("default-src 'none'") != std::string::npos);
    CHECK(policy.find("form-action 'self'") != std::string::npos);
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(field(form, "X-Frame-Options") == "DENY");
    CHECK(form.body_text().find("name=\"password\" type=\"password\"") != std::string_view::npos);
    CHECK(form.body_text().find("XSRF_TOKEN") == std::string_view::npos);
    CHECK(form.body_text().find("<script") == std::string_view::npos);

    const auto browser = signed_in(fixture);
    const auto page = fixture.send({"GET", "/session", browser.fields(), {}});
    CHECK(page.status == 200);
    CHECK(page.body_text().find("<input type=\"hidden\" id=\"XSRF_TOKEN\" name=\"XSRF_TOKEN\" value=\"" +
                                browser.xsrf + "\">") != std::string_view::npos);
    CHECK(page.body_text().find(browser.secret) == std::string_view::npos);
    CHECK(cookie_value(page, "XSRF-TOKEN") == browser.xsrf);
    const auto head = fixture.send({"HEAD", "/session", browser.fields(), {}});
    CHECK(head.body_text().empty());
    CHECK(head.length() == page.body_text().size());
}

TEST_CASE("a browser's form is answered by a redirect or by the page", "[endpoint][session]") {
    const EndpointFixture fixture;
    const auto in = fixture.send({"POST", "/session", browser_form, "user=tje0&password=Tje0"});
    CHECK(in.status == 303);
    CHECK(field(in, "Location") == "/session");
    const Browser browser{cookie_value(in, "PORTRAIT_SESSION"), cookie_value(in, "XSRF-TOKEN")};
    CHECK(put(fixture, browser.fields_with_xsrf()).status == 200);

    const auto wrong = fixture.send({"POST", "/session", browser_form, "user=tje0&password=wrong"});
    CHECK(wrong.status == 401);
    CHECK(wrong.body_text().find("User or password is wrong") != std::string_view::npos);
    CHECK(field(wrong, "WWW-Authenticate") == "SoTicket, Bearer");
    CHECK(fixture.send({"POST", "/session", browser_form, "user=busy&password=x"}).status == 429);
    const auto away = fixture.send({"POST", "/session", browser_form, "user=away&password=x"});
    CHECK(away.status == 503);
    CHECK(field(away, "Retry-After") == "3");
    const auto broken = fixture.send({"POST", "/session", browser_form, "user=throw&password=x"});
    CHECK(broken.status == 500);
    CHECK(broken.body_text().find("directory") == std::string_view::npos);

    auto sign_out = browser.fields();
    sign_out.insert(sign_out.end(), browser_form.begin() + 1, browser_form.end());
    CHECK(fixture.send({"POST", "/session", sign_out, "sign_out=1"}).status == 401);
    CHECK(fixture.send({"POST", "/session", sign_out, "sign_out=1&XSRF_TOKEN=" + std::string(43, 'A')})
              .status == 401);
    CHECK(put(fixture, browser.fields_with_xsrf()).status == 200);
    CHECK(fixture.send({"POST", "/session", sign_out, "sign_out=1&XSRF_TOKEN=" + browser.xsrf}).status ==
          303);
    CHECK(put(fixture, browser.fields_with_xsrf()).status == 401);
}

TEST_CASE("signing in again makes a fresh session and ends the one before", "[endpoint][session]") {
    const EndpointFixture fixture;
    const auto before = signed_in(fixture);
    auto fields = before.fields();
    fields.insert(fields.end(), form_type.begin() + 1, form_type.end());
    const auto again = fixture.send({"POST", "/session", fields, "user=tje0&password=Tje0"});
    REQUIRE(again.status == 204);
    const Browser after{cookie_value(again, "PORTRAIT_SESSION"), cookie_value(again, "XSRF-TOKEN")};
    CHECK(after.secret != before.secret);
    CHECK(after.xsrf != before.xsrf);
    CHECK(put(fixture, before.fields_with_xsrf()).status == 401);
    CHECK(put(fixture, after.fields_with_xsrf()).status == 200);

    // A session never takes its secret from the client.
    RawFields planted = form_type;
    planted.emplace_back("Cookie", "PORTRAIT_SESSION=" + std::string(43, 'A'));
    const auto fresh = fixture.send({"POST", "/session", planted, "user=tje0&password=Tje0"});
    CHECK(cookie_value(fresh, "PORTRAIT_SESSION") != std::string(43, 'A'));
}

TEST_CASE("another site's page can't sign its visitor in or out", "[endpoint][session]") {
    const EndpointFixture fixture{{.cors = {.origins = {"https://app.example.com"}}}};
    const auto sign_in = [&](RawFields more) {
        auto fields = form_type;
        fields.insert(fields.end(), more.begin(), more.end());
        return fixture.send({"POST", "/session", fields, "user=tje0&password=Tje0"}).status;
    };
    CHECK(sign_in({{"Host", "pictures.example"}, {"Origin", "https://evil.example"}}) == 403);
    CHECK(sign_in({{"Host", "pictures.example"}, {"Origin", "null"}}) == 403);
    CHECK(sign_in({{"Sec-Fetch-Site", "cross-site"}}) == 403);
    CHECK(sign_in({{"Host", "pictures.example"}, {"Origin", "https://pictures.example"}}) == 204);
    CHECK(sign_in({{"Origin", "https://app.example.com"}, {"Sec-Fetch-Site", "cross-site"}}) == 204);
    CHECK(sign_in({{"Sec-Fetch-Site", "same-origin"}}) == 204);
}

TEST_CASE("a form that can't be read is refused, as is anything else", "[endpoint][session]") {
    const EndpointFixture fixture;
    CHECK(fixture.send({"POST", "/session", form_type, "user=%zz"}).status == 400);
    CHECK(fixture.send({"POST", "/session", form_type, "user=a&user=b"}).status == 400);
    CHECK(fixture.send({"POST", "/session", form_type, std::string(9000, 'a')}).status == 413);
    const auto json = fixture.send({"POST",
                                    "/session",
                                    {{"Authorization", "-"}, {"Content-Type", "application/json"}},
                                    R"({"user":"tje0"})"});
    CHECK(json.status == 415);
    CHECK(field(json, "Accept") == "application/x-www-form-urlencoded");
    const auto wrong = fixture.send({"POST", "/session", form_type, "user=tje0&password=wrong"});
    CHECK(wrong.status == 401);
    CHECK(field(wrong, "WWW-Authenticate").starts_with("Basic "));
    CHECK(boost::json::parse(std::string{wrong.body_text()}).as_object().at("Error") == true);
}

TEST_CASE("names are text on the page", "[endpoint][session]") {
    class Anybody final : public http::Authenticator {
        void authenticate(http::Credentials credentials, std::string_view,
                          std::function<void(http::AuthenticationOutcome)> done) override {
            done(http::Principal{std::get<http::BasicCredentials>(credentials).user, {}, true});
        }
    };
    const EndpointFixture fixture;
    const auto executor = std::make_shared<http::InlineExecutor>();
    http::Endpoint endpoint{fixture.service, std::make_shared<Anybody>(), executor, executor};
    const std::string form = "user=%3Cscript%3E%22%27%26&password=x";
    http::RequestHead sign_in{.method = "POST", .target = "/session", .content_length = form.size()};
    sign_in.fields.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    const auto cookie =
        "PORTRAIT_SESSION=" + cookie_value(endpoint.handle(sign_in, ImageBytes{form}), "PORTRAIT_SESSION");
    http::RequestHead show{.method = "GET", .target = "/session"};
    show.fields.push_back({"Cookie", cookie});
    const auto page = endpoint.handle(show);
    CHECK(page.body_text().find("<script>") == std::string_view::npos);
    CHECK(page.body_text().find("&lt;script&gt;&quot;&#39;&amp;") != std::string_view::npos);
}

} // namespace endpoint_sign_in_test
