#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace memory_test {

using namespace portrait::testing;

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t cache_bytes = 16 * mebibyte;
constexpr int pictures = PORTRAIT_MEMORY_PICTURES;
constexpr std::uint64_t picture_bytes = 5 * mebibyte;
constexpr int connections = 4;

const RawFields demo_user = as_demo_user({{"Content-Type", "image/jpeg"}});

} // namespace

// Builds with sanitizers don't check the memory, which would include the sanitizer's.
TEST_CASE("memory stays constant while gigabytes of pictures are stored", "[e2e][memory]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--demo", "--log-level", "warning", "--cache-bytes",
                                                         std::to_string(cache_bytes)})}};
    const auto port = server.port();
    std::atomic<int> next{0};
    std::atomic<int> errors{0};
    std::vector<std::thread> threads;
    for (int client = 0; client < connections; ++client) {
        threads.emplace_back([&] {
            try {
                RawConnection connection{port};
                for (int index = next++; index < pictures; index = next++) {
                    const auto bytes = make_jpeg_of_size(picture_bytes, static_cast<std::uint32_t>(index));
                    // Few persons, so that the pictures replace each other and need little disk.
                    const auto path = image_path(index % 40 + 1);
                    connection.send(request_text(
                        "PUT", path, demo_user, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
                    if (connection.read_response().status != 200)
                        ++errors;
                    connection.send(request_text("GET", path, demo_user));
                    if (connection.read_response().body.size() != picture_bytes)
                        ++errors;
                }
            } catch (const std::exception&) {
                ++errors;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    CHECK(errors == 0);
    if (!PORTRAIT_SANITIZED) {
        const auto in_flight = connections * 2 * picture_bytes; // the body of a PUT and the picture of a GET
        CHECK(server.peak_resident_bytes() / mebibyte < (64 * mebibyte + cache_bytes + in_flight) / mebibyte);
    }
    CHECK(server.terminate().exit_code == 0);
}

} // namespace memory_test
