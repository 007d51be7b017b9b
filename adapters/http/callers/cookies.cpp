#include "callers/cookies.hpp"

#include "headers/field_syntax.hpp"

namespace portrait::http {

namespace {

/// Adds the cookies of that name in one field to `found`.
void read_field(std::string_view field, std::string_view name, CookieValue& found) noexcept {
    while (!field.empty()) {
        const auto end = field.find(';');
        const auto pair = field.substr(0, end);
        field.remove_prefix(end == std::string_view::npos ? field.size() : end + 1);
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)) != name)
            continue;
        const auto value = trimmed(pair.substr(equals + 1));
        if (found.kind == CookieValue::Kind::absent)
            found = {CookieValue::Kind::found, value};
        else if (found.value != value)
            found.kind = CookieValue::Kind::ambiguous;
    }
}

} // namespace

CookieValue find_cookie(const RequestHead& head, std::string_view name) noexcept {
    std::size_t length = 0;
    for (const auto& field : head.fields)
        length += equal_ignoring_case(field.name, "Cookie") ? field.value.size() : 0;
    CookieValue found;
    if (length > max_cookies_length)
        return found;
    for (const auto& field : head.fields)
        if (equal_ignoring_case(field.name, "Cookie"))
            read_field(field.value, name, found);
    return found;
}

} // namespace portrait::http
