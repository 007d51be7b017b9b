#include "plain_problem.hpp"
#include "utf8.hpp"
#include "xml.hpp"

#include <portrait/http/message.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

using Refusal = std::optional<Problem>;

constexpr std::string_view blanks = " \t\r\n";

/// pugixml leaves references as they are, since it would let unknown entities pass; it keeps a DTD only to
/// show that there is one, and what stands around the root so that it can be refused.
constexpr unsigned parsing =
    pugi::parse_cdata | pugi::parse_eol | pugi::parse_ws_pcdata | pugi::parse_doctype | pugi::parse_fragment;

constexpr std::array<std::string_view, 6> item_names{"int", "long", "string", "boolean", "double", "Item"};

Problem malformed(std::string message) {
    return plain_problem(400, "request.xml_malformed", std::move(message));
}

bool has_forbidden_bytes(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char character) {
        return static_cast<unsigned char>(character) < 0x20 &&
               blanks.find(character) == std::string_view::npos;
    });
}

/// XML 1.0, production Char.
constexpr bool is_xml_character(std::uint32_t code_point) noexcept {
    return code_point == '\t' || code_point == '\n' || code_point == '\r' ||
           (code_point >= 0x20 && code_point <= 0xD7FF) || (code_point >= 0xE000 && code_point <= 0xFFFD) ||
           (code_point >= 0x10000 && code_point <= 0x10FFFF);
}

void append_utf8(std::string& out, std::uint32_t code_point) {
    const auto continuation = [&](unsigned shift) {
        out += static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
    };
    if (code_point < 0x80) {
        out += static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        out += static_cast<char>(0xC0U | (code_point >> 6U));
        continuation(0);
    } else if (code_point < 0x10000) {
        out += static_cast<char>(0xE0U | (code_point >> 12U));
        continuation(6);
        continuation(0);
    } else {
        out += static_cast<char>(0xF0U | (code_point >> 18U));
        continuation(12);
        continuation(6);
        continuation(0);
    }
}

/// Appends what a reference's name (what stands between & and ;) means. False when it means nothing.
bool append_reference(std::string& out, std::string_view name) {
    if (name.starts_with('#')) {
        const int base = name.starts_with("#x") ? 16 : 10;
        const auto digits = name.substr(base == 16 ? 2 : 1);
        std::uint32_t code_point = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), code_point, base);
        if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
            !is_xml_character(code_point))
            return false;
        append_utf8(out, code_point);
        return true;
    }
    constexpr std::pair<std::string_view, char> entities[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"apos", '\''}, {"quot", '"'}};
    for (const auto& [entity, character] : entities) {
        if (entity == name) {
            out += character;
            return true;
        }
    }
    return false;
}

Refusal append_text(std::string& out, std::string_view text) {
    while (true) {
        const auto ampersand = text.find('&');
        out += text.substr(0, ampersand);
        if (ampersand == std::string_view::npos)
            return {};
        text.remove_prefix(ampersand + 1);
        const auto end = text.find(';');
        if (end == std::string_view::npos || !append_reference(out, text.substr(0, end)))
            return malformed(
                "The XML has a reference that is none of &lt; &gt; &amp; &apos; &quot; and no character "
                "that XML knows");
        text.remove_prefix(end + 1);
    }
}

std::string_view local_name(std::string_view name) noexcept {
    return name.substr(name.find(':') + 1); // npos + 1 is 0
}

bool is_nil(const pugi::xml_node& element) {
    for (const auto& attribute : element.attributes())
        if (local_name(attribute.name()) == "nil")
            return std::string_view{attribute.value()} == "true" ||
                   std::string_view{attribute.value()} == "1";
    return false;
}

/// Whether the elements in an element are an array's.
bool has_items(const pugi::xml_node& element) {
    const auto children = element.children();
    return std::all_of(children.begin(), children.end(), [](const pugi::xml_node& child) {
        return child.type() != pugi::node_element ||
               std::find(item_names.begin(), item_names.end(), local_name(child.name())) != item_names.end();
    });
}

Refusal read_element(const pugi::xml_node& element, std::size_t depth, json::value& value);

Refusal read_elements(const pugi::xml_node& element, std::size_t depth, json::value& value) {
    const bool array = has_items(element);
    json::array items;
    json::object members;
    for (const auto& child : element.children()) {
        if (child.type() != pugi::node_element)
            continue;
        json::value inner;
        if (auto refused = read_element(child, depth + 1, inner))
            return refused;
        if (array)
            items.push_back(std::move(inner));
        else
            members.insert_or_assign(local_name(child.name()), std::move(inner));
    }
    if (array)
        value = std::move(items);
    else
        value = std::move(members);
    return {};
}

Refusal read_element(const pugi::xml_node& element, std::size_t depth, json::value& value) {
    if (depth > max_xml_depth)
        return limit_problem(400, "request.too_deep",
                             fmt::format("The XML is nested more than {} elements deep", max_xml_depth),
                             depth, max_xml_depth);
    bool has_elements = false;
    std::string text;
    for (const auto& child : element.children()) {
        if (child.type() == pugi::node_element)
            has_elements = true;
        else if (child.type() == pugi::node_cdata)
            text += child.value();
        else if (auto refused = append_text(text, child.value()))
            return refused;
    }
    if (is_nil(element))
        value = nullptr;
    else if (has_elements)
        return read_elements(element, depth, value);
    else
        value = json::string{text};
    return {};
}

/// The one element of a document. Absent: no element, several, a DTD, or a text beside it.
boost::system::result<pugi::xml_node, Problem> root_of(const pugi::xml_document& document) {
    pugi::xml_node root;
    for (const auto& child : document.children()) {
        if (child.type() == pugi::node_doctype)
            return plain_problem(400, "request.xml_dtd", "The XML has a DTD, which is not accepted");
        if (child.type() == pugi::node_element && !root)
            root = child;
        else if (child.type() == pugi::node_element ||
                 std::string_view{child.value()}.find_first_not_of(blanks) != std::string_view::npos)
            return malformed("The XML has more than its root element");
    }
    if (!root)
        return malformed("The XML has no root element");
    return root;
}

} // namespace

boost::system::result<XmlDocument, Problem> read_xml(std::string_view text) {
    if (!is_utf8(text) || has_forbidden_bytes(text))
        return malformed("The XML has to be UTF-8 without control characters");
    pugi::xml_document document;
    const auto parsed = document.load_buffer(text.data(), text.size(), parsing, pugi::encoding_utf8);
    // A DTD is named even where pugixml finds more to say against it.
    const auto root = root_of(document);
    if (!root && root.error().rule == "request.xml_dtd")
        return root.error();
    if (!parsed)
        return malformed(fmt::format("The XML is malformed at byte {}", parsed.offset));
    if (!root)
        return root.error();
    XmlDocument result;
    result.root = local_name(root->name());
    if (auto refused = read_element(*root, 1, result.value))
        return *std::move(refused);
    return result;
}

} // namespace portrait::http
