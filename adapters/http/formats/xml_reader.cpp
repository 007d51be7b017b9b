#include "formats/xml.hpp"
#include "formats/xml_tree.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace portrait::http {

namespace json = boost::json;

namespace {

using Refusal = std::optional<Problem>;

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

Refusal read_element(const pugi::xml_node& element, json::value& value);

Refusal read_elements(const pugi::xml_node& element, json::value& value) {
    const bool array = has_items(element);
    json::array items;
    json::object members;
    for (const auto& child : element.children()) {
        if (child.type() != pugi::node_element)
            continue;
        json::value inner;
        if (auto refused = read_element(child, inner))
            return refused;
        if (array)
            items.push_back(std::move(inner));
        else
            members.insert_or_assign(local_xml_name(child.name()), std::move(inner));
    }
    if (array)
        value = std::move(items);
    else
        value = std::move(members);
    return {};
}

Refusal read_element(const pugi::xml_node& element, json::value& value) {
    bool has_elements = false;
    std::string text;
    for (const auto& child : element.children()) {
        if (child.type() == pugi::node_element)
            has_elements = true;
        else if (child.type() == pugi::node_cdata)
            text += child.value();
        else if (auto refused = append_xml_text(text, child.value()))
            return refused;
    }
    if (is_xml_nil(element))
        value = nullptr;
    else if (has_elements)
        return read_elements(element, value);
    else
        value = json::string{text};
    return {};
}

} // namespace

[[nodiscard]] ProblemOr<XmlDocument> read_xml(std::string_view text) {
    const auto tree = parse_xml_tree(text);
    if (!tree)
        return tree.error();
    XmlDocument result;
    result.root = local_xml_name(tree->root.name());
    if (auto refused = read_element(tree->root, result.value))
        return *std::move(refused);
    return result;
}

} // namespace portrait::http
