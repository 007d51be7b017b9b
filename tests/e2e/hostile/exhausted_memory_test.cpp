#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/places.hpp"
#include "support/shared_number.hpp"
#include "support/temporary_folder.hpp"

#include <chrono>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace exhausted_memory_test {

using namespace portrait::testing; // NOLINT(google-build-using-namespace)

namespace {

constexpr int last_allocation = 840; // more than the two requests make
constexpr int stride = 7;

std::string picture(std::uint32_t seed) {
    const auto bytes = make_jpeg(64, 64, seed);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The status of an answer; 0 when the connection ended without one.
template<class Request>
unsigned status_of(const Request& request) {
    try {
        return request().status;
    } catch (const std::runtime_error&) {
        return 0;
    }
}

/// Repeats a PUT while the store checks itself.
bool is_stored_soon(std::uint16_t port, std::string_view bytes) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (std::chrono::steady_clock::now() < until) {
        if (status_of([&] { return put_image(port, 1, bytes); }) == 200)
            return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return false;
}

} // namespace

TEST_CASE("a server whose memory runs out once lives on with whole pictures", "[hostile][memory]") {
    if (PORTRAIT_SANITIZED)
        return; // a sanitizer has a malloc of its own
    const TemporaryFolder folder;
    SharedNumber countdown{folder / "countdown"}; // of failing_malloc.cpp; 0: nothing fails
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments(),
                          .environment = {{"LD_PRELOAD", built_program("libportrait_failing_malloc.so")},
                                          {"FAILING_MALLOC", folder / "countdown"}}}};
    const auto port = server.port();
    std::set<std::string> possible{picture(0)};
    REQUIRE(put_image(port, 1, picture(0)).status == 200);
    int answered = 0;
    int refused = 0;
    const int step = std::getenv("PORTRAIT_EVERY_ALLOCATION") != nullptr ? 1 : stride;
    for (int nth = step; nth <= last_allocation; nth += step) {
        CAPTURE(nth);
        const auto sent = picture(static_cast<std::uint32_t>(nth));
        countdown.set(nth);
        const auto put = status_of([&] { return put_image(port, 1, sent); });
        const auto got = status_of([&] { return get_image(port, 1); });
        countdown.set(0);
        (put == 200 && got == 200 ? answered : refused)++;
        CHECK((put == 200 || put == 500 || put == 503 || put == 0));
        CHECK((got == 200 || got == 500 || got == 503 || got == 0));
        const auto now = get_image(port, 1);
        REQUIRE(now.status == 200);
        if (put == 200)
            possible.clear();
        possible.insert(sent); // after no answer it may be stored at any later time
        CHECK(possible.contains(now.body));
    }
    CHECK(refused > 0);
    CHECK(answered > 0); // the later ones have fewer allocations than that
    const auto stored = picture(1000);
    CHECK(is_stored_soon(port, stored));
    CHECK(server.terminate().exit_code == 0);
    ServerProcess again{{.folder = folder.path(), .arguments = server_arguments()}};
    CHECK(get_image(again.port(), 1).body == stored);
}

} // namespace exhausted_memory_test
