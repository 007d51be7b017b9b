#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/fake_upload_converter.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <future>
#include <map>
#include <numeric>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The bundled server's page for browsers.
namespace page_test {

using namespace portrait::testing;

namespace {

const RawFields navigation{
    {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}};

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// The groups of all matches.
std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
    std::set<std::string> found;
    for (std::sregex_iterator match{text.begin(), text.end(), pattern}, end; match != end; ++match)
        found.insert((*match)[1]);
    return found;
}

/// The path of a reference in a file of the page.
std::string resolved(const std::string& root, std::string reference) {
    if (reference.starts_with("./"))
        reference.erase(0, 2);
    return reference.starts_with("../") ? root + reference.substr(2) : root + "/ui/" + reference;
}

/// The page and each file that it or its modules refer to, by path. `root` is the base path.
std::map<std::string, RawResponse> page_files(std::uint16_t port, const std::string& root = {}) {
    const std::regex loaded{R"re(<(?:link|script)\b[^>]*\b(?:href|src)="([^"]+)")re"};
    const std::regex imported{R"re(\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"])re"};
    std::map<std::string, RawResponse> files;
    std::vector<std::string> waiting{root + "/ui/"};
    while (!waiting.empty()) {
        const auto path = std::move(waiting.back());
        waiting.pop_back();
        if (files.contains(path))
            continue;
        const auto& file = files.emplace(path, fetch(port, "GET", path)).first->second;
        const auto& pattern = path.ends_with('/') ? loaded : imported;
        if (path.ends_with('/') || path.ends_with(".js"))
            for (const auto& reference : matches(file.body, pattern))
                waiting.push_back(resolved(root, reference));
    }
    return files;
}

std::string type_of(std::string_view path) {
    return path.ends_with(".js")    ? "text/javascript; charset=utf-8"
           : path.ends_with(".css") ? "text/css; charset=utf-8"
           : path.ends_with(".ico") ? "image/svg+xml"
                                    : "text/html; charset=utf-8";
}

} // namespace

TEST_CASE("the root leads a browser to the page, and is 404 for other clients", "[e2e][page]") {
    const TemporaryFolder folder;
    const auto root = GENERATE(as<std::string>{}, "", "/Cust12345");
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--base-path", root + "/"})}};
    const auto port = server.port();
    CHECK(has(server.out(), "Open http://127.0.0.1:" + std::to_string(port) + root + "/ in a browser"));
    auto paths = std::vector<std::string>{root + "/", root + "/?a=b", root + "/ui", root + "/ui?a=/"};
    if (!root.empty())
        paths.push_back(root);
    for (const auto& path : paths) {
        CAPTURE(path);
        for (const auto* method : {"GET", "HEAD"}) {
            RawConnection connection{port};
            connection.send(request_text(method, path, navigation));
            const auto response = connection.read_response(true);
            CHECK(response.status == 303);
            CHECK(response.field("Location") == root + "/ui/");
        }
    }
    CHECK(fetch(port, "GET", root + "/", navigation).field("Vary") == "Accept");
    for (const RawFields& fields : {RawFields{},
                                    {{"Accept", "*/*"}},
                                    {{"Accept", "application/json"}},
                                    {{"Accept", "text/html;q=0, */*"}},
                                    {{"Accept", "application/json, text/html"}}}) {
        const auto response = fetch(port, "GET", root + "/", fields);
        CHECK(response.status == 404);
        CHECK(response.field("Content-Type") == "application/json; charset=utf-8");
        CHECK(response.field("Vary") == "Accept");
        CHECK(has(response.body, R"("Rule":"request.unknown_path")"));
    }
    CHECK(fetch(port, "POST", root + "/", navigation).status == 405);
    if (!root.empty())
        for (const auto* path : {"/", "/ui/", "/favicon.ico", "/robots.txt"})
            CHECK(fetch(port, "GET", path, navigation).status == 404);
}

TEST_CASE("every file of the page is served, and revalidated by its tag", "[e2e][page]") {
    const TemporaryFolder folder;
    const auto root = GENERATE(as<std::string>{}, "", "/a/b");
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--base-path", root + "/"})}};
    const auto port = server.port();
    const auto files = page_files(port, root);
    std::set<std::string> tags;
    std::set<std::string> types;
    for (const auto& [path, file] : files) {
        CAPTURE(path);
        CHECK(file.status == 200);
        CHECK(file.field("Content-Type") == type_of(path));
        CHECK_FALSE(file.body.empty());
        CHECK(file.field("Cache-Control") == "no-cache");
        CHECK(file.field("X-Content-Type-Options") == "nosniff");
        const auto policy = file.field("Content-Security-Policy");
        CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "));
        CHECK_FALSE(has(policy, "unsafe"));
        const auto tag = file.field("ETag");
        tags.insert(tag);
        types.insert(type_of(path));
        for (const auto& known : {tag, "W/" + tag, "\"x\", " + tag}) {
            const auto same = fetch(port, "GET", path, {{"If-None-Match", known}});
            CHECK(same.status == 304);
            CHECK(same.field("ETag") == tag);
            CHECK(same.field("Cache-Control") == "no-cache");
            CHECK(same.body.empty());
        }
        CHECK(fetch(port, "GET", path, {{"If-None-Match", "\"x\""}}).body == file.body);
        RawConnection connection{port};
        connection.send(request_text("HEAD", path));
        CHECK(connection.read_response(true).field("Content-Length") == std::to_string(file.body.size()));
        CHECK(fetch(port, "PUT", path, as_demo_user(), "x").status == 405);
    }
    CHECK(tags.size() == files.size());
    CHECK(std::accumulate(files.begin(), files.end(), std::size_t{0}, [](std::size_t sum, const auto& file) {
              return sum + file.second.body.size();
          }) < 48 * 1024);
    CHECK(types.size() == 4);
    // The policy forbids scripts and styles inside the page.
    const auto& page = files.at(root + "/ui/").body;
    CHECK(matches(page, std::regex{R"re((<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=))re"}).empty());
    const auto robots = fetch(port, "GET", root + "/robots.txt");
    CHECK(robots.field("Content-Type") == "text/plain; charset=utf-8");
    CHECK(robots.body == "User-agent: *\nDisallow: /\n");
    CHECK(fetch(port, "GET", root + "/ui/nothing.js").status == 404);
}

TEST_CASE("the page's files have the same tags after a restart", "[e2e][page]") {
    const TemporaryFolder folder;
    const auto tag = [&] {
        ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
        return fetch(server.port(), "GET", "/ui/").field("ETag");
    };
    const auto first = tag();
    CHECK(first.size() > 2);
    CHECK(tag() == first);
}

TEST_CASE("the option --no-ui serves no page", "[e2e][page]") {
    const TemporaryFolder folder;
    std::set<std::string> paths{"/", "/ui", "/robots.txt"};
    {
        ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
        for (const auto& [path, file] : page_files(server.port()))
            paths.insert(path);
    }
    ServerLaunch launch{.folder = folder.path(), .arguments = server_arguments()};
    if (GENERATE(false, true))
        launch.arguments.emplace_back("--no-ui");
    else
        launch.environment["PORTRAIT_NO_UI"] = "true";
    ServerProcess server{launch};
    const auto port = server.port();
    CHECK_FALSE(has(server.out(), "browser"));
    for (const auto& path : paths) {
        CAPTURE(path);
        CHECK(fetch(port, "GET", path, navigation).status == 404);
        CHECK(fetch(port, "GET", path, as_demo_user()).status == 404);
    }
    CHECK(fetch(port, "POST", "/ui/preview", as_demo_user(), "x").status == 404);
    CHECK(fetch(port, "GET", "/session", navigation).status == 200);
}

#ifdef PORTRAIT_TEST_RENDERS

namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

RawResponse preview(std::uint16_t port, std::string_view body, const RawFields& fields = as_demo_user()) {
    return fetch(port, "POST", "/ui/preview", fields, body);
}

std::uint32_t number_at(std::string_view text, std::size_t at) {
    std::uint32_t number = 0;
    for (const char byte : text.substr(at, 4))
        number = number << 8U | static_cast<unsigned char>(byte);
    return number;
}

} // namespace

