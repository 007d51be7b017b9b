#pragma once

#include <portrait/export.hpp>

#include <string>
#include <string_view>

namespace portrait {

/// Makes text from a client safe for a line of a log and for an operator's terminal: each byte of a control
/// character, and each byte that isn't part of valid UTF-8 (RFC 3629), becomes `\x` and two hexadecimal
/// digits. Tabs and line ends are control characters, too. All other text stays as it is.
///
///     portrait::printable("Ada\n\x1b[2J") // R"(Ada\x0A\x1B[2J)"
PORTRAIT_EXPORT std::string printable(std::string_view text);

/// Whether `printable` returns the text unchanged.
PORTRAIT_EXPORT bool is_printable(std::string_view text) noexcept;

} // namespace portrait
