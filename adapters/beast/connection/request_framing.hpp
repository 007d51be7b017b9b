#pragma once

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portrait::http {

/// A problem of the rule `request.malformed`.
Problem malformed(std::string message);

/// 503: the client may retry after a second.
Problem try_again(std::string_view rule, std::string message);

/// The problem of a target of more than `limit` bytes.
Problem target_too_long(std::uint32_t limit);

/// Checks the requirements of RFC 9112 beyond its grammar: one Host, one declaration of the body's length, a
/// target in origin-form (absolute-form is reduced to it, `*` is left for OPTIONS), no coding but chunked, no
/// expectation but 100-continue. `minor_version` is x of HTTP/1.x. Sets `head.target`.
std::optional<Problem> check_framing(RequestHead& head, unsigned minor_version);

/// Whether the client waits for `100 Continue`.
bool expects_continue(const RequestHead& head, unsigned minor_version) noexcept;

} // namespace portrait::http
