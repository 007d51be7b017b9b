#include "formats/xml_tree.hpp"

#include "formats/xml.hpp"
#include "headers/field_syntax.hpp"
#include "headers/plain_problem.hpp"

#include <portrait/http/utf8.hpp>

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace portrait::http {

namespace {

/// pugixml leaves references as they are, since it would let unknown entities pass; it keeps a DTD only to
/// show that there is one, and what stands around the root so that it can be refused.
constexpr unsigned parsing =
    pugi::parse_cdata | pugi::parse_eol | pugi::parse_ws_pcdata | pugi::parse_doctype | pugi::parse_fragment;

/// Of elements and attributes: a tree takes many times the memory of the text that it is made of.
constexpr std::ptrdiff_t max_marks = 50'000;

Problem malformed_xml(std::string message) {
    return plain_problem(400, "request.xml_malformed", std::move(message));
}

bool has_forbidden_bytes(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char character) {
        return static_cast<unsigned char>(character) < 0x20 &&
               white_space.find(character) == std::string_view::npos;
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

/// The one element of a document. Absent: no element, several, a DTD, or a text beside it.
[[nodiscard]] boost::system::result<pugi::xml_node, Problem> root_of(const pugi::xml_document& document) {
    pugi::xml_node root;
    for (const auto& child : document.children()) {
        if (child.type() == pugi::node_doctype)
            return plain_problem(400, "request.xml_dtd", "The XML has a DTD, which is not accepted");
        if (child.type() == pugi::node_element && !root)
            root = child;
        else if (child.type() == pugi::node_element ||
                 std::string_view{child.value()}.find_first_not_of(white_space) != std::string_view::npos)
            return malformed_xml("The XML has more than its root element");
    }
    if (!root)
        return malformed_xml("The XML has no root element");
    return root;
}

/// Goes through the tree without a call for each level.
bool is_too_deep(const pugi::xml_document& document) {
    std::size_t depth = 0;
    pugi::xml_node node = document;
    for (;;) {
        if (const auto child = node.first_child()) {
            node = child;
            if (++depth > max_xml_depth && node.type() == pugi::node_element)
                return true;
            continue;
        }
        while (node != document && !node.next_sibling()) {
            node = node.parent();
            --depth;
        }
        if (node == document)
            return false;
        node = node.next_sibling();
        if (depth > max_xml_depth && node.type() == pugi::node_element)
            return true;
    }
}

bool has_too_many_marks(std::string_view text) noexcept {
    return std::count_if(text.begin(), text.end(), [](char character) {
               return character == '<' || character == '"' || character == '\'';
           }) > max_marks;
}

} // namespace

std::optional<Problem> append_xml_text(std::string& out, std::string_view text) {
    while (true) {
        const auto ampersand = text.find('&');
        out += text.substr(0, ampersand);
        if (ampersand == std::string_view::npos)
            return {};
        text.remove_prefix(ampersand + 1);
        const auto end = text.find(';');
        if (end == std::string_view::npos || !append_reference(out, text.substr(0, end)))
            return malformed_xml(
                "The XML has a reference that is none of &lt; &gt; &amp; &apos; &quot; and no character "
                "that XML knows");
        text.remove_prefix(end + 1);
    }
}

std::string_view local_xml_name(std::string_view name) noexcept {
    return name.substr(name.find(':') + 1); // npos + 1 is 0
}

bool is_xml_nil(const pugi::xml_node& element) {
    for (const auto& attribute : element.attributes())
        if (local_xml_name(attribute.name()) == "nil")
            return std::string_view{attribute.value()} == "true" ||
                   std::string_view{attribute.value()} == "1";
    return false;
}

[[nodiscard]] boost::system::result<XmlTree, Problem> parse_xml_tree(std::string_view text) {
    if (!is_utf8(text) || has_forbidden_bytes(text))
        return malformed_xml("The XML has to be UTF-8 without control characters");
    if (has_too_many_marks(text))
        return plain_problem(400, "request.xml_too_large",
                             "The XML has more elements and attributes than are accepted");
    auto document = std::make_shared<pugi::xml_document>();
    const auto parsed = document->load_buffer(text.data(), text.size(), parsing, pugi::encoding_utf8);
    // A DTD is named even where pugixml finds more to say against it.
    const auto root = root_of(*document);
    if (!root && root.error().rule == "request.xml_dtd")
        return root.error();
    if (!parsed)
        return malformed_xml(fmt::format("The XML is malformed at byte {}", parsed.offset));
    if (!root)
        return root.error();
    if (is_too_deep(*document))
        return limit_problem(400, "request.too_deep",
                             fmt::format("The XML is nested more than {} elements deep", max_xml_depth),
                             max_xml_depth + 1, max_xml_depth);
    return XmlTree{std::move(document), *root};
}

} // namespace portrait::http
