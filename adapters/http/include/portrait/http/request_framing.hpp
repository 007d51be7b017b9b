#pragma once

#include <portrait/export.hpp>
#include <portrait/http/message.hpp>
#include <portrait/http/problem.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace portrait::http {

/// Checks a request's head, byte by byte as it arrives, for constructs that parsers disagree about, although
/// RFC 9112 permits some of them: a line end without CR, a CR without LF, a field continued on the next line,
/// and control characters. Also limits the target. For hosts with a parser of their own. Not thread-safe.
class PORTRAIT_EXPORT HeadScanner {
public:
    /// `target_limit` is the largest size of a target in bytes.
    explicit HeadScanner(std::uint32_t target_limit) noexcept
        : target_limit_{target_limit} {}

    /// Checks the next bytes of the head; ignores bytes after the empty line that ends it. Problems:
    /// `request.malformed`, `request.target_too_long`.
    std::optional<Problem> scan(std::string_view bytes);

private:
    const char* check(unsigned char byte) noexcept;

    std::uint32_t target_limit_;
    std::uint32_t target_bytes_ = 0;
    std::size_t line_bytes_ = 0; ///< of the present line so far
    unsigned spaces_ = 0;        ///< in the request line so far
    bool in_fields_ = false;
    bool after_cr_ = false;
    bool complete_ = false;
};

/// Checks the requirements of RFC 9112 beyond its grammar: one Host, one declaration of the body's length, a
/// target in origin-form (absolute-form is reduced to it, `*` is left for OPTIONS), no coding but chunked, no
/// expectation but 100-continue. `minor_version` is x of HTTP/1.x. Sets `head.target`.
PORTRAIT_EXPORT std::optional<Problem> check_framing(RequestHead& head, unsigned minor_version);

/// Whether the client of a request that `check_framing` has accepted waits for `100 Continue`.
PORTRAIT_EXPORT bool expects_continue(const RequestHead& head, unsigned minor_version) noexcept;

} // namespace portrait::http
