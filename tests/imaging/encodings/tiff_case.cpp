#include "encoding_case.hpp"

#include "support/byte_writer.hpp"

#include <tiffio.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <stdexcept>

namespace portrait::testing {
namespace {

/// A file in memory that libtiff writes.
struct Memory {
    Bytes bytes;
    std::size_t at = 0;

    static Memory& of(thandle_t handle) { return *static_cast<Memory*>(handle); }
    static tmsize_t write(thandle_t handle, void* data, tmsize_t size) {
        auto& file = of(handle);
        const auto count = static_cast<std::size_t>(size);
        file.bytes.resize(std::max(file.bytes.size(), file.at + count));
        std::memcpy(file.bytes.data() + file.at, data, count);
        file.at += count;
        return size;
    }
    static tmsize_t read(thandle_t handle, void* data, tmsize_t size) {
        auto& file = of(handle);
        const auto count = std::min(static_cast<std::size_t>(size),
                                    file.bytes.size() - std::min(file.at, file.bytes.size()));
        std::memcpy(data, file.bytes.data() + file.at, count);
        file.at += count;
        return static_cast<tmsize_t>(count);
    }
    static toff_t seek(thandle_t handle, toff_t offset, int from) {
        auto& file = of(handle);
        file.at = from == SEEK_SET   ? offset
                  : from == SEEK_CUR ? file.at + offset
                                     : file.bytes.size() + offset;
        return file.at;
    }
    static toff_t size(thandle_t handle) { return of(handle).bytes.size(); }
    static int close(thandle_t) { return 0; }
};

/// A row of samples: numbers of some bits from the highest bit on, or whole bytes in the host's order.
class SamplePacker {
public:
    explicit SamplePacker(const EncodingCase& row)
        : bits_{row.sample_bits()}
        , floats_{row.is_float()} {}

    void put(double sample) {
        if (floats_)
            return put_float(sample);
        const auto most = static_cast<long double>(bits_ == 64 ? ~0ULL : (1ULL << bits_) - 1);
        put_number(
            static_cast<std::uint64_t>(std::min(std::roundl(static_cast<long double>(sample) * most), most)));
    }

    void end_row() {
        if (filled_ != 0)
            bytes_.push_back(static_cast<std::byte>(last_ << (8 - filled_)));
        filled_ = 0;
        last_ = 0;
    }

    Bytes take() { return std::move(bytes_); }

private:
    void put_number(std::uint64_t value) {
        if (bits_ % 8 == 0) {
            const auto* const from = reinterpret_cast<const std::byte*>(&value); // little-endian
            bytes_.insert(bytes_.end(), from, from + bits_ / 8);
            return;
        }
        for (unsigned bit = bits_; bit-- > 0;) {
            last_ = last_ << 1 | static_cast<unsigned>(value >> bit & 1);
            if (++filled_ == 8)
                end_row();
        }
    }

    void put_float(double sample) {
        if (bits_ == 64)
            return put_number(std::bit_cast<std::uint64_t>(sample));
        if (bits_ == 32)
            return put_number(std::bit_cast<std::uint32_t>(static_cast<float>(sample)));
        int exponent = 0;
        const double fraction = std::frexp(sample, &exponent); // 0.5 to 1
        const auto mantissa = static_cast<std::uint64_t>(std::lround(fraction * 2048)) - 1024;
        put_number(sample == 0 ? 0 : static_cast<std::uint64_t>(exponent + 14) << 10 | mantissa);
    }

