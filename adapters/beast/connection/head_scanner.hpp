#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portrait::http {

/// Checks a request's head, byte by byte as it arrives, for constructs that parsers disagree about, although
/// RFC 9112 permits some of them: a line end without CR, a CR without LF, a field continued on the next line,
/// and control characters. Also limits the target. Not thread-safe.
class HeadScanner {
public:
    enum class Fault { none, line_end, continued_field, control_character, long_target };

    /// `target_limit` is the largest size of a target in bytes.
    explicit HeadScanner(std::uint32_t target_limit) noexcept
        : target_limit_{target_limit} {}

    /// Checks the next bytes of the head; ignores bytes after the empty line that ends it.
    Fault scan(std::string_view bytes) noexcept;

private:
    Fault check(unsigned char byte) noexcept;

    std::uint32_t target_limit_;
    std::uint32_t target_bytes_ = 0;
    std::size_t line_bytes_ = 0; ///< of the present line so far
    unsigned spaces_ = 0;        ///< in the request line so far
    bool in_fields_ = false;
    bool after_cr_ = false;
    bool complete_ = false;
};

} // namespace portrait::http
