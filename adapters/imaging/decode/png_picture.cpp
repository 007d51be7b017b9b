#include "decode/png_picture.hpp"

#include "decode/png_chunks.hpp"

#include <png.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace portrait::imaging {
namespace {

VipsInterpretation interpretation_of(int channels, int bits) {
    if (channels < 3)
        return bits == 16 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
    return bits == 16 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

/// Keeps libpng's messages about damaged files off stderr.
void ignore_warning(png_structp, png_const_charp) {}

void jump_out(png_structp png, png_const_charp) {
    png_longjmp(png, 1);
}

/// Called when the chunks before the pixels were read.
void prepare_image(png_structp png, png_infop info) {
    png_set_expand(png); // palettes, few bits and the transparent colour
    if constexpr (std::endian::native == std::endian::little)
        png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    auto* const image = static_cast<VipsImage*>(png_get_progressive_ptr(png));
    const int channels = png_get_channels(png, info);
    const int bits = png_get_bit_depth(png, info);
    vips_image_init_fields(image, static_cast<int>(png_get_image_width(png, info)),
                           static_cast<int>(png_get_image_height(png, info)), channels,
                           bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           interpretation_of(channels, bits), 1.0, 1.0);
    if (vips_image_write_prepare(image) != 0)
        png_error(png, "out of memory");
    std::memset(VIPS_IMAGE_ADDR(image, 0, 0), 0, VIPS_IMAGE_SIZEOF_IMAGE(image));
}

/// Each pass covers the pixels of later ones.
void combine_row(png_structp png, png_bytep row, png_uint_32 number, int) {
    auto* const image = static_cast<VipsImage*>(png_get_progressive_ptr(png));
    if (row != nullptr)
        png_progressive_combine_row(png, VIPS_IMAGE_ADDR(image, 0, static_cast<int>(number)), row);
}

void ignore_end(png_structp, png_infop) {}

class PngReader {
public:
    explicit PngReader(VipsImage* image)
        : png_{png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, &jump_out, &ignore_warning)}
        , info_{png_ != nullptr ? png_create_info_struct(png_) : nullptr} {
        if (info_ == nullptr) {
            png_destroy_read_struct(&png_, &info_, nullptr);
            throw std::bad_alloc{};
        }
        png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX); // `Limits` has judged the size
        png_set_progressive_read_fn(png_, image, &prepare_image, &combine_row, &ignore_end);
    }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;
    ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

    /// Decodes up to the end of the bytes or the first error.
    void read(std::span<const std::byte> bytes) {
        // libpng returns from an error by longjmp; no object with a destructor is made in between.
        if (setjmp(png_jmpbuf(png_)) != 0) // NOLINT(cert-err52-cpp,modernize-avoid-setjmp-longjmp)
            return;
        auto* const data = reinterpret_cast<png_bytep>(const_cast<std::byte*>(bytes.data()));
        png_process_data(png_, info_, data, bytes.size());
    }

private:
    png_structp png_;
    png_infop info_;
};

/// Whether the file goes on to its last chunk.
bool has_end(const ImageBytes& png) {
    bool found = false;
    for_each_chunk(png, [&](const PngChunk& chunk) { return !(found = found || chunk.name == "IEND"); });
    return found;
}

} // namespace

std::optional<ImageBytes> without_side_chunks(const ImageBytes& png) {
    std::vector<std::byte> rest;
    std::size_t kept_from = 0;
    const auto keep_up_to = [&](std::size_t end) {
        const auto kept = png.view().subspan(kept_from, end - kept_from);
        rest.insert(rest.end(), kept.begin(), kept.end());
    };
    for_each_chunk(png, [&](const PngChunk& chunk) {
        constexpr std::array<std::string_view, 7> dropped{"tEXt", "zTXt", "iTXt", "iCCP",
                                                          "sRGB", "gAMA", "cHRM"};
        if (std::find(dropped.begin(), dropped.end(), chunk.name) != dropped.end()) {
            keep_up_to(chunk.begin);
            kept_from = chunk.end;
        }
        return true;
    });
    if (kept_from == 0)
        return std::nullopt;
    keep_up_to(png.size());
    return ImageBytes{std::move(rest)};
}

vips::VImage open_png_pixels(const ImageBytes& png, const ImageHeader& header) {
    if (!header.progressive && has_end(png))
        return open_picture(png, ImageFormat::png);
    auto image = vips::VImage::new_memory();
    PngReader{image.get_image()}.read(png.view());
    if (image.width() != static_cast<int>(header.width) || image.height() != static_cast<int>(header.height))
        throw vips::VError{"libpng can't read the PNG's head"};
    return image;
}

} // namespace portrait::imaging