    unsigned bits_;
    bool floats_;
    Bytes bytes_;
    unsigned last_ = 0;
    unsigned filled_ = 0;
};

std::array<double, 3> ycbcr_of(const Color& color) {
    const double y = 0.299 * color.red + 0.587 * color.green + 0.114 * color.blue;
    return {y, (color.blue - y) / 1.772 + 128 / 255.0, (color.red - y) / 1.402 + 128 / 255.0};
}

/// A signed number of the case's bits as an unsigned sample.
double two_complement(double value, unsigned bits) {
    const auto number = std::lround(bits == 8 ? value : value * 256);
    const auto most = (1L << bits) - 1;
    return static_cast<double>(number & most) / static_cast<double>(most);
}

std::vector<double> lab_samples(const EncodingCase& row, const Color& color) {
    const auto [l, a, b] = lab_of(color);
    const auto bits = row.sample_bits();
    if (row.colors == "Lab")
        return {l / 100, two_complement(a, bits), two_complement(b, bits)};
    if (bits == 8)
        return {l / 100, (a + 128) / 255, (b + 128) / 255};
    return {l / 100 * 65280 / 65535, (a + 128) * 256 / 65535, (b + 128) * 256 / 65535};
}

/// The samples of a pixel, without an alpha.
std::vector<double> color_samples(const EncodingCase& row, unsigned quadrant, const Color& color) {
    if (row.colors == "white is zero")
        return {1 - color.red};
    if (row.is_grey() || row.colors == "mask" || row.colors == "camera raw")
        return {color.red};
    if (row.colors == "palette")
        return {quadrant % (1U << row.sample_bits()) /
                (std::ldexp(1.0, static_cast<int>(row.sample_bits())) - 1)};
    if (row.colors == "CMYK" || row.colors == "other inks") {
        const double light = std::max({color.red, color.green, color.blue});
        return {1 - color.red / light, 1 - color.green / light, 1 - color.blue / light, 1 - light};
    }
    if (row.colors == "Lab" || row.colors == "ICC Lab")
        return lab_samples(row, color);
    if (row.colors.starts_with("YCbCr") && row.encoding != "JPEG") {
        const auto samples = ycbcr_of(color);
        return {samples.begin(), samples.end()};
    }
    return {color.red, color.green, color.blue};
}

std::vector<double> tiff_samples(const EncodingCase& row, unsigned x, unsigned y) {
    const auto quadrant = quadrant_at(std::min(x, case_width - 1), std::min(y, case_height - 1));
    const auto color = color_of(row, quadrant);
    auto samples = color_samples(row, quadrant, color);
    if (row.alpha == "associated")
        for (auto& sample : samples)
            sample *= color.alpha;
    if (row.has_alpha())
        samples.push_back(color.alpha);
    return samples;
}

/// A strip or tile.
struct Unit {
    unsigned left;
    unsigned top;
    unsigned width;
    unsigned height;
};

Bytes packed(const EncodingCase& row, const Unit& unit, int plane) {
    SamplePacker packer{row};
    for (unsigned y = 0; y < unit.height; ++y) {
        for (unsigned x = 0; x < unit.width; ++x) {
            const auto samples = tiff_samples(row, unit.left + x, unit.top + y);
            for (std::size_t sample = 0; sample < samples.size(); ++sample)
                if (plane < 0 || sample == static_cast<std::size_t>(plane))
                    packer.put(samples[sample]);
        }
        packer.end_row();
    }
    return packer.take();
}

/// YCbCr as TIFF packs it: the brightness of a block of pixels, then its two differences.
Bytes packed_chroma(const EncodingCase& row, const Unit& unit, unsigned across, unsigned down) {
    SamplePacker packer{row};
    for (unsigned y = 0; y < unit.height; y += down)
        for (unsigned x = 0; x < unit.width; x += across) {
            const auto at = [&](unsigned column, unsigned line) {
                const auto quadrant = quadrant_at(std::min(unit.left + column, case_width - 1),
                                                  std::min(unit.top + line, case_height - 1));
                return ycbcr_of(color_of(row, quadrant));
            };
            for (unsigned line = 0; line < down; ++line)
                for (unsigned column = 0; column < across; ++column)
                    packer.put(at(x + column, y + line)[0]);
            packer.put(at(x, y)[1]);
            packer.put(at(x, y)[2]);
        }
    return packer.take();
}

std::uint32_t compression_of(const std::string& name) {
    const std::map<std::string, std::uint32_t> names{
        {"none", 1},     {"fax RLE", 2},       {"fax group 3", 3}, {"fax group 4", 4},  {"LZW", 5},
        {"old JPEG", 6}, {"JPEG", 7},          {"Deflate", 8},     {"PackBits", 32773}, {"ZSTD", 50000},
        {"LERC", 34887}, {"LZMA", 34925},      {"WebP", 50001},    {"JBIG", 34661},     {"SGI LogLuv", 34676},
        {"NeXT", 32766}, {"JPEG 2000", 34712}, {"JPEG XL", 50002}};
    return names.at(name.substr(0, name.find(" with predictor")));
}

/// 1 is none.
unsigned predictor_of(const std::string& encoding) {
    return encoding.find(" with predictor ") == std::string::npos
               ? 1
               : static_cast<unsigned>(encoding.back() - '0');
}

std::uint16_t photometric_of(const std::string& colors) {
    if (colors.starts_with("YCbCr"))
        return PHOTOMETRIC_YCBCR;
    const std::map<std::string, std::uint16_t> names{
        {"grey", 1},     {"white is zero", 0}, {"RGB", 2},        {"palette", 3},
        {"mask", 4},     {"CMYK", 5},          {"Lab", 8},        {"ICC Lab", 9},
        {"ITU Lab", 10}, {"other inks", 5},    {"LogLuv", 32845}, {"camera raw", 32803}};
    return names.at(colors);
}

/// "YCbCr 2 x 1".
std::pair<std::uint16_t, std::uint16_t> chroma_of(const std::string& colors) {
    return {static_cast<std::uint16_t>(colors.at(6) - '0'), static_cast<std::uint16_t>(colors.at(10) - '0')};
}

constexpr unsigned unit_rows = 16;
constexpr unsigned tile_side = 32;

void set_fields(TIFF* tiff, const EncodingCase& row) {
    const auto samples = static_cast<int>(tiff_samples(row, 0, 0).size());
    const bool tiled = row.layout.ends_with("tiles");
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, case_width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, case_height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(row.sample_bits()));
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, samples);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT,
                 row.is_float()                    ? SAMPLEFORMAT_IEEEFP
                 : row.bits.starts_with("signed")  ? SAMPLEFORMAT_INT
                 : row.bits.starts_with("complex") ? SAMPLEFORMAT_COMPLEXINT
                                                   : SAMPLEFORMAT_UINT);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
                 row.layout.starts_with("separate") ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION,
                 row.is_shown ? static_cast<int>(compression_of(row.encoding)) : 1);
    if (row.is_shown && predictor_of(row.encoding) != 1)
        TIFFSetField(tiff, TIFFTAG_PREDICTOR, static_cast<int>(predictor_of(row.encoding)));
    if (!row.colors.ends_with("without a name"))
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, static_cast<int>(photometric_of(row.colors)));
    if (tiled) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, tile_side);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, tile_side);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, unit_rows);
    }
    if (row.has_alpha()) {
        std::uint16_t kind = row.alpha == "associated" ? EXTRASAMPLE_ASSOCALPHA : EXTRASAMPLE_UNASSALPHA;
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
    }
    if (row.colors == "other inks")
        TIFFSetField(tiff, TIFFTAG_INKSET, INKSET_MULTIINK);
    if (row.encoding == "JPEG" && row.is_shown) {
        TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, 95);
        if (row.colors.starts_with("YCbCr"))
            TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    }
    if (row.colors.starts_with("YCbCr")) {
        const auto [across, down] = chroma_of(row.colors);
        TIFFSetField(tiff, TIFFTAG_YCBCRSUBSAMPLING, static_cast<int>(across), static_cast<int>(down));
    }
    if (row.colors == "palette") {
        std::array<std::vector<std::uint16_t>, 3> map;
        for (std::size_t band = 0; band < map.size(); ++band) {
            for (const auto& color : quadrant_colors)
                map.at(band).push_back(static_cast<std::uint16_t>(color.at(band) * 257));
            map.at(band).resize(std::max<std::size_t>(4, std::size_t{1} << row.sample_bits()));
        }
        TIFFSetField(tiff, TIFFTAG_COLORMAP, map[0].data(), map[1].data(), map[2].data());
    }
}

