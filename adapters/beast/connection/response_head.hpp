#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// What the connection decides about an answer.
struct ResponseFraming {
    bool close = false;                  ///< say `Connection: close`
    bool keep_alive = false;             ///< say `Connection: keep-alive`, which HTTP/1.0 wants to hear
    bool chunked = false;                ///< say `Transfer-Encoding: chunked`
    std::string_view date;               ///< an HTTP date
    std::string_view transport_security; ///< what Strict-Transport-Security says; empty: there is none
};

/// Writes status line and fields into `out`, which it empties first, with the blank line at the end. Control
/// characters in values become spaces, so that no value can add a field.
void write_response_head(const Response& response, const ResponseFraming& framing, std::string& out);

} // namespace portrait::http
