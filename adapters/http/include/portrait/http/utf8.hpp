#pragma once

#include <portrait/export.hpp>

#include <string_view>

namespace portrait::http {

/// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
PORTRAIT_EXPORT bool is_utf8(std::string_view bytes) noexcept;

/// Whether there is an ASCII control character (below 0x20, or 0x7F) among the bytes.
PORTRAIT_EXPORT bool has_control_characters(std::string_view bytes) noexcept;

} // namespace portrait::http
