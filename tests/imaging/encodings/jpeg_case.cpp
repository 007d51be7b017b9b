#include "encoding_case.hpp"

#include <cstdio>

#include <jpeglib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>

namespace portrait::testing {
namespace {

std::vector<JSAMPLE> jpeg_row(const EncodingCase& row, unsigned y) {
    std::vector<JSAMPLE> samples;
    const auto put = [&](double value) { samples.push_back(static_cast<JSAMPLE>(std::lround(value * 255))); };
    for (unsigned x = 0; x < case_width; ++x) {
        const auto color = color_of(row, quadrant_at(x, y));
        if (row.is_grey()) {
            put(color.red);
        } else if (row.colors == "CMYK" || row.colors == "YCCK") { // inverted, as Adobe's programs write it
            const double light = std::max({color.red, color.green, color.blue});
            for (const double value : {color.red, color.green, color.blue})
                put(value / light);
            put(light);
        } else {
            for (const double value : {color.red, color.green, color.blue})
                put(value);
        }
    }
    return samples;
}

struct Model {
    int components;
    J_COLOR_SPACE given;
    J_COLOR_SPACE stored;
};

Model model_of(const EncodingCase& row) {
    if (row.is_grey())
        return {1, JCS_GRAYSCALE, JCS_GRAYSCALE};
    if (row.colors == "RGB")
        return {3, JCS_RGB, JCS_RGB};
    if (row.colors == "CMYK")
        return {4, JCS_CMYK, JCS_CMYK};
    if (row.colors == "YCCK")
        return {4, JCS_CMYK, JCS_YCCK};
    return {3, JCS_RGB, JCS_YCbCr};
}

/// Changes the marker of the frame header, and the bits in it: enough for a head that has to be refused.
void change_frame(Bytes& bytes, const EncodingCase& row) {
    const std::map<std::string, int> markers{
        {"baseline", 0xC0},     {"extended", 0xC1}, {"progressive", 0xC2}, {"lossless", 0xC3},
        {"hierarchical", 0xC5}, {"JPEG-LS", 0xF7},  {"arithmetic", 0xC9},  {"progressive arithmetic", 0xCA}};
    for (std::size_t at = 2; at + 9 < bytes.size();) {
        const auto marker = std::to_integer<int>(bytes[at + 1]);
        if (marker >= 0xC0 && marker <= 0xC2) {
            bytes[at + 1] = static_cast<std::byte>(markers.at(row.encoding));
            bytes[at + 4] = static_cast<std::byte>(row.sample_bits());
            return;
        }
        at += 2 + (std::to_integer<std::size_t>(bytes[at + 2]) << 8 |
                   std::to_integer<std::size_t>(bytes[at + 3]));
    }
}

void set_colors(jpeg_compress_struct& jpeg, const EncodingCase& row) {
    jpeg_set_colorspace(&jpeg, model_of(row).stored);
    if (row.colors.starts_with("YCbCr")) { // "YCbCr 2 x 1"
        jpeg.comp_info[0].h_samp_factor = row.colors.at(6) - '0';
        jpeg.comp_info[0].v_samp_factor = row.colors.at(10) - '0';
    }
    if (row.layout == "without Adobe's segment")
        jpeg.write_Adobe_marker = FALSE;
}

} // namespace

Bytes jpeg_of(const EncodingCase& row) {
    if (row.colors == "two components") { // a grey one, whose frame header has a second component
        auto stored = row;
        stored.colors = "grey";
        auto bytes = jpeg_of(stored);
        constexpr std::string_view frame{"\xff\xc0\0\x0b", 4};
        const auto at = std::search(bytes.begin(), bytes.end(), frame.begin(), frame.end(),
                                    [](std::byte a, char b) { return a == static_cast<std::byte>(b); });
        at[3] = std::byte{14};
        at[9] = std::byte{2};
        bytes.insert(at + 13, {std::byte{2}, std::byte{0x11}, std::byte{0}});
        return bytes;
    }
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&jpeg, &buffer, &size);
    const auto model = model_of(row);
    jpeg.image_width = case_width;
    jpeg.image_height = case_height;
    jpeg.input_components = model.components;
    jpeg.in_color_space = model.given;
    jpeg_set_defaults(&jpeg);
    set_colors(jpeg, row);
    jpeg_set_quality(&jpeg, 95, TRUE);
    jpeg.arith_code = row.encoding.ends_with("arithmetic") ? TRUE : FALSE;
    if (row.encoding.starts_with("progressive"))
        jpeg_simple_progression(&jpeg);
    if (row.layout == "restarts")
        jpeg.restart_in_rows = 1;
    jpeg_start_compress(&jpeg, TRUE);
    for (unsigned y = 0; y < case_height; ++y) {
        auto samples = jpeg_row(row, y);
        JSAMPROW pointer = samples.data();
        jpeg_write_scanlines(&jpeg, &pointer, 1);
    }
    jpeg_finish_compress(&jpeg);
    const auto* const data = reinterpret_cast<const std::byte*>(buffer);
    Bytes bytes(data, data + size);
    jpeg_destroy_compress(&jpeg);
    std::free(buffer); // NOLINT(cppcoreguidelines-no-malloc): allocated by libjpeg
    if (!row.is_shown || row.encoding == "extended")
        change_frame(bytes, row);
    return bytes;
}

} // namespace portrait::testing
