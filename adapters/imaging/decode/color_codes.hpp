#pragma once

#include <lcms2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace portrait::imaging {

/// Colours by the codes of ITU-T H.273.
struct ColorCodes {
    std::size_t primaries = 0; ///< table 2
    std::size_t transfer = 0;  ///< table 3
};

/// Perceptual quantizer or hybrid log-gamma: a picture of high dynamic range.
constexpr bool is_high_dynamic_range(const ColorCodes& codes) noexcept {
    return codes.transfer == 16 || codes.transfer == 18;
}

constexpr bool is_srgb(const ColorCodes& codes) noexcept {
    return codes.primaries == 1 && codes.transfer == 13;
}

/// CIE 1931 coordinates.
struct Primaries {
    cmsCIExyY white{.x = 0.3127, .y = 0.3290, .Y = 1};
    cmsCIExyYTRIPLE colors{.Red = {.x = 0.64, .y = 0.33, .Y = 1},
                           .Green = {.x = 0.30, .y = 0.60, .Y = 1},
                           .Blue = {.x = 0.15, .y = 0.06, .Y = 1}}; // sRGB's
};

/// The light of a sample, as lcms2 has it: the type of a function and its parameters.
struct Transfer {
    int type = 4; ///< (aX + b)^g from d on, cX below
    std::array<double, 5> parameters{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045}; // sRGB's
};

/// A sample to the power of the exponent.
constexpr Transfer power_of(double exponent) {
    return {.type = 1, .parameters = {exponent}};
}

/// An ICC profile; empty if lcms2 can't make one of these numbers.
std::vector<std::byte> profile_of(const Primaries& primaries, const Transfer& transfer, bool grey);

/// An ICC profile of these colours; empty for codes without a meaning for a picture.
std::vector<std::byte> profile_of(const ColorCodes& codes, bool grey);

} // namespace portrait::imaging
