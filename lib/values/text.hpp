#pragma once

#include <portrait/error.hpp>

#include <cstddef>
#include <string_view>

namespace portrait {

/// Checks that a text may be stored (contract section 3): strict UTF-8, at most `max_characters` code points,
/// no control characters but tabs and line ends. The message calls the text `name`.
[[nodiscard]] result<void> check_text(std::string_view name, std::string_view text,
                                      std::size_t max_characters);

} // namespace portrait
