#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"
#include "honest_clients.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <string>

namespace full_disk_test {

using namespace portrait::testing;

namespace {

std::string picture(std::uint32_t seed) {
    const auto bytes = make_jpeg_of_size(20'000, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

TEST_CASE("a server with a full disk answers 507, serves its pictures, and recovers when there is space",
          "[e2e][hostile][fault]") {
    const TemporaryFolder folder;
    ServerProcess server{
        {.folder = folder.path(), .arguments = server_arguments({"--demo", "--log-level", "warning"})}};
    const auto port = server.port();
    const auto before = picture(1);
    REQUIRE(put_image(port, 1, before).status == 200);

    std::string last = before;
    for (std::uint32_t round = 0; round < 3; ++round) {
        INFO("round " << round);
        server.allow_file_writes(false);
        const auto refused = put_image(port, 1, picture(100 + round));
        INFO(refused.body << server.err());
        CHECK(refused.status == 507);
        CHECK(refused.body.find("store.full") != std::string::npos);
        CHECK(put_image(port, 2, picture(200 + round)).status == 507);
        CHECK(fetch(port, "DELETE", image_path(1), as_demo_user()).status == 507);
        CHECK(get_image(port, 1).body == last);
        CHECK(get_image(port, 2).status == 404);
        CHECK(fetch(port, "GET", "/healthz").status == 200);

        server.allow_file_writes(true);
        last = picture(300 + round);
        CHECK(put_image(port, 1, last).status == 200);
        CHECK(get_image(port, 1).body == last);
        CHECK(fetch(port, "GET", "/readyz").status == 200);
    }

    const auto end = server.terminate();
    CHECK(end.signal == 0);
    CHECK(end.exit_code == 0);
    ServerProcess again{{.folder = folder.path(), .arguments = server_arguments()}};
    CHECK(get_image(again.port(), 1).body == last);
}

} // namespace full_disk_test
