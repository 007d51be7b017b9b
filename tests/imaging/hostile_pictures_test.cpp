#include "rendering.hpp"

#include "support/pictures.hpp"

#include <random>

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;

namespace {

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

/// Renders what `probe` lets through; a failure has to be one that the picture is to blame for.
void render_if_probed(const VipsRenderer& renderer, std::vector<std::byte> bytes) {
    const auto header = probe(bytes);
    if (!header)
        return;
    const auto made =
        renderer.render({ImageBytes{std::move(bytes)}, *header, {16, 16, ImageFormat::png, Fit::inside}, {}});
    if (made)
        REQUIRE(probe(made->bytes));
    else
        REQUIRE(made.error() == failure::bad_input);
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
    const auto made = VipsRenderer{}.render(
        job_of(bytes_of(make_png_claiming(30'000, 30'000)), {180, {}, {}, Fit::inside}));
    REQUIRE_FALSE(made);
    CHECK(made.error() == errc::rendition_too_costly);
}

TEST_CASE("a picture cut off at every 64th is rendered or refused") {
    const VipsRenderer renderer;
    for (const auto& picture : small_pictures())
        for (std::size_t part = 0; part <= 64; ++part) {
            INFO(media_type(probe(picture)->format) << " cut off at " << part << "/64");
            render_if_probed(renderer, {picture.begin(), picture.begin() + static_cast<std::ptrdiff_t>(
                                                                               picture.size() * part / 64)});
        }
}

TEST_CASE("pictures with flipped bits are rendered or refused") {
    const VipsRenderer renderer;
    const auto* const variants = std::getenv("PORTRAIT_HOSTILE_VARIANTS"); // of each picture
    const auto count = variants != nullptr ? std::strtoul(variants, nullptr, 10) : 60;
    std::mt19937 random{20'261'124};
    for (const auto& picture : small_pictures())
        for (unsigned long variant = 0; variant < count; ++variant) {
            auto bytes = picture;
            for (unsigned flips = random() % 4 + 1; flips != 0; --flips)
                bytes[random() % bytes.size()] ^= std::byte{1} << (random() % 8);
            INFO(media_type(probe(picture)->format) << " variant " << variant);
            render_if_probed(renderer, std::move(bytes));
        }
}
