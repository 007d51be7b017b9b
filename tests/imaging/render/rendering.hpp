#pragma once

#include <portrait/imaging/vips_renderer.hpp>
#include <portrait/probe.hpp>

#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace portrait {

inline std::ostream& operator<<(std::ostream& out, const RenderedImage& made) {
    return out << media_type(made.format) << ' ' << made.width << 'x' << made.height;
}

inline std::ostream& operator<<(std::ostream& out, const ImageHeader& header) {
    return out << media_type(header.format) << ' ' << header.width << 'x' << header.height;
}

namespace imaging {

inline std::ostream& operator<<(std::ostream& out, const DecodingCost& cost) {
    return out << cost.bytes << " bytes";
}

} // namespace imaging

namespace testing {

inline ImageBytes read_picture(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    REQUIRE(file);
    return ImageBytes{std::string{std::istreambuf_iterator<char>{file}, {}}};
}

/// A job of a picture that `probe` accepts.
inline RenderImage job_of(ImageBytes bytes, Rendition rendition) {
    const auto header = probe(bytes);
    INFO((header ? std::string{} : header.error().message()));
    REQUIRE(header);
    return {std::move(bytes), *header, rendition, {}};
}

inline ImageBytes bytes_of(std::vector<std::byte> bytes) {
    return ImageBytes{std::move(bytes)};
}

} // namespace testing
} // namespace portrait
