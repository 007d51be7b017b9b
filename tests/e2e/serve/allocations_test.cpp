#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/shared_number.hpp"
#include "support/temporary_folder.hpp"

#include <cstdint>
#include <string>

namespace allocations_test {

using namespace portrait::testing;

// An allocation takes a twentieth of a microsecond and more, where a whole answer takes five to ten.
TEST_CASE("a picture in memory and a 304 take at most eight allocations", "[e2e]") {
    const TemporaryFolder folder;
    const auto counter_file = folder / "allocations";
    const SharedNumber allocations{counter_file};
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--demo", "--log-level", "warning"}),
                          .environment = {{"LD_PRELOAD", PORTRAIT_ALLOCATION_COUNTER},
                                          {"PORTRAIT_TEST_ALLOCATIONS", counter_file.string()}}}};
    const auto port = server.port();
    const auto bytes = make_jpeg_of_size(64 * 1024, 1);
    const std::string picture{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    REQUIRE(put_image(port, 1, picture).status == 200);
    RawConnection connection{port};
    const auto get = [&](const RawFields& fields) {
        connection.send(request_text("GET", image_path(1), as_demo_user(fields)));
        return connection.read_response();
    };
    const auto first = get({});
    REQUIRE(first.body == picture);

    const auto count_per_request = [&](const RawFields& fields, unsigned status) {
        constexpr int requests = 500;
        for (int warm_up = 0; warm_up < 20; ++warm_up)
            REQUIRE(get(fields).status == status);
        const auto before = allocations.get();
        for (int request = 0; request < requests; ++request)
            REQUIRE(get(fields).status == status);
        const auto count = static_cast<double>(allocations.get() - before) / requests;
        return count;
    };
    // What other threads allocate meanwhile is in the fraction.
    CHECK(count_per_request({}, 200) < 8.5);
    CHECK(count_per_request({{"If-None-Match", first.field("ETag")}}, 304) < 8.5);
    // With the fields of a browser.
    CHECK(count_per_request({{"If-None-Match", first.field("ETag")},
                             {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"},
                             {"Accept", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"},
                             {"Accept-Encoding", "gzip, deflate, br, zstd"},
                             {"Accept-Language", "nb-NO,nb;q=0.9,no;q=0.8,en;q=0.7"},
                             {"Sec-Fetch-Dest", "image"},
                             {"Sec-Fetch-Mode", "no-cors"},
                             {"Sec-Fetch-Site", "same-origin"}},
                            304) < 8.5);
    REQUIRE(server.terminate().exit_code == 0);
}

} // namespace allocations_test
