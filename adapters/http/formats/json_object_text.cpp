#include "formats/json_object_text.hpp"

#include <algorithm>
#include <iterator>

namespace portrait::http {

namespace {

constexpr bool needs_escape(char character) noexcept {
    return static_cast<unsigned char>(character) < 0x20 || character == '"' || character == '\\';
}

void append_escape(std::string& text, char character) {
    switch (character) {
    case '"': text += "\\\""; return;
    case '\\': text += "\\\\"; return;
    case '\b': text += "\\b"; return;
    case '\f': text += "\\f"; return;
    case '\n': text += "\\n"; return;
    case '\r': text += "\\r"; return;
    case '\t': text += "\\t"; return;
    default: fmt::format_to(std::back_inserter(text), "\\u{:04x}", static_cast<unsigned>(character));
    }
}

} // namespace

void append_json_string(std::string& text, std::string_view value) {
    text += '"';
    while (!value.empty()) {
        const auto plain =
            static_cast<std::size_t>(std::find_if(value.begin(), value.end(), needs_escape) - value.begin());
        text.append(value.substr(0, plain));
        value.remove_prefix(plain);
        if (value.empty())
            break;
        append_escape(text, value.front());
        value.remove_prefix(1);
    }
    text += '"';
}

} // namespace portrait::http
