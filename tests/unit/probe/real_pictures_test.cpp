#include "probing.hpp"

#include "support/places.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace probe_real_pictures_test {

using namespace portrait;
using namespace portrait::testing;

namespace {

/// A folder with the pictures of tests/support/make_pictures.sh, made once and removed at the end.
class RealPictures {
public:
    static const RealPictures& get() {
        static const RealPictures pictures;
        return pictures;
    }

    const std::filesystem::path& folder() const { return folder_; }
    bool made() const { return made_; }

    Bytes read(const std::filesystem::path& name) const {
        std::ifstream file{folder_ / name, std::ios::binary};
        const std::vector<char> content{std::istreambuf_iterator<char>{file}, {}};
        return ByteWriter{}.text({content.data(), content.size()}).take();
    }

private:
    RealPictures() {
        auto name = (std::filesystem::temp_directory_path() / "portrait-pictures-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            return;
        folder_ = name;
        const auto command =
            "'" + source_path("tests/support/make_pictures.sh").string() + "' '" + name + "'";
        made_ = std::system(command.c_str()) == 0;
    }
    RealPictures(const RealPictures&) = delete;
    RealPictures& operator=(const RealPictures&) = delete;
    ~RealPictures() {
        std::error_code ignored;
        if (!folder_.empty())
            std::filesystem::remove_all(folder_, ignored);
    }

    std::filesystem::path folder_;
    bool made_ = false;
};

struct Expected {
    std::string_view name;
    ImageHeader header;
};

constexpr ImageHeader jpeg(std::uint16_t samples, ColorModel color, bool progressive = false) {
    return {ImageFormat::jpeg, 97, 61, 8, samples, color, progressive, false};
}
constexpr ImageHeader png(std::uint16_t bits, std::uint16_t samples, ColorModel color,
                          bool interlaced = false, bool animated = false) {
    return {ImageFormat::png, 97, 61, bits, samples, color, interlaced, animated};
}
constexpr ImageHeader gif(std::uint16_t bits, bool animated = false) {
    return {ImageFormat::gif, 97, 61, bits, 1, ColorModel::palette, false, animated};
}
constexpr ImageHeader tiff(std::uint16_t bits, std::uint16_t samples, ColorModel color) {
    return {ImageFormat::tiff, 97, 61, bits, samples, color, false, false};
}

const std::array expected{
    Expected{"jpeg-baseline.jpg", jpeg(3, ColorModel::ycbcr)},
    Expected{"jpeg-progressive.jpg", jpeg(3, ColorModel::ycbcr, true)},
    Expected{"jpeg-comment.jpg", jpeg(3, ColorModel::ycbcr)},
    Expected{"jpeg-grey.jpg", jpeg(1, ColorModel::grey)},
    Expected{"jpeg-cmyk.jpg", jpeg(4, ColorModel::cmyk)},
    Expected{"jpeg-cmyk-progressive.jpg", jpeg(4, ColorModel::cmyk, true)},
    Expected{"jpeg-exif.jpg", jpeg(3, ColorModel::ycbcr)},
    Expected{"jpeg-exif-thumbnail.jpg", jpeg(3, ColorModel::ycbcr, true)},
    Expected{"jpeg-12mb.jpg", {ImageFormat::jpeg, 2200, 1700, 8, 3, ColorModel::ycbcr}},
    Expected{"png-truecolour.png", png(8, 3, ColorModel::rgb)},
    Expected{"png-truecolour-alpha.png", png(8, 4, ColorModel::rgb)},
    Expected{"png-interlaced.png", png(8, 3, ColorModel::rgb, true)},
    Expected{"png-palette.png", png(8, 1, ColorModel::palette)},
    Expected{"png-16bit.png", png(16, 3, ColorModel::rgb)},
    Expected{"png-grey-16bit.png", png(16, 1, ColorModel::grey)},
    Expected{"png-1bit.png", png(1, 1, ColorModel::grey)},
    Expected{"png-grey-alpha.png", png(8, 2, ColorModel::grey)},
    Expected{"png-animated.png", png(8, 3, ColorModel::rgb, false, true)},
    Expected{"gif-87a.gif", gif(6)},
    Expected{"gif-89a.gif", gif(6)},
    Expected{"gif-interlaced.gif", gif(6)},
    Expected{"gif-transparent.gif", gif(4)},
    Expected{"gif-animated.gif", gif(6, true)},
    Expected{"tiff-little-endian.tif", tiff(8, 3, ColorModel::rgb)},
    Expected{"tiff-big-endian.tif", tiff(8, 3, ColorModel::rgb)},
    Expected{"tiff-big-endian-16bit.tif", tiff(16, 3, ColorModel::rgb)},
    Expected{"tiff-little-endian-16bit.tif", tiff(16, 3, ColorModel::rgb)},
    Expected{"tiff-float.tif", tiff(32, 3, ColorModel::rgb)},
    Expected{"tiff-1bit.tif", tiff(1, 1, ColorModel::grey)},
    Expected{"tiff-1bit-g4.tif", tiff(1, 1, ColorModel::grey)},
    Expected{"tiff-grey.tif", tiff(8, 1, ColorModel::grey)},
    Expected{"tiff-cmyk.tif", tiff(8, 4, ColorModel::cmyk)},
    Expected{"tiff-lab.tif", tiff(8, 3, ColorModel::lab)},
    Expected{"tiff-lzw-alpha.tif", tiff(8, 4, ColorModel::rgb)},
    Expected{"tiff-palette.tif", tiff(8, 1, ColorModel::palette)},
    Expected{"tiff-jpeg.tif", tiff(8, 3, ColorModel::rgb)},
    Expected{"tiff-tiled.tif", tiff(8, 3, ColorModel::rgb)},
    Expected{"tiff-multi-page.tif", tiff(8, 3, ColorModel::rgb)},
};

std::vector<std::string> names_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator{folder})
        if (file.is_regular_file())
            names.push_back(file.path().filename().string());
    return names;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> refused{{
    {"webp.webp", "WebP"},
    {"bmp.bmp", "BMP"},
    {"bmp-os2.bmp", "BMP"},
    {"icon.ico", "ICO"},
    {"jpeg-2000.jp2", "JPEG 2000"},
    {"photoshop.psd", "Photoshop"},
    {"bigtiff.tif", "BigTIFF"},
    {"heic.heic", "HEIC"},
    {"avif.avif", "AVIF"},
    {"drawing.svg", "SVG"},
    {"document.pdf", "PDF"},
}};

} // namespace