void write_units(TIFF* tiff, const EncodingCase& row) {
    const bool tiled = row.layout.ends_with("tiles");
    const bool separate = row.layout.starts_with("separate");
    const bool packs_chroma = row.colors.starts_with("YCbCr") && row.encoding != "JPEG" && !separate;
    const auto planes = separate ? static_cast<int>(tiff_samples(row, 0, 0).size()) : 1;
    const Unit size{0, 0, tiled ? tile_side : case_width, tiled ? tile_side : unit_rows};
    std::uint32_t number = 0;
    for (int plane = 0; plane < planes; ++plane)
        for (unsigned top = 0; top < case_height; top += size.height)
            for (unsigned left = 0; left < case_width; left += size.width) {
                const Unit unit{left, top, size.width, size.height};
                const auto [across, down] =
                    packs_chroma ? chroma_of(row.colors) : std::pair{std::uint16_t{1}, std::uint16_t{1}};
                auto bytes = packs_chroma ? packed_chroma(row, unit, across, down)
                                          : packed(row, unit, separate ? plane : -1);
                const auto count = static_cast<tmsize_t>(bytes.size());
                if ((tiled ? TIFFWriteEncodedTile(tiff, number, bytes.data(), count)
                           : TIFFWriteEncodedStrip(tiff, number, bytes.data(), count)) < 0)
                    throw std::runtime_error{"libtiff can't write the case"};
                ++number;
            }
}

