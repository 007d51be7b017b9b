#pragma once

#include <portrait/http/problem.hpp>
#include <portrait/image_bytes.hpp>
#include <portrait/upload_converter.hpp>

#include <cstddef>
#include <string_view>

namespace portrait::http {

inline constexpr std::size_t max_multipart_parts = 16;
/// Bytes of one part's header lines, the empty line not counted.
inline constexpr std::size_t max_part_header_bytes = 8192;

/// The 400 of a form whose Content-Type has no valid boundary.
Problem no_boundary_problem();

/// The picture in a multipart/form-data body (RFC 7578), as a slice that shares the body's buffer: the first
/// part of an image/* type, else the first with the bytes of a stored format or of one of `formats`, those
/// that are converted, else the first with a file name. Skips other parts, preamble and epilogue. Checks the
/// body to its end boundary: a form that was cut off is refused even when its picture is whole.
/// Every problem is a 400: `multipart.no_boundary`, `multipart.no_picture`, `multipart.truncated`,
/// `multipart.too_many_parts`, `multipart.header_too_large`, `multipart.malformed`. Linear in the body's
/// size.
[[nodiscard]] ProblemOr<ImageBytes> picture_part(const ImageBytes& body, std::string_view boundary,
                                                 ConvertibleFormats formats);

} // namespace portrait::http
