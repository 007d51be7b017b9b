#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/image_format.hpp>
#include <portrait/image_renderer.hpp>
#include <portrait/image_store.hpp>
#include <portrait/limits.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace portrait {

/// Formats of phones and browsers that are not stored, but can be converted to one that is.
enum class ConvertibleFormat : std::uint8_t { webp, heic, avif };

/// In the order of the enumerators.
inline constexpr std::array all_convertible_formats{ConvertibleFormat::webp, ConvertibleFormat::heic,
                                                    ConvertibleFormat::avif};
/// A set of convertible formats.
using ConvertibleFormats = FormatSet<ConvertibleFormat>;

/// `WebP`, `HEIC` or `AVIF`.
constexpr std::string_view name_of(ConvertibleFormat format) noexcept {
    constexpr std::array<std::string_view, 3> names{"WebP", "HEIC", "AVIF"};
    return names[static_cast<std::size_t>(format)];
}

/// The format that the first bytes name, if it is one of the three. Thread-safe, never fails.
PORTRAIT_EXPORT std::optional<ConvertibleFormat>
convertible_format(std::span<const std::byte> bytes) noexcept;

/// A picture to convert.
struct UploadedImage {
    ImageBytes bytes;
    ConvertibleFormat format = ConvertibleFormat::webp;
    Limits limits{};
};

/// Port: converts pictures of formats that are not stored (contract section 2, `--convert-uploads`).
/// Thread-safe; takes CPU time and memory, as an `ImageRenderer` does.
class PORTRAIT_EXPORT UploadConverter {
public:
    virtual ~UploadConverter() = default;

    /// The formats that are switched on.
    virtual ConvertibleFormats formats() const noexcept = 0;

    /// Makes an upright picture in sRGB without metadata, a JPEG, or a PNG if it has an alpha channel, and
    /// calls back once, on any thread, perhaps before it returns. The limits are applied to the upload's
    /// bytes and, before decoding, to its dimensions. `upload.format` is one of `formats()`.
    ///
    /// Errors: `image_corrupt`, `image_too_many_bytes`, `image_too_many_pixels`, `image_too_wide`,
    /// `image_too_high`, `rendition_too_costly`, `rendition_timed_out`, `service_busy`, `cancelled`.
    virtual void submit(UploadedImage upload, RenderCaller caller,
                        Completion<ImageBytes> completion) const = 0;
};

/// The stage in front of `PersonImageService`: completes with the picture to save, which is the upload itself
/// unless `converter` has its format switched on. A null converter has none. Calls back once, on any thread,
/// perhaps before it returns.
///
/// ```cpp
/// const result<ImageBytes> picture = portrait::convert_upload(converter.get(), upload, service.limits());
/// if (picture)
///     service.save(person, *picture, actor);
/// ```
///
/// Errors: `image_unsupported_format` for a format that isn't switched on, and those of
/// `UploadConverter::submit`.
PORTRAIT_EXPORT void convert_upload(const UploadConverter* converter, ImageBytes upload, const Limits& limits,
                                    RenderCaller caller, Completion<ImageBytes> completion);
/// As above, and waits for the outcome.
[[nodiscard]] PORTRAIT_EXPORT result<ImageBytes> convert_upload(const UploadConverter* converter,
                                                                ImageBytes upload, const Limits& limits);

} // namespace portrait