/// Replaces a SHORT field of the first directory, of a little-endian file.
void replace_field(Bytes& bytes, std::uint16_t tag, std::uint16_t new_tag, std::uint32_t value) {
    const auto number = [&](std::size_t at) {
        return std::to_integer<std::size_t>(bytes.at(at)) | std::to_integer<std::size_t>(bytes.at(at + 1))
                                                                << 8;
    };
    const auto put = [&](std::size_t at, std::uint32_t number_put) {
        bytes.at(at) = static_cast<std::byte>(number_put);
        bytes.at(at + 1) = static_cast<std::byte>(number_put >> 8);
    };
    const auto directory = number(4) | number(6) << 16;
    for (auto entry = directory + 2; entry < directory + 2 + 12 * number(directory); entry += 12)
        if (number(entry) == tag) {
            put(entry, new_tag);
            put(entry + 8, value);
            return;
        }
    throw std::runtime_error{"The TIFF has no such field"};
}

/// Old-style JPEG, which libtiff doesn't write: a whole JPEG file that the directory points to.
Bytes old_jpeg(const EncodingCase& row) {
    auto stored = row;
    stored.format = "JPEG";
    stored.encoding = "baseline";
    const auto jpeg = jpeg_of(stored);
    const bool grey = row.is_grey();
    ByteWriter out;
    constexpr std::uint32_t data = 8 + 2 + 12 * 11 + 4 + 6;
    const auto size = static_cast<std::uint32_t>(jpeg.size());
    out.text({"II*\0", 4}).le32(8).le16(11);
    const auto entry = [&](std::uint16_t tag, std::uint16_t type, std::uint32_t count, std::uint32_t value) {
        out.le16(tag).le16(type).le32(count).le32(value);
    };
    entry(256, 4, 1, case_width);
    entry(257, 4, 1, case_height);
    entry(258, 3, grey ? 1 : 3, grey ? 8 : data - 6);
    entry(259, 3, 1, 6);
    entry(262, 3, 1, grey ? 1 : 6);
    entry(273, 4, 1, data);
    entry(277, 3, 1, grey ? 1 : 3);
    entry(278, 4, 1, case_height);
    entry(279, 4, 1, size);
    entry(513, 4, 1, data);
    entry(514, 4, 1, size);
    out.le32(0).le16(8).le16(8).le16(8);
    return out.bytes(jpeg).take();
}

} // namespace

Bytes tiff_of(const EncodingCase& row) {
    if (row.encoding == "old JPEG")
        return old_jpeg(row);
    Memory file;
    // Both byte orders occur; fields are changed afterwards in little-endian files alone, and libtiff 4.5
    // writes wrong differences of floats into big-endian ones.
    const bool big_endian = row.is_shown && row.layout.ends_with("tiles") && predictor_of(row.encoding) != 3;
    const auto* const mode = big_endian ? "wb" : "wl";
    auto* const tiff = TIFFClientOpen("case", mode, &file, &Memory::read, &Memory::write, &Memory::seek,
                                      &Memory::close, &Memory::size, nullptr, nullptr);
    if (tiff == nullptr)
        throw std::runtime_error{"libtiff can't open the case"};
    auto written = row;
    if (!row.is_shown)
        written.encoding = "none";
    set_fields(tiff, row);
    write_units(tiff, written);
    TIFFClose(tiff);
    if (!row.is_shown) {
        replace_field(file.bytes, TIFFTAG_COMPRESSION, TIFFTAG_COMPRESSION, compression_of(row.encoding));
        if (predictor_of(row.encoding) != 1) // in the place of a field that decoding doesn't need
            replace_field(file.bytes, TIFFTAG_ROWSPERSTRIP, TIFFTAG_PREDICTOR, predictor_of(row.encoding));
    }
    return std::move(file.bytes);
}

} // namespace portrait::testing
