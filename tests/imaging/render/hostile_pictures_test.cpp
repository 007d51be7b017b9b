#include "rendering.hpp"

#include "support/pictures.hpp"

#include <portrait/testing/hostile_pictures.hpp>

#include <cstdlib>

namespace hostile_pictures_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

/// A GIF of that many frames of one pixel.
ImageBytes gif_of_frames(std::size_t frames) {
    auto gif = make_gif(1, 1);
    const auto colours = 2 << (std::to_integer<int>(gif.at(10)) & 7);
    const auto separator = gif.begin() + 13 + 3 * colours;
    const std::vector<std::byte> frame{separator, gif.end() - 1};
    std::vector<std::byte> bytes{gif.begin(), separator};
    for (; frames != 0; --frames)
        bytes.insert(bytes.end(), frame.begin(), frame.end());
    bytes.push_back(std::byte{0x3B});
    return ImageBytes{std::move(bytes)};
}

std::vector<std::vector<std::byte>> small_pictures() {
    return {make_png(60, 40), make_jpeg(64, 48), make_gif(50, 30), make_tiff(40, 30),
            make_tiff(40, 30, true)};
}

/// The number of pictures by outcome, by which a test detects that damage stops all of them at the head.
struct Outcomes {
    int refused_by_head = 0;
    int refused_by_renderer = 0;
    int rendered = 0;
};

/// Renders what `probe` accepts; a failure has to be the picture's fault.
void render_if_probed(const VipsRenderer& renderer, std::vector<std::byte> bytes, Outcomes& outcomes) {
    const auto header = probe(bytes);
    if (!header) {
        ++outcomes.refused_by_head;
        return;
    }
    const auto made =
        renderer.render({ImageBytes{std::move(bytes)}, *header, {16, 16, ImageFormat::png, Fit::inside}, {}});
    if (made) {
        ++outcomes.rendered;
        REQUIRE(probe(made->bytes));
    } else {
        ++outcomes.refused_by_renderer;
        REQUIRE(made.error() == failure::bad_input);
    }
}

} // namespace

TEST_CASE("an animation of too many frames is refused as one, and its first frame is shown") {
    const VipsRenderer renderer{{.max_frames = 100}};
    const auto refused = renderer.render(job_of(gif_of_frames(101), {1, 1, ImageFormat::gif, Fit::inside}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == errc::image_too_many_frames);
    CHECK(refused.error().observed() == 101);
    CHECK(refused.error().limit() == 100);
    CHECK(renderer.render(job_of(gif_of_frames(100), {1, 1, ImageFormat::gif, Fit::inside})));
    CHECK(renderer.render(job_of(gif_of_frames(10'000), {1, 1, ImageFormat::png, Fit::inside})));
}

TEST_CASE("a PNG that claims 30,000 by 30,000 pixels is refused by its head") {
    for (const auto picture : {HostilePicture::png_claim, HostilePicture::png_bomb}) {
        INFO(name_of(picture));
        const auto made = VipsRenderer{}.render(
            job_of(bytes_of(make_hostile_picture(picture)), {180, {}, {}, Fit::inside}));
        REQUIRE_FALSE(made);
        CHECK(made.error() == errc::rendition_too_costly);
    }
}

TEST_CASE("every hostile picture is small, and is rendered or refused in every type") {
    const VipsRenderer renderer;
    Outcomes outcomes;
    for (const auto picture : all_hostile_pictures) {
        const auto bytes = bytes_of(make_hostile_picture(picture));
        INFO(name_of(picture) << ", " << bytes.size() << " bytes");
        CHECK(bytes.size() <= 9 * mebibyte);
        const auto header = probe(bytes);
        if (!header) {
            ++outcomes.refused_by_head;
            CHECK(header.error() == failure::bad_input);
            continue;
        }
        for (const auto format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::gif}) {
            const auto made = renderer.render({bytes, *header, {16, 16, format, Fit::inside}, {}});
            if (made) {
                ++outcomes.rendered;
                CHECK(probe(made->bytes));
            } else {
                ++outcomes.refused_by_renderer;
                CHECK(made.error() == failure::bad_input);
            }
        }
    }
    CHECK(outcomes.refused_by_head > 0);
    CHECK(outcomes.refused_by_renderer > 10);
    CHECK(outcomes.rendered > 20);
}

TEST_CASE("the bombs are whole pictures that a renderer without limits decodes") {
    const auto picture = GENERATE(HostilePicture::png_bomb_in_limits, HostilePicture::gif_bomb,
                                  HostilePicture::tiff_overlapping_strips, HostilePicture::tiff_lzw_bomb,
                                  HostilePicture::tiff_deflate_bomb);
    INFO(name_of(picture));
    const VipsRenderer renderer{
        {.max_decoded_bytes = std::uint64_t{1} << 40, .time_limit = std::chrono::minutes{5}}};
    const auto made = renderer.render(
        job_of(bytes_of(make_hostile_picture(picture)), {40, {}, ImageFormat::png, Fit::inside}));
    INFO((made ? std::string{} : made.error().message() + " " + made.error().cause()));
    REQUIRE(made);
    CHECK(made->width == 40);
    const auto bounded = VipsRenderer{{.max_decoded_bytes = 1U << 20}}.render(
        job_of(bytes_of(make_hostile_picture(picture)), {40, {}, ImageFormat::png, Fit::inside}));
    REQUIRE_FALSE(bounded);
    CHECK(bounded.error() == errc::rendition_too_costly);
}

TEST_CASE("a JPEG of more scans than are allowed is refused") {
    const auto made = VipsRenderer{}.render(
        job_of(bytes_of(make_hostile_picture(HostilePicture::jpeg_many_scans)), {180, {}, {}, Fit::inside}));
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::rendition_too_costly);
    CHECK(made.error().observed() == 10'000);
    CHECK(made.error().limit() == 100);
}

TEST_CASE("a picture cut off at every 64th is refused by its head or rendered as far as it goes") {
    const VipsRenderer renderer;
    Outcomes outcomes;
    for (const auto& picture : small_pictures())
        for (unsigned part = 0; part <= 64; ++part) {
            INFO(media_type(probe(picture)->format) << " cut off at " << part << "/64");
            render_if_probed(renderer, make_cut_off(picture, part), outcomes);
        }
    CHECK(outcomes.refused_by_head > 40);
    CHECK(outcomes.refused_by_renderer == 0);
    CHECK(outcomes.rendered > 140);
}

TEST_CASE("pictures with flipped bits are rendered or refused") {
    const VipsRenderer renderer;
    const auto* const variants = std::getenv("PORTRAIT_HOSTILE_VARIANTS"); // of each picture
    const auto count = variants != nullptr ? std::strtoul(variants, nullptr, 10) : 60;
    Outcomes outcomes;
    for (const auto& picture : small_pictures())
        for (std::uint32_t variant = 0; variant < count; ++variant) {
            INFO(media_type(probe(picture)->format) << " variant " << variant);
            render_if_probed(renderer, make_damaged(picture, variant), outcomes);
        }
    CHECK(outcomes.refused_by_head > 15);
    CHECK(outcomes.refused_by_renderer > 15);
    CHECK(outcomes.rendered > 150);
}

} // namespace hostile_pictures_test
