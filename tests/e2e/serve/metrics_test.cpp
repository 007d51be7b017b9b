#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <cstdint>
#include <string>

namespace metrics_test {

using namespace portrait::testing;

namespace {

const std::string picture_path = image_path(7);

unsigned put(std::uint16_t port) {
    const auto bytes = make_png(3, 2);
    return fetch(port, "PUT", picture_path, as_demo_user({{"Content-Type", "image/png"}}),
                 {reinterpret_cast<const char*>(bytes.data()), bytes.size()})
        .status;
}

} // namespace

TEST_CASE("/metrics has statistics of requests, cache and store, without authentication", "[e2e][metrics]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    REQUIRE(put(port) == 200);
    for (int again = 0; again < 3; ++again)
        CHECK(fetch(port, "GET", picture_path, as_demo_user()).status == 200);
    CHECK(fetch(port, "GET", picture_path).status == 401);
    const auto answer = fetch(port, "GET", "/metrics");
    REQUIRE(answer.status == 200);
    CHECK(answer.field("Content-Type").starts_with("text/plain; version=0.0.4"));
    for (const auto* line :
         {R"(portrait_requests_total{method="PUT",route="/api/v1/Person/{personId}/Image",status="200"} 1)",
          R"(portrait_requests_total{method="GET",route="/api/v1/Person/{personId}/Image",status="200"} 3)",
          R"(portrait_refusals_total{rule="authentication.failed"} 1)", "portrait_store_writes_total",
          "portrait_store_commit_seconds_count ", R"(portrait_store_batch_writes_bucket{le="1"} )",
          "portrait_store_batch_writes_sum ", "portrait_cache_hits_total 2", "portrait_connections ",
          "portrait_requests_in_flight 1", "portrait_store_writable 1",
          R"(portrait_request_duration_seconds_count{route="/api/v1/Person/{personId}/Image"} 5)"}) {
        CAPTURE(line, answer.body);
        CHECK(answer.body.find(line) != std::string::npos);
    }
}

TEST_CASE("health and metrics can have an address of their own", "[e2e][metrics]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(),
         .arguments = server_arguments({"--demo", "--operations-listen", "127.0.0.1:0", "--log-json"})}};
    const auto port = server.port();
    server.wait_for_err("serving health and metrics on http://127.0.0.1:");
    const auto log = server.err();
    const auto at = log.find("serving health and metrics on http://127.0.0.1:");
    const auto operations =
        static_cast<std::uint16_t>(std::stoi(log.substr(log.find("127.0.0.1:", at) + 10)));
    CHECK(fetch(port, "GET", "/metrics").status == 404);
    CHECK(fetch(port, "GET", "/healthz").status == 200);
    CHECK(fetch(operations, "GET", "/metrics").status == 200);
    CHECK(fetch(operations, "GET", "/readyz").status == 200);
    CHECK(fetch(operations, "GET", picture_path, as_demo_user()).status == 404);
    CHECK(fetch(operations, "GET", "/session").status == 404);
    CHECK(fetch(operations, "GET", "/api").status == 404);
    CHECK(server.terminate().exit_code == 0);

    ServerProcess without{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--no-metrics"})}};
    CHECK(fetch(without.port(), "GET", "/metrics").status == 404);
}

} // namespace metrics_test
