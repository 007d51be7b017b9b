#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <charconv>
#include <string>
#include <vector>

namespace single_flight_test {

using namespace portrait::testing; // NOLINT(google-build-using-namespace)

namespace {

const RawFields demo_user{{"Authorization", "Basic dGplMDpUamUw"}};

std::uint64_t figure(std::uint16_t port, const std::string& name) {
    const auto text = fetch(port, "GET", "/metrics").body;
    const auto line = text.find("\n" + name + " ");
    REQUIRE(line != std::string::npos);
    std::uint64_t value = 0;
    const auto* const begin = text.data() + line + name.size() + 2;
    std::from_chars(begin, text.data() + text.size(), value);
    return value;
}

void put(std::uint16_t port, int person, const std::vector<std::byte>& picture) {
    auto fields = demo_user;
    fields.emplace_back("Content-Type", "image/jpeg");
    REQUIRE(fetch(port, "PUT", "/api/v1/Person/" + std::to_string(person) + "/Image", fields,
                  {reinterpret_cast<const char*>(picture.data()), picture.size()})
                .status == 200);
}

/// Sends concurrent requests of 100 clients, each on its own connection; returns the bodies.
std::vector<std::string> ask_at_once(std::uint16_t port, const std::string& target) {
    std::vector<RawConnection> connections;
    for (int client = 0; client < 100; ++client)
        connections.emplace_back(port);
    for (auto& connection : connections)
        connection.send(request_text("GET", target, demo_user));
    std::vector<std::string> bodies;
    for (auto& connection : connections) {
        auto answer = connection.read_response();
        REQUIRE(answer.status == 200);
        bodies.push_back(std::move(answer.body));
    }
    return bodies;
}

} // namespace

TEST_CASE("100 concurrent requests for an uncached rendition of 12 megapixels share one decoding",
          "[e2e][rendition]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    put(port, 1, make_jpeg(4000, 3000));
    REQUIRE(figure(port, "portrait_renderings_total") == 0);
    for (const int width : {180, 181, 182}) {
        const auto bodies = ask_at_once(port, "/api/v1/Person/1/Image?w=" + std::to_string(width));
        CHECK(bodies.front().size() > 100);
        for (const auto& body : bodies)
            CHECK(body == bodies.front());
        CHECK(figure(port, "portrait_renderings_total") == static_cast<std::uint64_t>(width - 179));
    }
    CHECK(figure(port, "portrait_renderings_failed_total") == 0);
    CHECK(server.terminate().exit_code == 0);
}

TEST_CASE("100 concurrent requests for an uncached placeholder share one drawing", "[e2e][rendition]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(), .arguments = server_arguments()}};
    const auto port = server.port();
    const auto bodies = ask_at_once(port, "/api/v1/Person/1/Image?ifBlank=SrNoPhotoWithBorder&w=1500&h=1500");
    for (const auto& body : bodies)
        CHECK(body == bodies.front());
    CHECK(figure(port, "portrait_renderings_total") == 1);
    CHECK(server.terminate().exit_code == 0);
}

} // namespace single_flight_test
