#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// Decodes base64 (RFC 4648 section 4). Strict, absent otherwise: padding is required, white space and other
/// characters outside the alphabet are refused, and so are bits after the last byte that are not zero.
std::optional<std::string> decode_base64(std::string_view text);

/// Decodes into a buffer for a picture, which is allocated at once.
std::optional<std::vector<std::byte>> decode_base64_bytes(std::string_view text);

/// The size of the decoded text; 0 when the length shows that the text is malformed.
std::size_t decoded_base64_size(std::string_view text) noexcept;

/// The number of characters that `append_base64` appends.
constexpr std::size_t encoded_base64_size(std::size_t bytes) noexcept {
    return (bytes + 2) / 3 * 4;
}

/// Appends the bytes as padded base64.
void append_base64(std::string& text, std::span<const std::byte> bytes);

} // namespace portrait::http
