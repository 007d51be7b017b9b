#pragma once

#include "budget.hpp"
#include "byte_view.hpp"

#include <portrait/error.hpp>
#include <portrait/image_header.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::probing {

inline constexpr std::string_view png_signature{"\x89PNG\r\n\x1a\n", 8};
inline constexpr std::string_view jpeg_signature{"\xff\xd8\xff", 3};
inline constexpr std::string_view gif87_signature{"GIF87a"};
inline constexpr std::string_view gif89_signature{"GIF89a"};
inline constexpr std::string_view tiff_little_signature{"II*\0", 4};
inline constexpr std::string_view tiff_big_signature{"MM\0*", 4};
inline constexpr std::string_view bigtiff_little_signature{"II+\0", 4};
inline constexpr std::string_view bigtiff_big_signature{"MM\0+", 4};

/// Each reads the head of a picture whose signature was seen already; errors as `probe` documents them.
[[nodiscard]] result<ImageHeader> read_png(ByteView bytes);
[[nodiscard]] result<ImageHeader> read_jpeg(ByteView bytes);
[[nodiscard]] result<ImageHeader> read_gif(ByteView bytes);
[[nodiscard]] result<ImageHeader> read_tiff(ByteView bytes);

/// The name of the format when the bytes are something that people do send for a picture, such as "WebP
/// picture"; absent when they are nothing known. Looks at no more than the first 16 KiB.
std::optional<std::string_view> other_format(ByteView bytes);

/// `image_corrupt` with what is wrong.
Error corrupt(std::string message);
/// `image_truncated`: `what` needs `needed` bytes and the file ends before. Observed is the size, limit the
/// need.
Error truncated(std::string_view what, ByteView bytes, std::uint64_t needed);
/// `image_zero_dimension` saying which.
Error zero_dimension(std::string_view format, std::uint64_t width, std::uint64_t height);
/// `image_unsupported_format`; `found` is a phrase such as "a WebP picture".
Error unsupported(std::string_view found);
/// `image_corrupt` for what wasn't found within the budget; `sought` is a phrase such as "frame header".
Error out_of_budget(std::string_view format, std::string_view sought);

} // namespace portrait::probing
