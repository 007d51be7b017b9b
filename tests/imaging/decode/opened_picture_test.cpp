#include "decode/decoding.hpp"

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

TEST_CASE("a PNG is decoded without its texts and with all other chunks") {
    const ImageBytes plain{make_png(20, 10)};
    CHECK_FALSE(without_texts(plain));
    CHECK_FALSE(without_texts(png_with("gAMA", "1234")));
    for (const auto* const name : {"tEXt", "zTXt", "iTXt"}) {
        INFO(name);
        const auto bare = without_texts(png_with(name, "Title"));
        REQUIRE(bare);
        CHECK(bare->text() == plain.text());
    }
    const auto bomb = without_texts(bytes_of(make_hostile_picture(HostilePicture::png_text_bomb)));
    REQUIRE(bomb);
    CHECK(bomb->size() < 200);
    CHECK(VipsRenderer{}.render(job_of(*bomb, {4, 4, {}, Fit::inside})));
}

TEST_CASE("texts are removed up to the end of a PNG's chunks") {
    const auto whole = png_with("tEXt", "Title");
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const auto part = ImageBytes::copy_of(whole.view().first(size));
        const auto bare = without_texts(part);
        CHECK(bare.has_value() == (size >= 8 + 12 + 13 + 12 + 5));
    }
}

TEST_CASE("a TIFF is decoded as though its first page were the only one") {
    for (const bool big_endian : {false, true})
        CHECK_FALSE(first_page_of(ImageBytes{make_tiff(20, 10, big_endian)}));
    const auto pages = bytes_of(make_hostile_picture(HostilePicture::tiff_many_pages));
    const auto job = job_of(pages, {{}, {}, ImageFormat::png, Fit::inside});
    const auto opened = open_head(job);
    CHECK(opened.bytes.size() == pages.size());
    CHECK(opened.head.get_int("n-pages") == 1);
    CHECK(VipsRenderer{}.render(job));
}

TEST_CASE("the end of a TIFF's first page is read only within the file") {
    auto bytes = make_tiff(4, 3);
    bytes[4] = std::byte{0xFF}; // the directory lies behind the end
    bytes[5] = std::byte{0xFF};
    CHECK_FALSE(first_page_of(ImageBytes{bytes}));
    const auto whole = make_tiff(4, 3, true);
    for (std::size_t size = 0; size <= whole.size(); ++size)
        CHECK_FALSE(first_page_of(ImageBytes::copy_of(std::span{whole}.first(size))));
}

} // namespace opened_picture_test
