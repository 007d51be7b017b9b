#pragma once

#include <portrait/image_header.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace portrait::probing {

/// How a TIFF's pixels are stored, by the fields of its first directory; the defaults are those of TIFF 6.0.
struct TiffEncoding {
    std::uint32_t compression = 1;
    std::optional<std::uint32_t> photometric{};
    std::uint32_t samples = 1; ///< a pixel
    std::uint32_t bits = 1;    ///< a sample
    bool alike = true;         ///< whether all samples have the same bits and format
    std::uint32_t sample_format = 1;
    std::uint32_t planes = 1; ///< PlanarConfiguration
    std::uint32_t predictor = 1;
    std::uint32_t inks = 1;          ///< InkSet
    std::uint32_t chroma_across = 2; ///< YCbCrSubSampling
    std::uint32_t chroma_down = 2;   ///< YCbCrSubSampling
};

/// PhotometricInterpretation, by the number of samples where the field is absent, as libtiff does.
std::uint32_t photometric_of(const TiffEncoding& encoding) noexcept;

/// The colours of a PhotometricInterpretation.
ColorModel color_of(std::uint32_t photometric) noexcept;

/// The phrase that names an encoding which renderers don't decode, such as "a TIFF of signed samples"; absent
/// for one that they do. The guide's page on pictures has the table.
std::optional<std::string> unsupported_tiff(const TiffEncoding& encoding);

} // namespace portrait::probing
