#include "probing.hpp"

#include "support/pictures.hpp"

#include <thread>

namespace probe_test {

using namespace portrait;
using namespace portrait::testing;

TEST_CASE("no bytes are refused as empty", "[probe]") {
    check_refused({"nothing", {}, errc::image_empty});
}

TEST_CASE("unknown bytes are refused as an unknown format", "[probe]") {
    for (const std::string_view bytes :
         {"x", "hello, world", "\xff\xd9\xff", "II*x", "MM*\0", "GIF90a", "\x88PNG"})
        check_refused({bytes, ByteWriter{}.text(bytes).take(), errc::image_unknown_format});
}

TEST_CASE("the beginning of a signature is a truncated picture", "[probe]") {
    using namespace std::string_view_literals;
    for (const auto signature :
         {"\x89PNG\r\n\x1a\n"sv, "\xff\xd8\xff"sv, "GIF87a"sv, "GIF89a"sv, "II*\0"sv, "MM\0*"sv})
        for (std::size_t size = 1; size <= signature.size(); ++size) {
            const auto header = probe(ByteWriter{}.text(signature.substr(0, size)).take());
            REQUIRE_FALSE(header);
            CHECK(header.error() == errc::image_truncated);
            CHECK(header.error().observed() == size);
            CHECK(header.error().limit().value_or(0) > size);
        }
}

TEST_CASE("bytes behind the head don't matter", "[probe]") {
    for (auto bytes : {make_png(), make_jpeg(), make_gif(), make_tiff()}) {
        const auto header = accepted(bytes);
        const auto more = make_png();
        bytes.insert(bytes.end(), more.begin(), more.end());
        CHECK(accepted(bytes) == header);
    }
}

TEST_CASE("generated pictures differ by seed and have their format and size", "[probe][support]") {
    for (const std::uint32_t seed : {0U, 1U, 77U}) {
        CHECK(accepted(make_png(31, 17, seed)).width == 31);
        CHECK(accepted(make_jpeg(31, 17, seed)).width == 31);
        CHECK(accepted(make_gif(31, 17, seed)).width == 31);
        CHECK(accepted(make_tiff(31, 17, true, seed)).width == 31);
        CHECK(make_png(3, 2, seed) != make_png(3, 2, seed + 1));
        CHECK(make_jpeg(8, 8, seed) != make_jpeg(8, 8, seed + 1));
        CHECK(make_gif(2, 2, seed) != make_gif(2, 2, seed + 1));
        CHECK(make_tiff(4, 3, false, seed) != make_tiff(4, 3, false, seed + 1));
        CHECK(make_jpeg_of_size(1000, seed) != make_jpeg_of_size(1000, seed + 1));
    }
    for (const std::size_t size : {400U, 65'000U, 65'900U, 131'400U, 1'000'001U}) {
        const auto bytes = make_jpeg_of_size(size);
        CHECK(bytes.size() == size);
        CHECK(accepted(bytes).width == 8);
    }
    // The segments' sizes are split so that the last one has room for its own header.
    for (std::size_t size = 2 * 65537; size < 2 * 65537 + 300; ++size)
        REQUIRE(probe(make_jpeg_of_size(size)));
}

TEST_CASE("threads may probe at the same time", "[probe]") {
    const std::vector<Bytes> pictures{make_png(5, 6), make_jpeg(5, 6), make_gif(5, 6), make_tiff(5, 6)};
    std::vector<int> right(4);
    std::vector<std::thread> threads;
    for (auto& count : right)
        threads.emplace_back([&] {
            for (std::size_t turn = 0; turn < 2000; ++turn) {
                const auto header = probe(pictures[turn % pictures.size()]);
                count += header && header->width == 5 && header->height == 6 ? 1 : 0;
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(right == std::vector<int>(4, 2000));
}

} // namespace probe_test
