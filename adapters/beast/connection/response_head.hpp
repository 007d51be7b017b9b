#pragma once

#include <portrait/http/message.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// The header fields that a connection adds to an answer.
struct ResponseFraming {
    bool close = false;                  ///< `Connection: close`
    bool keep_alive = false;             ///< `Connection: keep-alive`, for HTTP/1.0
    bool chunked = false;                ///< `Transfer-Encoding: chunked`
    std::string_view date;               ///< an HTTP date
    std::string_view transport_security; ///< Strict-Transport-Security; empty: none
};

/// Writes status line and fields into `out`, which it empties first, with the blank line at the end. Control
/// characters in values become spaces, so that no value can add a field.
void write_response_head(const Response& response, const ResponseFraming& framing, std::string& out);

} // namespace portrait::http
