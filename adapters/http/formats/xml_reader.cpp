#include "formats/xml.hpp"

#include "headers/field_syntax.hpp"

#include <portrait/http/problem.hpp>
#include <portrait/http/utf8.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/locale/utf.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

/// pugixml doesn't resolve references, since it would accept unknown entities; it keeps a DTD and the nodes
/// around the root, so that they can be refused.
constexpr unsigned parsing =
    pugi::parse_cdata | pugi::parse_eol | pugi::parse_ws_pcdata | pugi::parse_doctype | pugi::parse_fragment;

/// Bounds elements and attributes: a tree takes many times the memory of its text.
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

/// Appends the character of a reference by its name, the text between & and ;. False when it is unknown.
bool append_reference(std::string& out, std::string_view name) {
    if (name.starts_with('#')) {
        const int base = name.starts_with("#x") ? 16 : 10;
        const auto digits = name.substr(base == 16 ? 2 : 1);
        const auto code_point = parse_number<std::uint32_t>(digits, base);
        if (!code_point || !is_xml_character(*code_point))
            return false;
        boost::locale::utf::utf_traits<char>::encode(*code_point, std::back_inserter(out));
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

/// The one element of a document. Refused: no element, several, a DTD, or a text beside it.
[[nodiscard]] ProblemOr<pugi::xml_node> root_of(const pugi::xml_document& document) {
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

/// Walks without recursion, until an element is too deep.
struct DepthCheck final : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
        return node.type() != pugi::node_element || static_cast<std::size_t>(depth()) < max_xml_depth;
    }
};

bool has_too_many_marks(std::string_view text) noexcept {
    return std::count_if(text.begin(), text.end(), [](char character) {
               return character == '<' || character == '"' || character == '\'';
           }) > max_marks;
}

constexpr std::array<std::string_view, 6> item_names{"int", "long", "string", "boolean", "double", "Item"};

/// Whether the elements in an element are an array's.
bool has_items(const pugi::xml_node& element) {
    const auto children = element.children();
    return std::all_of(children.begin(), children.end(), [](const pugi::xml_node& child) {
        return child.type() != pugi::node_element ||
               std::find(item_names.begin(), item_names.end(), local_xml_name(child.name())) !=
                   item_names.end();
    });
}

/// Reads an element, and those in it, which are of bounded depth.
ProblemOr<json::value> value_of(const pugi::xml_node& element) {
    const bool nil = is_xml_nil(element);
    const bool array = has_items(element);
    bool has_elements = false;
    std::string text;
    json::array items;
    json::object members;
    for (const auto& child : element.children()) {
        if (child.type() == pugi::node_cdata) {
            text += child.value();
        } else if (child.type() != pugi::node_element) {
            if (auto refused = append_xml_text(text, child.value()))
                return *std::move(refused);
        } else if (!nil) {
            has_elements = true;
            auto inner = value_of(child);
            if (!inner)
                return inner;
            if (array)
                items.push_back(*std::move(inner));
            else
                members.insert_or_assign(local_xml_name(child.name()), *std::move(inner));
        }
    }
    if (nil)
        return json::value(nullptr);
    if (!has_elements)
        return json::value(text);
    return array ? json::value(std::move(items)) : json::value(std::move(members)); // braces make arrays
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
                "The XML has an unknown reference; &lt; &gt; &amp; &apos; &quot; and references to XML's "
                "characters are accepted");
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

ProblemOr<XmlTree> parse_xml_tree(std::string_view text) {
    if (!is_utf8(text) || has_forbidden_bytes(text))
        return malformed_xml("The XML has to be UTF-8 without control characters");
    if (has_too_many_marks(text))
        return plain_problem(400, "request.xml_too_large",
                             "The XML has more elements and attributes than are accepted");
    auto document = std::make_shared<pugi::xml_document>();
    const auto parsed = document->load_buffer(text.data(), text.size(), parsing, pugi::encoding_utf8);
    if (parsed.status == pugi::status_out_of_memory)
        throw std::bad_alloc{};
    // A DTD is reported first, also when pugixml finds another error.
    const auto root = root_of(*document);
    if (!root && root.error().rule == "request.xml_dtd")
        return root.error();
    if (!parsed)
        return malformed_xml(fmt::format("The XML is malformed at byte {}", parsed.offset));
    if (!root)
        return root.error();
    if (DepthCheck check; !document->traverse(check))
        return limit_problem(400, "request.too_deep",
                             fmt::format("The XML is nested more than {} elements deep", max_xml_depth),
                             max_xml_depth + 1, max_xml_depth);
    return XmlTree{std::move(document), *root};
}

ProblemOr<XmlDocument> read_xml(std::string_view text) {
    const auto tree = parse_xml_tree(text);
    if (!tree)
        return tree.error();
    auto value = value_of(tree->root);
    if (!value)
        return value.error();
    return XmlDocument{std::string{local_xml_name(tree->root.name())}, *std::move(value)};
}

} // namespace portrait::http
