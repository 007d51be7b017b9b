#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace session_test {

using namespace portrait::testing;

namespace {

const std::string image_path = "/api/v1/Person/7/Image";
const std::string form_type = "application/x-www-form-urlencoded";

std::string picture() {
    const auto bytes = make_png(3, 2);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string cookie_of(const RawResponse& response, const std::string& name) {
    for (const auto& [field, value] : response.fields)
        if (field == "Set-Cookie" && value.starts_with(name + "="))
            return value.substr(name.size() + 1, value.find(';') - name.size() - 1);
    return {};
}

/// The cookies of a sign-in, which a browser sends with each request.
struct Browser {
    std::uint16_t port;
    std::string secret;
    std::string xsrf;

    RawFields cookies() const { return {{"Cookie", "PORTRAIT_SESSION=" + secret + "; XSRF-TOKEN=" + xsrf}}; }
    RawResponse send(std::string_view method, std::string_view target, const std::string& xsrf_value,
                     std::string_view body = {}, const std::string& type = {}) const {
        auto fields = cookies();
        if (!xsrf_value.empty())
            fields.emplace_back("X-XSRF-TOKEN", xsrf_value);
        if (!type.empty())
            fields.emplace_back("Content-Type", type);
        return fetch(port, method, target, fields, body);
    }
    unsigned put(const std::string& xsrf_value) const {
        return send("PUT", image_path, xsrf_value, picture(), "image/png").status;
    }
};

Browser sign_in(std::uint16_t port) {
    const auto response = fetch(port, "POST", "/session",
                                {{"Content-Type", form_type},
                                 {"Accept", "text/html"},
                                 {"Origin", "http://127.0.0.1:" + std::to_string(port)},
                                 {"Host", "127.0.0.1:" + std::to_string(port)}},
                                "user=tje0&password=Tje0");
    REQUIRE(response.status == 303);
    CHECK(response.reason == "See Other");
    CHECK(response.count("Set-Cookie") == 3);
    return {port, cookie_of(response, "PORTRAIT_SESSION"), cookie_of(response, "XSRF-TOKEN")};
}

} // namespace

TEST_CASE("a browser signs in, puts a picture and signs out", "[e2e][session]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    const auto page = fetch(port, "GET", "/session");
    CHECK(page.status == 200);
    CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
    CHECK(page.body.find("action=\"/session\"") != std::string::npos);

    const auto browser = sign_in(port);
    const auto other = sign_in(port);
    const auto signed_in = browser.send("GET", "/session", {});
    CHECK(signed_in.body.find("name=\"XSRF_TOKEN\" value=\"" + browser.xsrf + "\"") != std::string::npos);

    CHECK(browser.put(browser.xsrf) == 200);
    CHECK(browser.put({}) == 401);
    CHECK(browser.put(other.xsrf) == 401);
    CHECK(browser.send("GET", image_path, {}).status == 401);
    CHECK(browser.send("GET", image_path, browser.xsrf).body == picture());

    CHECK(browser.send("DELETE", "/session", {}).status == 401);
    CHECK(browser.send("DELETE", "/session", browser.xsrf).status == 204);
    CHECK(browser.put(browser.xsrf) == 401);
    CHECK(other.put(other.xsrf) == 200);

    CHECK(other.send("POST", "/session", {}, "sign_out=1&XSRF_TOKEN=" + other.xsrf, form_type).status == 204);
    CHECK(other.put(other.xsrf) == 401);
    const auto end = server.terminate();
    CHECK(end.exit_code == 0);
    for (const auto* shown : {&browser, &other})
        for (const auto& secret : {shown->secret, shown->xsrf})
            CHECK(end.err.find(secret) == std::string::npos);
    CHECK(end.err.find("Tje0") == std::string::npos);
}

TEST_CASE("a wrong password gets the form again, and a restart ends all sessions", "[e2e][session]") {
    const TemporaryFolder folder;
    Browser browser{};
    {
        ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
        browser = sign_in(server.port());
        const auto wrong =
            fetch(server.port(), "POST", "/session", {{"Content-Type", form_type}, {"Accept", "text/html"}},
                  "user=tje0&password=wrong");
        CHECK(wrong.status == 401);
        CHECK(wrong.body.find("User or password is wrong") != std::string::npos);
        CHECK(wrong.count("Set-Cookie") == 0);
        CHECK(server.terminate().exit_code == 0);
    }
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    browser.port = server.port();
    CHECK(browser.put(browser.xsrf) == 401);
}

TEST_CASE("users with a known address or a known browser sign in while their name is attacked, also after a "
          "restart",
          "[e2e][session][hostile]") {
    const TemporaryFolder folder;
    const ServerLaunch launch{.folder = folder.path(),
                              .arguments = server_arguments({"--demo", "--failures-per-name", "4"})};
    const auto sign_in_from = [](std::uint16_t port, const std::string& from, const std::string& password,
                                 const std::string& cookie) {
        RawConnection connection{port, "127.0.0.1", std::chrono::seconds{120}, from};
        RawFields fields{{"Content-Type", form_type}};
        if (!cookie.empty())
            fields.emplace_back("Cookie", "PORTRAIT_KNOWN=" + cookie);
        connection.send(request_text("POST", "/session", fields, "user=tje0&password=" + password));
        return connection.read_response();
    };
    std::string cookie;
    {
        ServerProcess server{launch};
        const auto signed_in = sign_in_from(server.port(), "127.0.0.5", "Tje0", {});
        REQUIRE(signed_in.status == 204);
        cookie = cookie_of(signed_in, "PORTRAIT_KNOWN");
        REQUIRE_FALSE(cookie.empty());
        CHECK(server.terminate().exit_code == 0);
    }
    namespace fs = std::filesystem;
    for (const auto* file : {"sign-in.key", "known-callers"})
        CHECK((fs::status(folder / "portrait-data" / file).permissions() & fs::perms::mask) ==
              (fs::perms::owner_read | fs::perms::owner_write));
    ServerProcess server{launch};
    const auto port = server.port();
    // Each wait is longer than the one before, so that one is reached on any machine.
    unsigned guesses = 0;
    while (sign_in_from(port, "127.1.0." + std::to_string(1 + guesses), std::to_string(guesses), {}).status !=
               429 &&
           guesses < 200)
        ++guesses;
    REQUIRE(guesses < 200);
    const auto forged = cookie.substr(0, cookie.size() - 1) + (cookie.back() == 'A' ? "E" : "A");
    CHECK(sign_in_from(port, "127.0.0.5", "Tje0", {}).status == 204);
    while (sign_in_from(port, "127.2.0." + std::to_string(1 + guesses), std::to_string(guesses), {}).status !=
               429 &&
           guesses < 200)
        ++guesses;
    CHECK(sign_in_from(port, "127.0.0.6", "wrong", cookie).status == 401);
    CHECK(sign_in_from(port, "127.0.0.6", "Tje0", cookie).status == 204);
    // A forged cookie is none: the name has to wait long before a cookie would (twenty attempts).
    unsigned forgeries = 0;
    while (sign_in_from(port, "127.3.0." + std::to_string(1 + forgeries), std::to_string(forgeries), forged)
                   .status != 429 &&
           forgeries < 19)
        ++forgeries;
    CHECK(forgeries < 19);
}

TEST_CASE("the operator's options for schemes, origins and application tokens apply", "[e2e][callers]") {
    const TemporaryFolder folder;
    std::ofstream{folder / "app-tokens"} << "# partners\npartner-one\n";
    ServerProcess server{
        {.folder = folder.path(),
         .arguments = server_arguments({"--demo", "--no-bearer", "--no-session", "--cors-origins",
                                        "https://a.example https://b.example", "--app-tokens", "app-tokens"}),
         .environment = {{"PORTRAIT_APP_TOKEN", "partner-two partner-three"}}}};
    const auto port = server.port();
    const auto none = fetch(port, "GET", image_path, {{"Origin", "https://b.example"}});
    CHECK(none.status == 401);
    CHECK(none.field("WWW-Authenticate") == "Basic realm=\"portrait\", charset=\"UTF-8\", SoTicket");
    CHECK(none.field("Access-Control-Allow-Origin") == "https://b.example");
    CHECK(fetch(port, "GET", "/session").status == 404);

    const auto preflight = fetch(port, "OPTIONS", image_path,
                                 {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "PUT"}});
    CHECK(preflight.status == 204);
    CHECK(preflight.field("Access-Control-Allow-Methods").find("PUT") != std::string::npos);
    CHECK(preflight.field("Access-Control-Allow-Credentials") == "true");

