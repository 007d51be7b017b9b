#pragma once

#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace portrait::http {

/// A problem of the rule `request.malformed`.
Problem malformed(std::string message);

/// The answer to a target of more than `limit` bytes.
Problem target_too_long(std::uint32_t limit);

/// What RFC 9112 asks of a head beyond its grammar: one Host, one way to say the body's length, a target in
/// origin-form (absolute-form is reduced to it, `*` stays with OPTIONS), no coding but chunked, no
/// expectation but 100-continue. `minor_version` is HTTP/1.x's x. Sets `head.target`. Absent when all is
/// well.
std::optional<Problem> check_framing(RequestHead& head, unsigned minor_version);

/// Whether the sender waits for `100 Continue`.
bool expects_continue(const RequestHead& head, unsigned minor_version) noexcept;

} // namespace portrait::http
