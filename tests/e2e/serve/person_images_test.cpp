#include "e2e/demo_user.hpp"
#include "e2e/server_process.hpp"

#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/raw_http.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace person_images_test {

using namespace portrait::testing;

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t cache_bytes = 16 * mebibyte;
constexpr int persons_of_one_answer = PORTRAIT_MEMORY_PICTURES;

const std::string basic = "Basic dGplMDpUamUw";

std::string_view text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Returns the arguments of GetPersonImages.
std::string arguments_of(int persons, int width) {
    std::string ids;
    for (int person = 1; person <= persons; ++person)
        ids += (person == 1 ? "" : ",") + std::to_string(person);
    return "{\"PersonIds\":[" + ids + "],\"ScaledWidth\":" + std::to_string(width) + ",\"ScaledHeight\":0}";
}

/// Reads a chunked answer without keeping it; returns the number of its bytes and of occurrences of `mark`.
std::pair<std::uint64_t, int> read_through(std::uint16_t port, const std::string& request,
                                           std::string_view mark) {
    RawConnection connection{port};
    connection.send(request);
    std::uint64_t length = 0;
    int marks = 0;
    std::string text;
    while (!text.ends_with("\r\n0\r\n\r\n")) {
        const auto more = connection.read_some();
        if (more.empty())
            throw std::runtime_error("the answer ends early");
        length += more.size();
        text += more;
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + mark.size()))
            ++marks;
        // Keep the bytes in which a mark or the end may begin.
        text.erase(0, text.size() - std::min(text.size(), mark.size() - 1));
    }
    return {length, marks};
}

} // namespace

TEST_CASE("GetPersonImages of a thousand persons needs no more memory than one of a few", "[e2e][memory]") {
    const TemporaryFolder folder;
    ServerProcess server{{.folder = folder.path(),
                          .arguments = server_arguments({"--demo", "--log-level", "warning", "--cache-bytes",
                                                         std::to_string(cache_bytes), "--render-bytes",
                                                         std::to_string(32 * mebibyte)})}};
    const auto port = server.port();
    {
        RawConnection connection{port};
        for (int person = 1; person <= persons_of_one_answer; ++person) {
            const auto picture = make_png(300, 300, static_cast<std::uint32_t>(person));
            connection.send(request_text("PUT", image_path(person),
                                         {{"Authorization", basic}, {"Content-Type", "image/png"}},
                                         text_of(picture)));
            REQUIRE(connection.read_response().status == 200);
        }
    }
    const auto ask = [&](int persons, int width) {
        return read_through(port,
                            request_text("POST", "/api/v1/Agents/Person/GetPersonImages",
                                         {{"Authorization", basic},
                                          {"Content-Type", "application/json"},
                                          {"Accept", "application/json"}},
                                         arguments_of(persons, width)),
                            "\"ImageData\":\"iVBOR");
    };
    REQUIRE(ask(20, 200).second == 20);
    const auto few = server.peak_resident_bytes();
    const auto [length, pictures_there] = ask(persons_of_one_answer, 200);
    CHECK(pictures_there == persons_of_one_answer);
    CHECK(length > std::uint64_t{100'000} * persons_of_one_answer); // noise doesn't compress
    const auto many = server.peak_resident_bytes();
    WARN("GetPersonImages of " << persons_of_one_answer << ": " << length / mebibyte << " MiB sent, peak "
                               << many / mebibyte << " MiB resident, " << few / mebibyte
                               << " MiB after an answer of 20; the cache has " << cache_bytes / mebibyte);
    if (!PORTRAIT_SANITIZED)
        CHECK(many / mebibyte < (few + cache_bytes) / mebibyte + 16);
    CHECK(server.terminate().exit_code == 0);
}

} // namespace person_images_test
