#include <portrait/http/message.hpp>

#include "headers/field_syntax.hpp"

#include <algorithm>

namespace portrait::http {

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(),
                                                     [](char a, char b) { return lower(a) == lower(b); });
}

const std::string_view* RequestHead::find(std::string_view name) const noexcept {
    for (const auto& field : fields)
        if (equal_ignoring_case(field.name, name))
            return &field.value;
    return nullptr;
}

std::size_t RequestHead::count(std::string_view name) const noexcept {
    std::size_t count = 0;
    for (const auto& field : fields)
        count += equal_ignoring_case(field.name, name) ? 1 : 0;
    return count;
}

std::string RequestHead::joined(std::string_view name) const {
    std::string values;
    bool first = true;
    for (const auto& field : fields) {
        if (!equal_ignoring_case(field.name, name))
            continue;
        if (!std::exchange(first, false))
            values += ", ";
        values += field.value;
    }
    return values;
}

BodyProducer* Response::producer() const noexcept {
    const auto* const producer = std::get_if<std::shared_ptr<BodyProducer>>(&body);
    return producer != nullptr ? producer->get() : nullptr;
}

std::string_view Response::body_text() const noexcept {
    if (const auto* text = std::get_if<std::string>(&body))
        return *text;
    if (const auto* bytes = std::get_if<ImageBytes>(&body))
        return bytes->text();
    return {};
}

std::optional<std::uint64_t> Response::length() const noexcept {
    if (status < 200 || status == 204 || status == 304 || (producer() != nullptr && !content_length))
        return std::nullopt;
    return content_length.value_or(body_text().size());
}

std::string_view reason_phrase(unsigned status) noexcept {
    switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
    }
}

} // namespace portrait::http