    const auto status_with = [&](const std::string& token) {
        return fetch(port, "GET", "/api/v1/Person/7/ImageInfo",
                     {{"Authorization", "Basic dGplMDpUamUw"}, {"SO-AppToken", token}})
            .status;
    };
    for (const auto* token : {"partner-one", "partner-two", "partner-three"})
        CHECK(status_with(token) == 200);
    CHECK(status_with("partner-four") == 403);
    const auto end = server.terminate();
    CHECK(end.err.find("partner-") == std::string::npos);
}

TEST_CASE("a page of another site changes no picture by the Basic credentials of its visitor's browser",
          "[e2e][callers][hostile]") {
    const TemporaryFolder folder;
    const RawFields basic{{"Authorization", basic_authorization("tje0", "Tje0")}};
    const std::string form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.png\"\r\n"
                             "Content-Type: image/png\r\n\r\n" +
                             picture() + "\r\n--b--\r\n";
    const auto posted = [&](std::uint16_t port, RawFields fields) {
        fields.insert(fields.end(), basic.begin(), basic.end());
        fields.emplace_back("Content-Type", "multipart/form-data; boundary=b");
        return fetch(port, "POST", image_path, fields, form).status;
    };
    {
        ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
        const auto port = server.port();
        const auto host = "127.0.0.1:" + std::to_string(port);
        CHECK(posted(port, {{"Host", host},
                            {"Origin", "https://evil.example"},
                            {"Sec-Fetch-Site", "cross-site"},
                            {"Sec-Fetch-Mode", "navigate"}}) == 403);
        CHECK(posted(port, {{"Host", host}, {"Sec-Fetch-Site", "cross-site"}}) == 403);
        // Nobody trusts this peer, so it can't name another host.
        CHECK(posted(port, {{"Host", host},
                            {"X-Forwarded-Host", "evil.example"},
                            {"Origin", "https://evil.example"}}) == 403);
        CHECK(fetch(port, "GET", image_path, basic).status == 404);
        CHECK(posted(port, {{"Host", host}, {"Origin", "http://" + host}}) == 200);
        CHECK(posted(port, {{"Host", host}}) == 200); // curl
    }
    {
        ServerProcess server{{.folder = folder.path(),
                              .arguments = server_arguments({"--demo", "--trusted-proxy", "127.0.0.1"})}};
        const auto port = server.port();
        const RawFields proxied{
            {"Host", "inside"}, {"X-Forwarded-Host", "pictures.example"}, {"X-Forwarded-Proto", "https"}};
        const auto from = [&](const std::string& origin) {
            auto fields = proxied;
            fields.emplace_back("Origin", origin);
            return posted(port, fields);
        };
        CHECK(from("https://pictures.example") == 200);
        CHECK(from("http://pictures.example") == 403);
        CHECK(from("https://inside") == 403);
    }
    ServerProcess server{
        {.folder = folder.path(),
         .arguments = server_arguments({"--demo", "--public-url", "https://Pictures.example:8443/"})}};
    const auto port = server.port();
    CHECK(posted(port, {{"Host", "inside"}, {"Origin", "https://pictures.example:8443"}}) == 200);
    CHECK(posted(port, {{"Host", "inside"}, {"Origin", "http://inside"}}) == 403);
    const auto signed_in = fetch(port, "POST", "/session", basic);
    CHECK(signed_in.status == 204);
    CHECK(signed_in.field("Set-Cookie").find("; Secure") != std::string::npos);
}

