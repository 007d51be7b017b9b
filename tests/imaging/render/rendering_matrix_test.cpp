#include "rendering.hpp"

#include "support/places.hpp"
#include "support/temporary_folder.hpp"

#include <vips/vips8>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <future>
#include <map>

namespace rendering_matrix_test {

using namespace portrait;
using namespace portrait::imaging;
using namespace portrait::testing;

namespace {

/// The accepted mean difference from ImageMagick's samples, which are 0 to 255.
constexpr double allowed_of_png = 3.0;
constexpr double allowed_of_jpeg = 5.0;
constexpr double allowed_of_gif = 7.0;
/// The factor for pictures of hard edges alone, at which the two filters ring differently.
constexpr double allowance_of_hard_edges = 2.0;

/// ImageMagick's, as it is and as a JPEG of the same quality as ours.
struct Reference {
    vips::VImage whole;
    vips::VImage lossy;
};

struct Wanted {
    const char* geometry; ///< in ImageMagick's syntax
    std::optional<std::uint32_t> width;
    std::optional<std::uint32_t> height;
};
const std::array wanted_sizes{Wanted{"40x>", 40, {}}, Wanted{"24x24>", 24, 24}, Wanted{"x300>", {}, 300}};

bool has_hard_edges(const std::string& name) {
    return name.find("1bit") != std::string::npos || name.find("4bit") != std::string::npos ||
           name.find("transparent") != std::string::npos;
}

/// libvips reads floating-point samples as linear light; ImageMagick doesn't.
bool is_floating_point(const std::string& name) {
    return name.find("float") != std::string::npos;
}

/// Partly transparent pixels of a GIF, whose transparency is one bit, differ from ImageMagick's.
bool is_partly_transparent(const std::string& name) {
    return name.find("alpha") != std::string::npos;
}

void write_profile(const char* name, const std::filesystem::path& path) {
    VipsBlob* blob = nullptr;
    REQUIRE(vips_profile_load(name, &blob, nullptr) == 0);
    std::size_t size = 0;
    const auto* const data = static_cast<const char*>(vips_blob_get(blob, &size));
    std::ofstream{path, std::ios::binary}.write(data, static_cast<std::streamsize>(size));
    vips_area_unref(VIPS_AREA(blob));
}

void run(const std::string& command) {
    INFO(command);
    REQUIRE(std::system(command.c_str()) == 0);
}

vips::VImage on_white(const vips::VImage& image) {
    auto shown = image.colourspace(VIPS_INTERPRETATION_sRGB);
    if (shown.has_alpha())
        shown = shown.flatten(vips::VImage::option()->set("background", 255.0));
    return shown.cast(VIPS_FORMAT_UCHAR);
}

/// libvips' own decoder, which the renderer blocks.
vips::VImage decoded_tiff(VipsBlob* blob) {
    vips_operation_block_set("VipsForeignLoadTiff", FALSE);
    const auto image = vips::VImage::tiffload_buffer(blob).copy_memory();
    vips_operation_block_set("VipsForeignLoadTiff", TRUE);
    return image;
}

vips::VImage decoded(const RenderedImage& made) {
    auto* const blob = vips_blob_copy(made.bytes.data(), made.bytes.size());
    const auto image = made.format == ImageFormat::png    ? vips::VImage::pngload_buffer(blob)
                       : made.format == ImageFormat::jpeg ? vips::VImage::jpegload_buffer(blob)
                       : made.format == ImageFormat::tiff ? decoded_tiff(blob)
                                                          : vips::VImage::gifload_buffer(blob);
    vips_area_unref(VIPS_AREA(blob));
    return on_white(image);
}

/// ImageMagick's renditions of a picture in all sizes, made by one process while others are compared.
class References {
public:
    References(const std::filesystem::path& picture, bool cmyk, const std::filesystem::path& folder)
        : prefix_{folder / ("reference-of-" + picture.filename().string() + "-")} {
        std::string command = "cd '" + folder.string() +
                              "' && MAGICK_THREAD_LIMIT=1 MAGICK_CONFIGURE_PATH=magick convert '" +
                              picture.string() + "[0]' -auto-orient +repage " +
                              (cmyk ? ink_to_light(picture) : "") + "-profile srgb.icc -depth 8";
        for (std::size_t index = 0; index < wanted_sizes.size(); ++index)
            command += " '(' +clone -resize '" + std::string{wanted_sizes.at(index).geometry} +
                       "' -write 'PNG32:" + file(index) +
                       ".png' -background white -flatten -sampling-factor 4:2:0 -quality 77 -write '" +
                       file(index) + ".jpg' +delete ')'";
        made_ = std::async(std::launch::async, [command = command + " null: 2>/dev/null"] {
            return std::system(command.c_str()) == 0;
        });
    }

