#include "decode/decoding.hpp"
#include "decode/png_picture.hpp"

#include "imaging/render/rendering.hpp"

#include "support/pictures.hpp"

#include <portrait/testing/hostile_pictures.hpp>

namespace opened_picture_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;

namespace {

/// A PNG with that chunk before its pixels.
ImageBytes png_with(std::string_view name, std::string_view content) {
    auto bytes = make_png(20, 10);
    const auto chunk = make_png_chunk(name, std::as_bytes(std::span{content}));
    constexpr std::ptrdiff_t behind_head = 8 + 12 + 13;
    bytes.insert(bytes.begin() + behind_head, chunk.begin(), chunk.end());
    return ImageBytes{std::move(bytes)};
}

} // namespace

TEST_CASE("a PNG is decoded without its texts and its colour chunks") {
    const ImageBytes plain{make_png(20, 10)};
    CHECK_FALSE(without_side_chunks(plain));
    CHECK_FALSE(without_side_chunks(png_with("bKGD", "1234")));
    CHECK_FALSE(without_side_chunks(png_with("tRNS", "1234")));
    for (const auto* const name : {"tEXt", "zTXt", "iTXt", "iCCP", "sRGB", "gAMA", "cHRM"}) {
        INFO(name);
        const auto bare = without_side_chunks(png_with(name, "Title"));
        REQUIRE(bare);
        CHECK(bare->text() == plain.text());
    }
    const auto bomb = without_side_chunks(bytes_of(make_hostile_picture(HostilePicture::png_text_bomb)));
    REQUIRE(bomb);
    CHECK(bomb->size() < 200);
    CHECK(VipsRenderer{}.render(job_of(*bomb, {4, 4, {}, Fit::inside})));
}

TEST_CASE("texts are removed up to the end of a PNG's chunks") {
    const auto whole = png_with("tEXt", "Title");
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const auto part = ImageBytes::copy_of(whole.view().first(size));
        const auto bare = without_side_chunks(part);
        CHECK(bare.has_value() == (size >= 8 + 12 + 13 + 12 + 5));
    }
}

TEST_CASE("a TIFF of many pages is opened as its first page alone") {
    const auto pages = bytes_of(make_hostile_picture(HostilePicture::tiff_many_pages));
    const auto job = job_of(pages, {{}, {}, ImageFormat::png, Fit::inside});
    CHECK(open_head(job).frames == 1);
    CHECK(VipsRenderer{}.render(job));
}

TEST_CASE("a TIFF whose directory libtiff can't read isn't rendered") {
    auto bytes = make_tiff(4, 3);
    const auto job = job_of(ImageBytes{bytes}, {{}, {}, ImageFormat::png, Fit::inside});
    bytes[4] = std::byte{0xFF}; // the directory lies behind the end
    bytes[5] = std::byte{0xFF};
    const auto rendered =
        VipsRenderer{}.render({ImageBytes{std::move(bytes)}, job.header, job.rendition, {}, {}});
    REQUIRE_FALSE(rendered);
    CHECK(rendered.error() == errc::image_corrupt);
}

} // namespace opened_picture_test
