#pragma once

#include <string>
#include <string_view>

namespace portrait_server {

/// The text with every control character and every byte that isn't UTF-8 as `\x1B`: a client's bytes can
/// neither forge a line of a log nor drive an operator's terminal.
std::string printable(std::string_view text);

/// Whether `printable` leaves the text as it is.
bool is_printable(std::string_view text);

} // namespace portrait_server
