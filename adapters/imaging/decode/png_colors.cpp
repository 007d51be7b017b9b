#include "decode/color_codes.hpp"
#include "decode/png_chunks.hpp"
#include "decode/png_picture.hpp"

#include <boost/crc.hpp>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

namespace portrait::imaging {
namespace {

struct PngColors {
    std::optional<PngChunk> cicp;
    std::optional<PngChunk> iccp;
    std::optional<PngChunk> gama;
    std::optional<PngChunk> chrm;
    bool srgb = false;
};

bool has_right_checksum(const ImageBytes& png, const PngChunk& chunk) {
    boost::crc_32_type crc;
    const auto checked = png.view().subspan(chunk.begin + 4, chunk.data.size() + 4);
    crc.process_bytes(checked.data(), checked.size());
    return crc.checksum() == png_number(png.view().subspan(chunk.end - 4, 4));
}

/// The first of each, if its checksum is right.
PngColors colors_of(const ImageBytes& png) {
    constexpr std::size_t any_size = 0;
    PngColors found;
    bool has_palette = false;
    for_each_chunk(png, [&](const PngChunk& chunk) {
        const auto take = [&](std::optional<PngChunk>& taken, std::string_view name, std::size_t size) {
            if (!taken && chunk.name == name && (size == any_size || chunk.data.size() == size) &&
                has_right_checksum(png, chunk))
                taken = chunk;
        };
        has_palette = has_palette || chunk.name == "PLTE";
        if (!has_palette) // where the specification wants it
            take(found.cicp, "cICP", 4);
        take(found.iccp, "iCCP", any_size);
        take(found.gama, "gAMA", 4);
        take(found.chrm, "cHRM", 32);
        found.srgb =
            found.srgb || (chunk.name == "sRGB" && chunk.data.size() == 1 && has_right_checksum(png, chunk));
        return chunk.name != "IDAT";
    });
    return found;
}

/// Empty for codes without a meaning for a PNG, which are ignored.
std::vector<std::byte> cicp_profile(const PngChunk& cicp, bool grey) {
    const bool rgb = cicp.data[2] == std::byte{0};
    const bool full_range = cicp.data[3] == std::byte{1};
    if (!rgb || !full_range)
        return {};
    return profile_of(
        {.primaries = png_number(cicp.data.subspan(0, 1)), .transfer = png_number(cicp.data.subspan(1, 1))},
        grey);
}

/// The profile of iCCP; empty if it is junk.
std::vector<std::byte> embedded_profile(const PngChunk& iccp) {
    constexpr std::size_t most_bytes = std::size_t{4} << 20;
    constexpr std::size_t head = 128;
    constexpr std::size_t signature = 36;
    const auto name_end = std::find(iccp.data.begin(), iccp.data.end(), std::byte{0});
    if (iccp.data.end() - name_end < 2) // the end of the name, and the method
        return {};
    const auto* const packed = reinterpret_cast<const Bytef*>(&*name_end + 2);
    const auto packed_size = static_cast<std::size_t>(iccp.data.end() - name_end) - 2;
    std::vector<std::byte> profile(
        std::min(most_bytes, head + packed_size * 1032)); // deflate's largest ratio
    z_stream stream{};
    stream.next_in = const_cast<Bytef*>(packed);
    stream.avail_in = static_cast<uInt>(packed_size);
    stream.next_out = reinterpret_cast<Bytef*>(profile.data());
    stream.avail_out = static_cast<uInt>(profile.size());
    if (inflateInit(&stream) != Z_OK)
        return {};
    const auto outcome = inflate(&stream, Z_FINISH);
    profile.resize(stream.total_out);
    inflateEnd(&stream);
    const bool is_whole = outcome == Z_STREAM_END && profile.size() >= head &&
                          png_number(std::span{profile}.first(4)) <= profile.size() &&
                          std::memcmp(profile.data() + signature, "acsp", 4) == 0;
    return is_whole ? profile : std::vector<std::byte>{};
}

std::vector<std::byte> gamma_profile(const PngColors& colors, bool grey) {
    constexpr double unit = 100'000;
    const auto gamma = static_cast<double>(png_number(colors.gama->data)) / unit;
    // Browsers take a gamma that is nearly sRGB's, and no primaries, for sRGB, as libpng does.
    constexpr double nearly = 0.05;
    if (gamma <= 0 || (!colors.chrm && std::abs(gamma * 2.2 - 1) <= nearly))
        return {};
    Primaries primaries;
    if (colors.chrm) {
        const auto number = [&](std::size_t index) {
            return static_cast<double>(png_number(colors.chrm->data.subspan(index * 4, 4))) / unit;
        };
        primaries.white = {.x = number(0), .y = number(1), .Y = 1};
        primaries.colors = {.Red = {.x = number(2), .y = number(3), .Y = 1},
                            .Green = {.x = number(4), .y = number(5), .Y = 1},
                            .Blue = {.x = number(6), .y = number(7), .Y = 1}};
    }
    return profile_of(primaries, power_of(1 / gamma), grey);
}

} // namespace

vips::VImage with_png_colors(const ImageBytes& png, const vips::VImage& image) {
    const auto colors = colors_of(png);
    const bool grey = image.bands() < 3;
    std::vector<std::byte> profile;
    if (colors.cicp)
        profile = cicp_profile(*colors.cicp, grey);
    if (profile.empty() && colors.iccp)
        profile = embedded_profile(*colors.iccp);
    if (profile.empty() && !colors.srgb && colors.gama)
        profile = gamma_profile(colors, grey);
    auto colored = image.copy();
    colored.remove(VIPS_META_ICC_NAME);
    if (!profile.empty())
        vips_image_set_blob_copy(colored.get_image(), VIPS_META_ICC_NAME, profile.data(), profile.size());
    return colored;
}

} // namespace portrait::imaging