TEST_CASE("a preview of a picture is a small PNG, and stores nothing", "[e2e][page]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    struct Case {
        std::vector<std::byte> picture;
        std::uint32_t width;
        std::uint32_t height;
    };
    for (const auto& [picture, width, height] :
         {Case{make_tiff(2048, 1024), 1024, 512}, Case{make_tiff(400, 4096, true), 100, 1024},
          Case{make_tiff(4, 3), 4, 3}, Case{make_jpeg(1100, 1100), 1024, 1024}, Case{make_gif(9, 7), 9, 7}}) {
        CAPTURE(width, height);
        const auto response = preview(port, text_of(picture));
        CHECK(response.status == 200);
        CHECK(response.field("Content-Type") == "image/png");
        CHECK(response.field("Cache-Control") == "no-store");
        CHECK(response.field("X-Content-Type-Options") == "nosniff");
        CHECK(response.field("Content-Security-Policy") == "default-src 'none'");
        CHECK(response.body.starts_with("\x89PNG\r\n"));
        CHECK(number_at(response.body, 16) == width);
        CHECK(number_at(response.body, 20) == height);
    }
    CHECK(has(fetch(port, "GET", "/api/v1/portrait/persons?hasImage=true", as_demo_user()).body,
              R"("Items":[])"));
}

