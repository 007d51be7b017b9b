#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portrait::http {

/// Looks at a request's head, byte by byte as it arrives, for what parsers disagree about although some of it
/// may be taken by RFC 9112: a line end without CR, a CR without LF, a field continued on the next line, and
/// control characters. Also measures the target. Not thread-safe.
class HeadScanner {
public:
    enum class Fault { none, line_end, continued_field, control_character, long_target };

    /// `target_limit` is the most bytes that a target may have.
    explicit HeadScanner(std::uint32_t target_limit) noexcept
        : target_limit_{target_limit} {}

    /// Takes the bytes that follow those it has seen; stops behind the empty line that ends the head.
    Fault scan(std::string_view bytes) noexcept;

private:
    Fault look_at(unsigned char byte) noexcept;

    std::uint32_t target_limit_;
    std::uint32_t target_bytes_ = 0;
    std::size_t line_bytes_ = 0; ///< of the present line so far
    unsigned spaces_ = 0;        ///< in the request line so far
    bool in_fields_ = false;
    bool after_cr_ = false;
    bool complete_ = false;
};

} // namespace portrait::http
