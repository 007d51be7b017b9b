#include "encoding_case.hpp"

#include "support/places.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace portrait::testing {
namespace {

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(" \t");
    return begin == std::string::npos ? std::string{}
                                      : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::vector<std::string> parts_of(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in{text};
    for (std::string part; std::getline(in, part, separator);)
        parts.push_back(trimmed(part));
    return parts;
}

/// Adds all combinations of a row's lists.
void expand(const std::vector<std::string>& cells, std::vector<EncodingCase>& cases) {
    enum Column : std::size_t { format = 1, encoding, bits, colors, alpha, layout, outcome };
    for (const auto& a_encoding : parts_of(cells.at(encoding), ','))
        for (const auto& a_bits : parts_of(cells.at(bits), ','))
            for (const auto& a_colors : parts_of(cells.at(colors), ','))
                for (const auto& a_alpha : parts_of(cells.at(alpha), ','))
                    for (const auto& a_layout : parts_of(cells.at(layout), ','))
                        cases.push_back({cells.at(format), a_encoding, a_bits, a_colors, a_alpha, a_layout,
                                         cells.at(outcome) == "shown"});
}

} // namespace

std::vector<EncodingCase> encoding_cases() {
    std::ifstream page{source_path("examples/guide/pictures.md")};
    std::vector<EncodingCase> cases;
    for (std::string line; std::getline(page, line);) {
        const auto cells = parts_of(line, '|');
        if (cells.size() < 8 || (cells[7] != "shown" && cells[7] != "refused"))
            continue;
        expand(cells, cases);
    }
    return cases;
}

namespace {

double to_linear(double value) {
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}
double from_linear(double value) {
    value = std::clamp(value, 0.0, 1.0);
    return value <= 0.0031308 ? value * 12.92 : 1.055 * std::pow(value, 1 / 2.4) - 0.055;
}

Color color_of_lab(double l, double a, double b) {
    const auto cube = [](double value) {
        return value > 0.2069 ? value * value * value : (value - 16.0 / 116) / 7.787;
    };
    const double middle = (l + 16) / 116;
    const double x = cube(middle + a / 500) * 0.9505;
    const double y = cube(middle);
    const double z = cube(middle - b / 200) * 1.089;
    return {from_linear(3.2406 * x - 1.5372 * y - 0.4986 * z),
            from_linear(-0.9689 * x + 1.8758 * y + 0.0415 * z),
            from_linear(0.0557 * x - 0.2040 * y + 1.0570 * z)};
}

/// Without an alpha.
Color stored_color(const EncodingCase& row, unsigned quadrant, unsigned bits) {
    constexpr std::array<double, 4> greys{88, 124, 73, 212};
    if (row.colors.find("palette") != std::string::npos)
        quadrant %= std::min(4U, 1U << bits);
    const auto& stored = quadrant_colors.at(quadrant);
    if (row.is_grey()) {
        const auto grey = quantized(greys.at(quadrant) / 255.0, bits);
        return {grey, grey, grey};
    }
    if (row.colors.ends_with("Lab") && bits == 8) {
        const auto [l, a, b] = lab_of({stored[0] / 255.0, stored[1] / 255.0, stored[2] / 255.0});
        return color_of_lab(quantized(l / 100, bits) * 100, std::round(a), std::round(b));
    }
    const bool is_stored_as_it_is = row.colors.starts_with("RGB");
    const auto value = [&](std::size_t band) {
        return is_stored_as_it_is ? quantized(stored.at(band) / 255.0, bits) : stored.at(band) / 255.0;
    };
    return {value(0), value(1), value(2)};
}

} // namespace

std::array<double, 3> lab_of(const Color& color) {
    const double red = to_linear(color.red);
    const double green = to_linear(color.green);
    const double blue = to_linear(color.blue);
    const auto root = [](double value) {
        return value > 0.008856 ? std::cbrt(value) : 7.787 * value + 16.0 / 116;
    };
    const double x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
    const double y = root(0.2126 * red + 0.7152 * green + 0.0722 * blue);
    const double z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

Color color_of(const EncodingCase& row, unsigned quadrant) {
    constexpr std::array<double, 4> alphas{255, 128, 0, 64};
    const auto bits = row.is_float() || row.format == "JPEG" ? 16U : row.sample_bits();
    auto color = stored_color(row, quadrant, bits);
    if (row.has_alpha()) {
        color.alpha = quantized(alphas.at(quadrant) / 255, bits);
    } else if (row.alpha == "transparent colour") { // others of few bits may be equal to it
        const auto transparent = stored_color(row, 2, bits);
        color.alpha = color.red == transparent.red && color.blue == transparent.blue ? 0 : 1;
    }
    return color;
}

} // namespace portrait::testing