TEST_CASE("a preview is refused as the upload would be", "[e2e][page][hostile]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    const RawFields fields = as_demo_user({{"Content-Type", "image/jpeg"}, {"X-Request-Id", "same"}});
    auto cut = text_of(make_png());
    cut.resize(20);
    for (const auto& body : std::vector<std::string>{"a text", "", cut, text_of(make_webp_head()),
                                                     text_of(make_png_claiming(60'000, 60'000))}) {
        CAPTURE(body.size());
        const auto upload = fetch(port, "PUT", image_path(7), fields, body);
        const auto refused = preview(port, body, fields);
        CHECK(upload.status >= 400);
        CHECK(refused.status == upload.status);
        CHECK(refused.body == upload.body);
    }
    // The most that is accepted, and one byte more.
    auto of_length = [&](std::string_view length) {
        auto too_long = fields;
        too_long.emplace_back("Content-Length", length);
        return too_long;
    };
    const auto refused = preview(port, {}, of_length("10485761"));
    CHECK(refused.status == 413);
    CHECK(refused.body == fetch(port, "PUT", image_path(7), of_length("10485761")).body);
    CHECK(preview(port, text_of(make_jpeg_of_size(10'485'760)), fields).status == 200);
    // More pixels than are decoded; the server goes on.
    CHECK(preview(port, text_of(make_png_claiming(9'990, 9'990)), fields).status == 422);
    CHECK(preview(port, text_of(make_png()), fields).status == 200);
}

TEST_CASE("previews beyond the first few are told to come back, and leave places for later ones",
          "[e2e][page][hostile]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    const auto picture = text_of(make_tiff(2000, 2000));
    std::vector<std::future<RawResponse>> responses;
    for (int client = 0; client < 16; ++client)
        responses.push_back(std::async(std::launch::async, [&] { return preview(port, picture); }));
    bool is_any_made = false;
    for (auto& response : responses) {
        const auto answer = response.get();
        is_any_made |= answer.status == 200;
        if (answer.status != 200) {
            CHECK(answer.status == 503);
            CHECK(has(answer.body, R"("Rule":"service.busy")"));
            CHECK(answer.find("Retry-After") != nullptr);
        }
    }
    CHECK(is_any_made);
    CHECK(preview(port, picture).status == 200);
}

TEST_CASE("a preview needs a caller who may write", "[e2e][page][hostile]") {
    const TemporaryFolder folder;
    REQUIRE(run_server({.folder = folder.path(),
                        .arguments = {"users", "add", "lars", "--read-only", "--users", "users"},
                        .input = "looks only\n"})
                .exit_code == 0);
    REQUIRE(run_server({.folder = folder.path(),
                        .arguments = {"users", "add", "anna", "--users", "users"},
                        .input = "may write\n"})
                .exit_code == 0);
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--users", "users", "--allow-any-person"})}};
    const auto port = server.port();
    const auto picture = text_of(make_tiff());
    const auto as = [](const std::string& user, const std::string& password) {
        return std::pair<std::string, std::string>{"Authorization", basic_authorization(user, password)};
    };
    CHECK(preview(port, picture, {as("anna", "may write")}).status == 200);
    CHECK(preview(port, picture, {as("lars", "looks only")}).status == 403);
    CHECK(preview(port, picture, {as("lars", "wrong")}).status == 401);
    CHECK(preview(port, picture, {}).status == 401);
    const auto of_script = preview(port, picture, {{"X-XSRF-TOKEN", "x"}});
    CHECK(of_script.status == 401);
    CHECK_FALSE(has(of_script.field("WWW-Authenticate"), "Basic"));
    CHECK(preview(port, picture, {as("anna", "may write"), {"Origin", "https://evil.example"}}).status ==
          403);
    CHECK(fetch(port, "GET", "/ui/preview", {as("anna", "may write")}).status == 405);
}

#endif

} // namespace page_test
