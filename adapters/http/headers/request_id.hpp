#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// Whether a caller's X-Request-Id may be used: 1 to 64 of `A-Za-z0-9._-`.
bool is_request_id(std::string_view text) noexcept;

/// The caller's X-Request-Id when it may be used, otherwise a fresh one of 16 hexadecimal digits. Ids
/// distinguish requests in a log; they are no secret. Thread-safe, without locks.
std::string request_id(const RequestHead& head);

} // namespace portrait::http