TEST_CASE("invalid options of authentication are refused at the start", "[e2e][callers]") {
    const TemporaryFolder folder;
    std::ofstream{folder / "empty"} << "# no users\n";
    struct Misuse {
        std::vector<std::string> arguments;
        std::string says;
    };
    const auto misuse = GENERATE(
        Misuse{{"--cors-origins", "app.example.com"}, "https://app.example.com"},
        Misuse{{"--cors-origins", "https://a.example/"}, "https://app.example.com"},
        Misuse{{"--public-url", "pictures.example.com"}, "https://pictures.example.com"},
        Misuse{{"--public-url", "https://a.example/x"}, "https://pictures.example.com"},
        Misuse{{"--session-idle", "0"}, "--session-idle"}, Misuse{{"--app-tokens", "nowhere"}, "nowhere"},
        Misuse{{"--app-tokens", "empty"}, "has no tokens"}, Misuse{{"--tokens", "nowhere"}, "nowhere"});
    CAPTURE(misuse.arguments);
    auto arguments = server_arguments({"--demo"});
    arguments.insert(arguments.end(), misuse.arguments.begin(), misuse.arguments.end());
    const auto end = run_server({.folder = folder.path(), .arguments = arguments});
    CHECK(end.exit_code == 2);
    CHECK(end.err.find(misuse.says) != std::string::npos);
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
}

} // namespace session_test
