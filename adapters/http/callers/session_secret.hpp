#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace portrait::http {

/// The length of a session's secret and of its XSRF value: 256 bits as base64url.
inline constexpr std::size_t session_secret_length = 43;

/// The value that X-XSRF-TOKEN must have: a digest of the session's secret, so that it belongs to one
/// session, is the same on every server, and is stored nowhere.
std::string xsrf_value(std::string_view secret);

/// Compares in constant time.
bool is_xsrf_value(std::string_view secret, std::string_view value);

} // namespace portrait::http
