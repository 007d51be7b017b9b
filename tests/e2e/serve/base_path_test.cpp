#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace base_path_test {

using namespace portrait::testing;

namespace {

std::string picture() {
    const auto bytes = make_png(3, 2);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

RawResponse get(std::uint16_t port, std::string_view target, const RawFields& more = {}) {
    return fetch(port, "GET", target, as_demo_user(more));
}

bool has(const RawResponse& response, std::string_view text) {
    return response.body.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("a base path serves everything but health and tenants below it", "[e2e][base_path]") {
    const TemporaryFolder folder;
    ServerLaunch launch{.folder = folder.path(), .arguments = server_arguments({"--demo", "--log-json"})};
    const std::string source = GENERATE("option", "variable", "file");
    CAPTURE(source);
    if (source == "option") {
        launch.arguments.insert(launch.arguments.end(), {"--base-path", "/Cust12345/"});
    } else if (source == "variable") {
        launch.environment["PORTRAIT_BASE_PATH"] = "/Cust12345";
    } else {
        std::ofstream{folder / "portrait.conf"} << "base-path = \"/Cust12345\"\n";
        launch.arguments.insert(launch.arguments.end(), {"--config", "portrait.conf"});
    }
    ServerProcess server{launch};
    const auto port = server.port();
    const auto path = image_path(7);
    CHECK(fetch(port, "PUT", "/Cust12345" + path, as_demo_user({{"Content-Type", "image/png"}}), picture())
              .status == 200);
    CHECK(get(port, "/cust12345" + path).body == picture());
    CHECK(get(port, path).status == 404);
    CHECK(get(port, "/healthz").status == 200);
    CHECK(get(port, "/Cust12345/healthz").status == 404);
    CHECK(has(get(port, "/api/state/Cust12345", {{"Host", "a.example"}}),
              R"("Endpoint":"http://a.example/Cust12345")"));
    CHECK(has(get(port, "/Cust12345/api", {{"Host", "a.example"}}), "http://a.example/Cust12345/api/v1"));
    const auto signed_in =
        fetch(port, "POST", "/Cust12345/session",
              {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "text/html"}},
              "user=tje0&password=Tje0");
    CHECK(signed_in.status == 303);
    CHECK(signed_in.field("Location") == "/Cust12345/session");
    CHECK(signed_in.field("Set-Cookie").find("; Path=/Cust12345;") != std::string::npos);
    CHECK(server.out().find("/Cust12345" + path) != std::string::npos); // its examples
    const auto end = server.terminate();
    CHECK(end.err.find(R"("route":"/api/v1/Person/{personId}/Image")") != std::string::npos);
}

TEST_CASE("links name a trusted proxy's host below the base path, and no Host of a stranger",
          "[e2e][base_path]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments(
                              {"--demo", "--base-path", "/crm/pictures", "--trusted-proxy", "127.0.0.1"})}};
    const auto port = server.port();
    const RawFields proxied{
        {"Host", "inside"}, {"X-Forwarded-Host", "a.example"}, {"X-Forwarded-Proto", "https"}};
    const auto versions = get(port, "/crm/pictures/api", proxied);
    CHECK(has(versions, R"("v1":"https://a.example/crm/pictures/api/v1")"));
    CHECK(versions.field("Cache-Control") == "private, no-cache");
    const auto document = get(port, "/crm/pictures/api/v1/openapi.json", proxied);
    CHECK(document.body.ends_with(R"("servers":[{"url":"https://a.example/crm/pictures"}]})"));
    const auto direct = get(port, "/crm/pictures/api", {{"Host", "evil.example"}});
    CHECK(has(direct, "http://evil.example/crm/pictures"));
    CHECK(direct.field("Cache-Control") == "no-store");
    // A page of the proxy's host may write.
    auto fields = proxied;
    fields.insert(fields.end(), {{"Origin", "https://a.example"}, {"Content-Type", "image/png"}});
    CHECK(fetch(port, "PUT", "/crm/pictures" + image_path(7), as_demo_user(fields), picture()).status == 200);
}

TEST_CASE("a base path that is none is refused at the start", "[e2e][base_path]") {
    const TemporaryFolder folder;
    const auto path = GENERATE(as<std::string>{}, "Cust12345", "//", "/a//b", "/a b", "/a/../b", "/a?b",
                               "https://a.example/x", "/{personId}");
    CAPTURE(path);
    const auto end =
        run_server({.folder = folder.path(), .arguments = server_arguments({"--demo", "--base-path", path})});
    CHECK(end.exit_code == 2);
    CHECK(end.err.find("'" + path + "' is not a path such as /Cust12345") != std::string::npos);
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
}

} // namespace base_path_test
