#include "encoding_case.hpp"

#include <png.h>
#include <vips/vips8>

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

namespace portrait::testing {
namespace {

void append(png_structp png, png_bytep data, png_size_t size) {
    auto& bytes = *static_cast<Bytes*>(png_get_io_ptr(png));
    const auto* const from = reinterpret_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), from, from + size);
}

/// Whether the samples are linear light, by the case's chunk.
bool is_linear(const EncodingCase& row) {
    return row.encoding.starts_with("gAMA") || row.encoding == "linear cICP";
}

double linear(double value) {
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

/// The samples of a pixel: an index, or colours and perhaps an alpha.
std::vector<unsigned> png_samples(const EncodingCase& row, unsigned quadrant) {
    if (row.colors == "palette")
        return {quadrant % (1U << row.sample_bits())};
    auto color = color_of(row, quadrant);
    if (is_linear(row))
        color = {linear(color.red), linear(color.green), linear(color.blue), color.alpha};
    std::vector<double> values{color.red, color.green, color.blue};
    if (row.is_grey())
        values.resize(1);
    if (row.has_alpha())
        values.push_back(color.alpha);
    std::vector<unsigned> samples;
    for (const auto value : values)
        samples.push_back(static_cast<unsigned>(std::lround(value * ((1U << row.sample_bits()) - 1))));
    return samples;
}

std::vector<png_byte> png_row(const EncodingCase& row, unsigned y) {
    const auto bits = row.sample_bits();
    std::vector<png_byte> bytes;
    unsigned last = 0;
    unsigned filled = 0;
    for (unsigned x = 0; x < case_width; ++x)
        for (const auto sample : png_samples(row, quadrant_at(x, y)))
            for (unsigned bit = bits; bit-- > 0;) {
                last = last << 1 | (sample >> bit & 1);
                if (++filled == 8) {
                    bytes.push_back(static_cast<png_byte>(last));
                    last = filled = 0;
                }
            }
    return bytes;
}

int color_type(const EncodingCase& row) {
    if (row.colors == "palette")
        return PNG_COLOR_TYPE_PALETTE;
    const int base = row.is_grey() ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
    return base | (row.has_alpha() ? PNG_COLOR_MASK_ALPHA : 0);
}

void set_palette(png_structp png, png_infop info, const EncodingCase& row) {
    std::vector<png_color> colors(std::min(4U, 1U << row.sample_bits()));
    for (std::size_t index = 0; index < colors.size(); ++index) {
        const auto& color = quadrant_colors.at(index);
        colors[index] = {color[0], color[1], color[2]};
    }
    png_set_PLTE(png, info, colors.data(), static_cast<int>(colors.size()));
    std::vector<png_byte> alphas;
    for (unsigned quadrant = 0; quadrant < colors.size(); ++quadrant)
        alphas.push_back(static_cast<png_byte>(std::lround(color_of(row, quadrant).alpha * 255)));
    if (row.alpha != "none")
        png_set_tRNS(png, info, alphas.data(), static_cast<int>(alphas.size()), nullptr);
}

void set_transparent_color(png_structp png, png_infop info, const EncodingCase& row) {
    for (unsigned quadrant = 0; quadrant < 4; ++quadrant)
        if (color_of(row, quadrant).alpha == 0) {
            const auto samples = png_samples(row, quadrant);
            png_color_16 color{};
            color.gray = static_cast<png_uint_16>(samples[0]);
            color.red = static_cast<png_uint_16>(samples[0]);
            color.green = static_cast<png_uint_16>(samples[samples.size() / 2]);
            color.blue = static_cast<png_uint_16>(samples.back());
            png_set_tRNS(png, info, nullptr, 0, &color);
            return;
        }
}

void set_profile(png_structp png, png_infop info, const char* name) {
    VipsBlob* blob = nullptr;
    if (vips_profile_load(name, &blob, nullptr) != 0)
        throw std::runtime_error{"libvips has no such profile"};
    std::size_t size = 0;
    const auto* const data = static_cast<png_const_bytep>(vips_blob_get(blob, &size));
    png_set_iCCP(png, info, "profile", PNG_COMPRESSION_TYPE_BASE, data, static_cast<png_uint_32>(size));
    vips_area_unref(VIPS_AREA(blob));
}

/// Writes the chunk as it is, though it contradicts others.
void set_chunk(png_structp png, png_infop info, const char* name, std::vector<png_byte> data) {
    png_unknown_chunk chunk{};
    std::copy_n(name, 4, chunk.name);
    chunk.data = data.data();
    chunk.size = data.size();
    chunk.location = PNG_HAVE_IHDR;
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, nullptr, 0);
    png_set_unknown_chunks(png, info, &chunk, 1);
}

void set_color_chunks(png_structp png, png_infop info, const EncodingCase& row) {
    const std::vector<png_byte> gamma_of_1{0, 1, 0x86, 0xA0};
    if (row.encoding == "sRGB against gAMA") {
        set_chunk(png, info, "sRGB", {0});
        set_chunk(png, info, "gAMA", gamma_of_1);
    } else if (row.encoding.starts_with("gAMA")) {
        set_chunk(png, info, "gAMA", gamma_of_1);
        if (row.encoding == "gAMA and cHRM")
            png_set_cHRM_fixed(png, info, 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000);
    } else if (row.encoding == "iCCP") {
        set_profile(png, info, "srgb");
    } else if (row.encoding.ends_with("cICP")) {
        const bool pq = row.encoding.starts_with("PQ");
        const bool hlg = row.encoding.starts_with("HLG");
        const png_byte primaries = pq || hlg ? 9 : 1;
        const auto transfer = static_cast<png_byte>(pq ? 16 : hlg ? 18 : is_linear(row) ? 8 : 13);
        set_chunk(png, info, "cICP", {primaries, transfer, 0, 1});
        set_chunk(png, info, "gAMA", {0, 0, 0x60, 0}); // has to be ignored
    }
}

} // namespace

Bytes png_of(const EncodingCase& row) {
    Bytes bytes;
    auto* png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    auto* info = png_create_info_struct(png);
    png_set_write_fn(png, &bytes, &append, nullptr);
    png_set_IHDR(png, info, case_width, case_height, static_cast<int>(row.sample_bits()), color_type(row),
                 row.layout == "interlaced" ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    set_color_chunks(png, info, row);
    if (row.colors == "palette")
        set_palette(png, info, row);
    else if (row.alpha == "transparent colour")
        set_transparent_color(png, info, row);
    png_write_info(png, info);
    std::vector<std::vector<png_byte>> rows;
    std::vector<png_bytep> pointers;
    for (unsigned y = 0; y < case_height; ++y)
        rows.push_back(png_row(row, y));
    for (auto& a_row : rows)
        pointers.push_back(a_row.data());
    png_write_image(png, pointers.data());
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return bytes;
}

} // namespace portrait::testing
