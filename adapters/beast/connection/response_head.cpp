#include "connection/response_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace portrait::http {
namespace {

void append_number(std::string& out, std::uint64_t number) {
    const fmt::format_int digits{number};
    out.append(digits.data(), digits.size());
}

void append_value(std::string& out, std::string_view value) {
    const auto begin = static_cast<std::ptrdiff_t>(out.size());
    out.append(value);
    std::replace_if(
        out.begin() + begin, out.end(),
        [](char letter) { return static_cast<unsigned char>(letter) < 0x20 && letter != '\t'; }, ' ');
}

} // namespace

void write_response_head(const Response& response, const ResponseFraming& framing, std::string& out) {
    out.clear();
    out.append("HTTP/1.1 ");
    append_number(out, response.status);
    out.push_back(' ');
    append_value(out, response.reason.empty() ? reason_phrase(response.status) : response.reason);
    out.append("\r\nServer: portrait\r\nDate: ").append(framing.date).append("\r\n");
    if (!framing.transport_security.empty())
        out.append("Strict-Transport-Security: ").append(framing.transport_security).append("\r\n");
    for (const ResponseField& field : response.fields) {
        out.append(field.name).append(": ");
        append_value(out, field.value);
        out.append("\r\n");
    }
    if (const auto length = response.length()) {
        out.append("Content-Length: ");
        append_number(out, *length);
        out.append("\r\n");
    }
    if (framing.chunked)
        out.append("Transfer-Encoding: chunked\r\n");
    if (framing.close)
        out.append("Connection: close\r\n");
    else if (framing.keep_alive)
        out.append("Connection: keep-alive\r\n");
    out.append("\r\n");
}

} // namespace portrait::http
