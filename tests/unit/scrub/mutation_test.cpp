#include "scrubbing.hpp"

#include <random>

namespace scrub_mutation_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

Bytes jpeg_with_metadata() {
    const auto jpeg = make_jpeg(16, 16, 3);
    const auto exif = make_exif(6);
    return ByteWriter{}
        .bytes(std::span{jpeg}.first(2))
        .be16(0xffe1)
        .be16(2 + 6 + exif.size())
        .text({"Exif\0\0", 6})
        .bytes(exif)
        .bytes(std::span{jpeg}.subspan(2))
        .text("trailer")
        .take();
}

Bytes png_with_metadata() {
    const auto png = make_png(5, 5);
    return ByteWriter{}
        .bytes(std::span{png}.first(33))
        .bytes(make_png_chunk("eXIf", make_exif(8)))
        .bytes(make_png_chunk("tEXt", bytes_of("Comment, no end")))
        .bytes(std::span{png}.subspan(33))
        .take();
}

/// Checks that accepted bytes keep their head and have nothing left to remove; returns whether they were
/// accepted.
bool check_sound(const Bytes& bytes) {
    // An allocation of the exact size, so that AddressSanitizer detects reads past the end.
    const auto result = scrub(ImageBytes::copy_of(bytes));
    if (!result)
        return false;
    const auto again = scrub(result->bytes);
    REQUIRE(again.has_value());
    REQUIRE(again->receipt.removed == Removed{});
    REQUIRE(probe(result->bytes).value() == probe(bytes).value());
    return true;
}

} // namespace

TEST_CASE("damaged pictures are scrubbed whole or refused", "[scrub][mutation]") {
    std::mt19937 random{20261124};
    for (const auto& picture :
         {jpeg_with_metadata(), png_with_metadata(), make_gif(7, 5), make_tiff(20, 12)}) {
        int cut_off = 0;
        int damaged = 0;
        for (std::size_t size = 0; size < picture.size(); ++size)
            cut_off += check_sound({picture.begin(), picture.begin() + static_cast<std::ptrdiff_t>(size)});
        for (int round = 0; round < 3000; ++round) {
            auto changed = picture;
            for (auto times = 1 + random() % 4; times > 0; --times)
                changed[random() % changed.size()] = static_cast<std::byte>(random() & 0xffU);
            damaged += check_sound(changed);
        }
        // Both outcomes occur.
        CHECK(cut_off > 10);
        CHECK(damaged > 1000);
        CHECK(damaged < 3000);
    }
}

} // namespace scrub_mutation_test
