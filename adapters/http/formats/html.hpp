#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// The text for an element's content or a quoted attribute's value.
std::string html_escaped(std::string_view text);

/// An answer with a small HTML page without scripts, not to be cached and not to be framed. `content` is
/// HTML.
Response html_page(unsigned status, std::string_view title, std::string_view content);

} // namespace portrait::http