    std::vector<Reference> take() {
        REQUIRE(made_.get());
        std::vector<Reference> references;
        for (std::size_t index = 0; index < wanted_sizes.size(); ++index)
            references.push_back(
                {on_white(vips::VImage::pngload((file(index) + ".png").c_str())).copy_memory(),
                 on_white(vips::VImage::jpegload((file(index) + ".jpg").c_str())).copy_memory()});
        return references;
    }

private:
    /// By the embedded profile, and without one as browsers convert ink.
    static std::string ink_to_light(const std::filesystem::path& picture) {
        return picture.string().find("profile") != std::string::npos ? "-profile cmyk.icc "
                                                                     : "-colorspace sRGB ";
    }

    std::string file(std::size_t index) const { return prefix_.string() + std::to_string(index); }

    std::filesystem::path prefix_;
    std::future<bool> made_;
};

std::vector<std::filesystem::path> make_pictures(const std::filesystem::path& folder) {
    write_profile("srgb", folder / "srgb.icc");
    write_profile("cmyk", folder / "cmyk.icc");
    write_profile("p3", folder / "p3.icc");
    run("'" + source_path("tests/support/make_pictures.sh").string() + "' '" + folder.string() + "' && '" +
        source_path("tests/imaging/render/make_matrix.sh").string() + "' '" + folder.string() + "'");
    std::vector<std::filesystem::path> pictures;
    for (const auto& entry : std::filesystem::directory_iterator{folder})
        if (entry.is_regular_file() && entry.path().extension() != ".icc")
            pictures.push_back(entry.path());
    return pictures;
}

/// Compares each frame of an animation with ImageMagick's; where a frame is empty, both are transparent.
void compare_frames(const VipsRenderer& renderer, const std::filesystem::path& path,
                    const std::filesystem::path& folder) {
    const auto name = path.filename().string();
    const auto made = renderer.render(job_of(read_picture(path), {40, {}, ImageFormat::gif, Fit::inside}));
    REQUIRE(made);
    const auto prefix = (folder / (name + "-")).string();
    std::ofstream{prefix + "ours.gif", std::ios::binary} << made->bytes.text();
    // ImageMagick splits both into frames, as browsers do.
    run("convert '" + path.string() + "' -alpha set -coalesce -resize '40x>' 'PNG32:" + prefix +
        "like-%d.png' && convert '" + prefix + "ours.gif' -coalesce 'PNG32:" + prefix + "ours-%d.png'");
    const auto frame_of = [&](const char* whose, int frame) {
        return prefix + whose + "-" + std::to_string(frame) + ".png";
    };
    int count = 0;
    for (; std::filesystem::exists(frame_of("like", count)); ++count) {
        INFO(name << ", frame " << count);
        REQUIRE(std::filesystem::exists(frame_of("ours", count)));
        const auto like = vips::VImage::pngload(frame_of("like", count).c_str());
        const auto ours = vips::VImage::pngload(frame_of("ours", count).c_str());
        REQUIRE(ours.width() == like.width());
        REQUIRE(ours.height() == like.height());
        CHECK((on_white(ours) - on_white(like)).abs().avg() <= allowed_of_gif);
        CHECK((ours[3] - like[3]).abs().avg() <= allowed_of_gif);
    }
    CHECK(count >= 3);
    CHECK_FALSE(std::filesystem::exists(frame_of("ours", count)));
}

void compare(const RenderedImage& made, ImageFormat format, const Reference& reference,
             const std::string& name) {
    const std::map<ImageFormat, double> allowed{{ImageFormat::png, allowed_of_png},
                                                {ImageFormat::tiff, allowed_of_png},
                                                {ImageFormat::jpeg, allowed_of_jpeg},
                                                {ImageFormat::gif, allowed_of_gif}};
    const auto image = decoded(made);
    const auto& like = format == ImageFormat::jpeg ? reference.lossy : reference.whole;
    CHECK(made.format == format);
    CHECK(image.width() == like.width());
    CHECK(image.height() == like.height());
    CHECK(made.width == static_cast<std::uint32_t>(image.width()));
    CHECK(made.height == static_cast<std::uint32_t>(image.height()));
    if (image.width() != like.width() || image.height() != like.height() || is_floating_point(name) ||
        (format == ImageFormat::gif && is_partly_transparent(name)))
        return;
    CHECK((image - like).abs().avg() <=
          allowed.at(format) * (has_hard_edges(name) ? allowance_of_hard_edges : 1.0));
}

} // namespace

TEST_CASE("renditions of real pictures are like ImageMagick's") {
    const VipsRenderer renderer;
    const TemporaryFolder folder;
    const auto pictures = make_pictures(folder.path());
    CHECK(pictures.size() >= 80);
    const auto header_of = [](const std::filesystem::path& path) {
        const auto header = probe(read_picture(path));
        REQUIRE(header);
        return *header;
    };
    constexpr std::size_t ahead = 2;
    std::deque<References> references;
    for (std::size_t number = 0; number < pictures.size(); ++number) {
        for (auto next = number + references.size(); next < std::min(number + ahead, pictures.size());
             ++next) {
            const bool cmyk = header_of(pictures[next]).color == ColorModel::cmyk ||
                              pictures[next].string().find("cmyk") != std::string::npos;
            references.emplace_back(pictures[next], cmyk, folder.path());
        }
        const auto name = pictures[number].filename().string();
        const auto bytes = read_picture(pictures[number]);
        const auto header = header_of(pictures[number]);
        const auto expected = references.front().take();
        references.pop_front();
        for (std::size_t index = 0; index < wanted_sizes.size(); ++index)
            for (const auto format : all_image_formats) {
                const auto& wanted = wanted_sizes.at(index);
                INFO(name << " to " << media_type(format) << ' ' << wanted.geometry);
                const auto made =
                    renderer.render({bytes, header, {wanted.width, wanted.height, format, Fit::inside}, {}});
                INFO((made ? std::string{} : made.error().message() + " " + made.error().cause()));
                CHECK(made);
                if (made)
                    compare(*made, format, expected[index], name);
            }
    }
}

TEST_CASE("every frame of an animation is like ImageMagick's with every disposal method") {
    const VipsRenderer renderer;
    const TemporaryFolder folder;
    run("'" + source_path("tests/imaging/render/make_animations.sh").string() + "' '" +
        folder.path().string() + "'");
    std::vector<std::filesystem::path> animations;
    for (const auto& entry : std::filesystem::directory_iterator{folder.path()})
        animations.push_back(entry.path());
    CHECK(animations.size() >= 9);
    for (const auto& path : animations)
        compare_frames(renderer, path, folder.path());
}

TEST_CASE("an animation keeps its frames, timing and loops, and a still shows its first frame") {
    const VipsRenderer renderer;
    const TemporaryFolder folder;
    const auto path = folder / "animated.gif";
    run("convert -dispose Background -delay 20 '(' -size 60x40 xc:none -fill red -draw 'circle 20,20 20,5' "
        "')' -delay "
        "70 '(' -size 60x40 xc:blue ')' -loop 3 '" +
        path.string() + "'");
    const auto animation =
        renderer.render(job_of(read_picture(path), {30, {}, ImageFormat::gif, Fit::inside}));
    REQUIRE(animation);
    CHECK(animation->width == 30);
    CHECK(animation->height == 20);
    auto* const blob = vips_blob_copy(animation->bytes.data(), animation->bytes.size());
    const auto image = vips::VImage::gifload_buffer(blob, vips::VImage::option()->set("n", -1));
    vips_area_unref(VIPS_AREA(blob));
    CHECK(image.height() == 40);
    CHECK(image.get_int("n-pages") == 2);
    CHECK(image.get_int("loop") == 3);
    CHECK(image.get_array_int("delay") == std::vector<int>{200, 700});
    CHECK(image.getpoint(0, 0).back() == 0);
    CHECK(image.getpoint(15, 30)[2] > 200);

    const auto still = renderer.render(job_of(read_picture(path), {30, {}, ImageFormat::png, Fit::inside}));
    REQUIRE(still);
    CHECK(still->height == 20);

    const auto covered = renderer.render(job_of(read_picture(path), {10, 10, ImageFormat::gif, Fit::cover}));
    REQUIRE(covered);
    CHECK(covered->width == 10);
    CHECK(covered->height == 10);
}

TEST_CASE("a JPEG rendition is progressive") {
    const auto made =
        VipsRenderer{}.render(job_of(ImageBytes{make_png(64, 48)}, {{}, {}, ImageFormat::jpeg, Fit::inside}));
    REQUIRE(made);
    CHECK(probe(made->bytes).value().progressive);
}

TEST_CASE("a box is filled with the part of the picture that attracts attention, in every frame") {
    const VipsRenderer renderer;
    const TemporaryFolder folder;
    // A colourful disc at the right of an even grey.
    const auto make = [&](const char* name, const char* frames) {
        const auto path = folder / name;
        run("convert -delay 10 -size 400x100 xc:grey60 -fill '#d04030' -draw 'circle 350,50 350,20' " +
            std::string{frames} + " '" + path.string() + "'");
        return read_picture(path);
    };
    const auto crop = [&](const ImageBytes& picture, ImageFormat format, Fit fit) {
        const auto made = renderer.render(job_of(picture, {50, 50, format, fit}));
        REQUIRE(made);
        CHECK(made->width == 50);
        CHECK(made->height == 50);
        return decoded(*made);
    };
    const auto still = make("still.png", "");
    // The disc is in the middle of the part, and not in the middle of the picture.
    const auto red = [](const vips::VImage& image) { return image[0].avg() - image[2].avg(); };
    CHECK(red(crop(still, ImageFormat::png, Fit::attention)) > 30);
    CHECK(red(crop(still, ImageFormat::png, Fit::cover)) < 5);
    const auto moving = make("moving.gif", "'(' +clone -fill '#3040d0' -draw 'circle 350,50 350,20' ')'");
    CHECK(red(crop(moving, ImageFormat::gif, Fit::attention)) > 30);
    const auto all = renderer.render(job_of(moving, {50, 50, ImageFormat::gif, Fit::attention}));
    REQUIRE(all);
    auto* const blob = vips_blob_copy(all->bytes.data(), all->bytes.size());
    const auto second = on_white(vips::VImage::gifload_buffer(blob, vips::VImage::option()->set("page", 1)));
    vips_area_unref(VIPS_AREA(blob));
    CHECK(red(second) < -30);
}

TEST_CASE("renditions carry no metadata") {
    const VipsRenderer renderer;
    const TemporaryFolder folder;
    const auto path = folder / "told.jpg";
    run("convert -size 64x48 xc:tomato '" + path.string() +
        "' && exiftool -q -overwrite_original -GPSLatitude=59.9 -GPSLatitudeRef=N -Artist=Somebody "
        "-XMP:Creator=Somebody -Comment=secret '" +
        path.string() + "'");
    for (const auto format : {ImageFormat::jpeg, ImageFormat::png, ImageFormat::gif, ImageFormat::tiff}) {
        const auto made = renderer.render(job_of(read_picture(path), {{}, {}, format, Fit::inside}));
        REQUIRE(made);
        CHECK(made->format == format);
        for (const char* const word : {"Exif", "GPS", "Somebody", "secret", "xmpmeta", "acsp"}) {
            INFO(media_type(format) << " with " << word);
            CHECK(made->bytes.text().find(word) == std::string_view::npos);
        }
    }
}

} // namespace rendering_matrix_test
