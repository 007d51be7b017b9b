#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace portrait::testing {

/// One encoding of a picture, in the words of the guide's table.
struct EncodingCase {
    std::string format;
    std::string encoding;
    std::string bits; ///< a sample; "float 32" is floating-point
    std::string colors;
    std::string alpha;
    std::string layout;
    bool is_shown = true;

    unsigned sample_bits() const {
        const auto space = bits.rfind(' ');
        return static_cast<unsigned>(std::stoul(space == std::string::npos ? bits : bits.substr(space + 1)));
    }
    bool is_float() const { return bits.starts_with("float"); }
    bool is_grey() const { return colors.starts_with("grey") || colors == "white is zero"; }
    bool has_alpha() const { return alpha == "associated" || alpha == "unassociated"; }
};

inline std::ostream& operator<<(std::ostream& out, const EncodingCase& row) {
    return out << row.format << ", " << row.encoding << ", " << row.bits << " bits, " << row.colors
               << ", alpha " << row.alpha << ", " << row.layout;
}

/// Rows of the guide's page, each with all combinations of its lists.
std::vector<EncodingCase> encoding_cases();

/// 0 to 1.
struct Color {
    double red = 0;
    double green = 0;
    double blue = 0;
    double alpha = 1;
};

/// Every case shows four quadrants.
constexpr unsigned case_width = 64;
constexpr unsigned case_height = 48;

constexpr unsigned quadrant_at(unsigned x, unsigned y) {
    return (x >= case_width / 2 ? 1U : 0U) + (y >= case_height / 2 ? 2U : 0U);
}

inline double quantized(double value, unsigned bits) {
    const double most = std::ldexp(1.0, static_cast<int>(bits)) - 1;
    return std::round(value * most) / most;
}

/// The colour of a quadrant as the case can store it, which is also the one that a rendition shows.
Color color_of(const EncodingCase& row, unsigned quadrant);

/// L from 0 to 100, a and b, of the white of D65.
std::array<double, 3> lab_of(const Color& color);

/// The colours of a palette of two or more.
inline constexpr std::array<std::array<std::uint8_t, 3>, 4> quadrant_colors{
    {{200, 40, 40}, {40, 180, 60}, {50, 60, 200}, {230, 220, 120}}};

using Bytes = std::vector<std::byte>;

/// The case as a file.
Bytes tiff_of(const EncodingCase& row);
Bytes png_of(const EncodingCase& row);
Bytes jpeg_of(const EncodingCase& row);
Bytes gif_of(const EncodingCase& row);

} // namespace portrait::testing
