#include "tiff_encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace portrait::probing {
namespace {

// Compression.
constexpr std::uint32_t fax_rle = 2;
constexpr std::uint32_t fax_group_4 = 4;
constexpr std::uint32_t old_jpeg = 6;
constexpr std::uint32_t jpeg = 7;
constexpr std::uint32_t fax_rle_of_words = 32771;

// PhotometricInterpretation.
constexpr std::uint32_t white_is_zero = 0;
constexpr std::uint32_t black_is_zero = 1;
constexpr std::uint32_t rgb = 2;
constexpr std::uint32_t palette = 3;
constexpr std::uint32_t separated = 5;
constexpr std::uint32_t ycbcr = 6;
constexpr std::uint32_t cie_lab = 8;
constexpr std::uint32_t icc_lab = 9;

// SampleFormat.
constexpr std::uint32_t unsigned_numbers = 1;
constexpr std::uint32_t signed_numbers = 2;
constexpr std::uint32_t floats = 3;
constexpr std::uint32_t undefined_numbers = 4; // as good as unsigned ones

constexpr std::uint32_t contiguous = 1;

template<class Values>
bool is_one_of(std::uint32_t value, const Values& values) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

bool is_fax(std::uint32_t compression) {
    return (compression >= fax_rle && compression <= fax_group_4) || compression == fax_rle_of_words;
}

std::optional<std::string> unsupported_compression(const TiffEncoding& encoding) {
    struct Name {
        std::uint32_t compression;
        std::string_view name;
    };
    constexpr std::array known{
        Name{32766, "NeXT"},       Name{32809, "ThunderScan"}, Name{34661, "JBIG"},
        Name{34676, "SGI LogLuv"}, Name{34677, "SGI LogLuv"},  Name{34712, "JPEG 2000"},
        Name{34887, "LERC"},       Name{34925, "LZMA"},        Name{50001, "WebP"},
        Name{50002, "JPEG XL"},    Name{52546, "JPEG XL"}};
    constexpr std::array<std::uint32_t, 6> lossless{1, 5, 8, 32773, 32946, 50000};
    const auto compression = encoding.compression;
    if (is_fax(compression))
        return encoding.bits == 1 && encoding.samples == 1 && photometric_of(encoding) <= black_is_zero
                   ? std::nullopt
                   : std::optional<std::string>{"a TIFF with fax compression of more than black and white"};
    if (compression == jpeg || compression == old_jpeg)
        return encoding.bits == 8 && encoding.sample_format == unsigned_numbers
                   ? std::nullopt
                   : std::optional{fmt::format("a TIFF of JPEG with {} bits a sample", encoding.bits)};
    if (is_one_of(compression, lossless))
        return std::nullopt;
    const auto* const found = std::find_if(known.begin(), known.end(), [compression](const Name& row) {
        return row.compression == compression;
    });
    return found != known.end() ? fmt::format("a TIFF compressed as {}", found->name)
                                : fmt::format("a TIFF of compression {}", compression);
}

/// Whether libtiff undoes the predictor for samples of that size; it ignores one of other compressions.
bool has_usable_predictor(const TiffEncoding& encoding) {
    constexpr std::array<std::uint32_t, 4> predicting{5, 8, 32946, 50000};
    if (!is_one_of(encoding.compression, predicting))
        return true;
    switch (encoding.predictor) {
    case 1: return true;
    case 2: return is_one_of(encoding.bits, std::array<std::uint32_t, 4>{8, 16, 32, 64});
    case 3:
        return encoding.sample_format == floats &&
               is_one_of(encoding.bits, std::array<std::uint32_t, 3>{16, 32, 64});
    default: return false;
    }
}

std::optional<std::string> unsupported_samples(const TiffEncoding& encoding) {
    constexpr std::uint32_t most_samples = 64;
    if (encoding.samples > most_samples)
        return fmt::format("a TIFF of {} samples a pixel", encoding.samples);
    if (!encoding.alike)
        return "a TIFF whose samples differ in size or format";
    const auto bits = encoding.bits;
    switch (encoding.sample_format) {
    case unsigned_numbers:
    case undefined_numbers:
        return bits <= 16 || bits == 24 || bits == 32 || bits == 64
                   ? std::nullopt
                   : std::optional{fmt::format("a TIFF of {} bits a sample", bits)};
    case signed_numbers: return "a TIFF of signed samples";
    case floats:
        return bits == 16 || bits == 32 || bits == 64
                   ? std::nullopt
                   : std::optional{fmt::format("a TIFF of floating-point samples of {} bits", bits)};
    default: return "a TIFF of complex samples";
    }
}

bool has_usable_chroma(const TiffEncoding& encoding) {
    const auto across = encoding.chroma_across;
    const auto down = encoding.chroma_down;
    if (encoding.planes != contiguous)
        return across == 1 && down == 1;
    const auto is_power = [](std::uint32_t factor) { return factor == 1 || factor == 2 || factor == 4; };
    return is_power(across) && is_power(down) && down <= across * (across == 1 ? 2 : 1);
}

std::optional<std::string> unsupported_ycbcr(const TiffEncoding& encoding) {
    if (encoding.bits != 8 || encoding.sample_format == floats)
        return fmt::format("a TIFF of YCbCr with {} bits a sample", encoding.bits);
    if (encoding.samples != 3)
        return "a TIFF of YCbCr with further samples";
    if (!has_usable_chroma(encoding))
        return fmt::format("a TIFF of YCbCr with chroma reduced {} x {}", encoding.chroma_across,
                           encoding.chroma_down);
    return std::nullopt;
}

std::optional<std::string> unsupported_colors(const TiffEncoding& encoding) {
    const auto bits = encoding.bits;
    const bool numbers = encoding.sample_format != floats;
    switch (photometric_of(encoding)) {
    case white_is_zero:
    case black_is_zero:
    case rgb: return std::nullopt;
    case palette:
        return bits <= 8 && numbers ? std::nullopt
                                    : std::optional{fmt::format("a TIFF of a palette with {} bits", bits)};
    case separated:
        return encoding.inks == 1 && numbers ? std::nullopt
                                             : std::optional<std::string>{"a TIFF of inks other than CMYK"};
    case ycbcr: return unsupported_ycbcr(encoding);
    case cie_lab:
    case icc_lab:
        return (bits == 8 || bits == 16) && numbers
                   ? std::nullopt
                   : std::optional{fmt::format("a TIFF of Lab with {} bits a sample", bits)};
    default: return fmt::format("a TIFF of colours (PhotometricInterpretation) {}", photometric_of(encoding));
    }
}

} // namespace

std::uint32_t photometric_of(const TiffEncoding& encoding) noexcept {
    if (encoding.photometric)
        return *encoding.photometric;
    return is_fax(encoding.compression) ? white_is_zero : encoding.samples >= 3 ? rgb : black_is_zero;
}

ColorModel color_of(std::uint32_t photometric) noexcept {
    switch (photometric) {
    case white_is_zero:
    case black_is_zero: return ColorModel::grey;
    case rgb: return ColorModel::rgb;
    case palette: return ColorModel::palette;
    case separated: return ColorModel::cmyk;
    case ycbcr: return ColorModel::ycbcr;
    case cie_lab:
    case icc_lab: return ColorModel::lab;
    default: return ColorModel::other;
    }
}

std::optional<std::string> unsupported_tiff(const TiffEncoding& encoding) {
    if (auto found = unsupported_compression(encoding))
        return found;
    if (auto found = unsupported_samples(encoding))
        return found;
    if (!has_usable_predictor(encoding))
        return fmt::format("a TIFF of predictor {} with {} bits a sample", encoding.predictor, encoding.bits);
    return unsupported_colors(encoding);
}

} // namespace portrait::probing
