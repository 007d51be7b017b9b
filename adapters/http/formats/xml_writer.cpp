#include "formats/xml.hpp"

#include "headers/field_syntax.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace portrait::http {

namespace json = boost::json;

namespace {

constexpr std::string_view nil_namespace = R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")";

constexpr std::array<std::string_view, 3> dictionaries{"FieldProperties", "ExtraFields", "CustomFields"};

constexpr bool is_name_start(char character) noexcept {
    return is_letter(character) || character == '_';
}

/// Accepts only ASCII names, as our documents have them.
bool is_xml_name(std::string_view text) noexcept {
    return !text.empty() && is_name_start(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char character) {
               return is_name_start(character) || is_digit(character) || character == '-' || character == '.';
           });
}

bool is_dictionary(std::string_view name, const json::object& object) noexcept {
    return std::find(dictionaries.begin(), dictionaries.end(), name) != dictionaries.end() ||
           std::any_of(object.begin(), object.end(),
                       [](const auto& member) { return !is_xml_name(member.key()); });
}

/// The replacement of a character in a text; empty: none. A carriage return has to be a reference: readers
/// convert a plain one to a line feed, and pugixml's writer leaves it plain.
std::string_view replacement(char character) noexcept {
    switch (character) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\r': return "&#13;";
    case '\t':
    case '\n': return {};
    default: return static_cast<unsigned char>(character) < 0x20 ? "\xEF\xBF\xBD" : std::string_view{};
    }
}

/// U+FFFE and U+FFFF, which XML 1.0 has no way to write.
bool is_noncharacter(std::string_view rest) noexcept {
    return rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF");
}

class Writer {
public:
    void element(std::string_view name, const json::value& value) {
        fmt::format_to(std::back_inserter(out_), "<{}", name);
        if (value.is_null()) {
            has_nil_ = true;
            out_ += R"( xsi:nil="true"/>)";
            return;
        }
        out_ += '>';
        const auto start = out_.size();
        content(name, value);
        if (out_.size() == start)
            out_.insert(start - 1, 1, '/');
        else
            fmt::format_to(std::back_inserter(out_), "</{}>", name);
    }

    /// The document; declares the prefix on the root when it is used.
    std::string finished(std::string_view root) && {
        if (has_nil_)
            out_.insert(1 + root.size(), nil_namespace);
        return std::move(out_);
    }

private:
    void content(std::string_view name, const json::value& value) {
        switch (value.kind()) {
        case json::kind::object: return members(name, value.get_object());
        case json::kind::array:
            for (const auto& item : value.get_array())
                element(item_name(item), item);
            return;
        case json::kind::string: return text(value.get_string());
        case json::kind::bool_: out_ += value.get_bool() ? "true" : "false"; return;
        default: out_ += json::serialize(value); return;
        }
    }

    void members(std::string_view name, const json::object& object) {
        const bool dictionary = is_dictionary(name, object);
        for (const auto& member : object) {
            if (!dictionary) {
                element(member.key(), member.value());
                continue;
            }
            out_ += "<Item><Key>";
            text(member.key());
            out_ += "</Key>";
            element("Value", member.value());
            out_ += "</Item>";
        }
    }

    static std::string_view item_name(const json::value& item) noexcept {
        if (item.is_int64() || item.is_uint64())
            return "int";
        return item.is_string() ? "string" : "Item";
    }

    void text(std::string_view value) {
        for (std::size_t index = 0; index < value.size(); ++index) {
            const auto instead = replacement(value[index]);
            if (!instead.empty()) {
                out_ += instead;
            } else if (value[index] == '\xEF' && is_noncharacter(value.substr(index))) {
                out_ += "\xEF\xBF\xBD";
                index += 2;
            } else {
                out_ += value[index];
            }
        }
    }

    std::string out_;
    bool has_nil_ = false;
};

} // namespace

std::string xml_text(std::string_view root, const json::value& value) {
    Writer writer;
    writer.element(root, value);
    return std::move(writer).finished(root);
}

} // namespace portrait::http
