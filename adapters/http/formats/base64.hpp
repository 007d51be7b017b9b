#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// The bytes that a base64 text (RFC 4648 section 4) stands for. Strict: padding is required, white space and
/// any other character outside the alphabet are refused, and so are bits beyond the last byte that are not
/// zero. Absent when the text is not base64. An empty text is no bytes.
std::optional<std::string> decode_base64(std::string_view text);

/// The same, straight into a buffer for a picture. Takes memory for three quarters of the text, at once.
std::optional<std::vector<std::byte>> decode_base64_bytes(std::string_view text);

/// How many bytes a well-formed text of this length and padding stands for; 0 when it can't be well-formed.
std::size_t decoded_base64_size(std::string_view text) noexcept;

/// How many characters `append_base64` writes.
constexpr std::size_t encoded_base64_size(std::size_t bytes) noexcept {
    return (bytes + 2) / 3 * 4;
}

/// Writes the bytes as base64, padded, behind `text`.
void append_base64(std::string& text, std::span<const std::byte> bytes);

} // namespace portrait::http
