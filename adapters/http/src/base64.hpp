#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// The bytes that a base64 text (RFC 4648 section 4) stands for. Strict: padding is required, white space and
/// any other character outside the alphabet are refused, and so are bits beyond the last byte that are not
/// zero. Absent when the text is not base64. An empty text is no bytes.
std::optional<std::string> decode_base64(std::string_view text);

} // namespace portrait::http
