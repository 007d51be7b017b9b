#pragma once

#include <portrait/error.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_header.hpp>

#include <cstdint>
#include <optional>

namespace portrait {

/// A wanted size and type of a picture (contract section 2, GET parameters).
struct Rendition {
    std::optional<std::uint32_t> width;  ///< pixels, 1 to 4096; absent: by the aspect ratio
    std::optional<std::uint32_t> height; ///< pixels, 1 to 4096; absent: by the aspect ratio
    std::optional<ImageFormat> format;   ///< absent: the stored one

    friend bool operator==(const Rendition&, const Rendition&) = default;
};

/// Port: scales and converts. A picture is fitted inside width × height without distortion and never
/// enlarged. Thread-safe; takes CPU time, so never called on a thread that serves sockets.
class ImageRenderer {
public:
    virtual ~ImageRenderer() = default;

    /// The rendition's bytes. `header` is what `probe` said of `bytes`. Errors: `image_corrupt`,
    /// `image_too_many_pixels`, `rendition_not_supported`, `service_busy`.
    virtual result<ImageBytes> render(const ImageBytes& bytes, const ImageHeader& header,
                                      const Rendition& rendition) const = 0;
};

} // namespace portrait