// One case, so that runners with a process for each case make the pictures once.
TEST_CASE("pictures of real encoders are read correctly", "[probe][real]") {
    INFO("tests/support/make_pictures.sh has to work; it needs ImageMagick's convert (Debian package "
         "imagemagick)");
    const auto& pictures = RealPictures::get();
    REQUIRE(pictures.made());

    SECTION("each PNG, JPEG, GIF and TIFF has the header that its encoder was told to write") {
        for (const auto& picture : expected) {
            INFO(picture.name);
            CHECK(accepted(pictures.read(picture.name)) == picture.header);
        }
        CHECK(pictures.read("jpeg-12mb.jpg").size() > 10U * 1024 * 1024);
    }
    SECTION("none was forgotten in the table of what is expected") {
        const auto names = names_in(pictures.folder());
        CHECK(names.size() == expected.size());
        for (const auto& name : names) {
            INFO(name);
            CHECK(std::any_of(expected.begin(), expected.end(),
                              [&](const auto& row) { return row.name == name; }));
        }
    }
    SECTION("files of other formats are refused by name") {
        for (const auto& [file, name] : refused)
            check_refused({file, pictures.read(std::filesystem::path{"refused"} / file),
                           errc::image_unsupported_format, name});
        CHECK(names_in(pictures.folder() / "refused").size() == refused.size());
    }
}

} // namespace probe_real_pictures_test
