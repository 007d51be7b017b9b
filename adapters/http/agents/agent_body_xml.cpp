#include "agents/agent_arguments.hpp"
#include "formats/xml_tree.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace portrait::http {

namespace {

bool is_element(const pugi::xml_node& node) noexcept {
    return node.type() == pugi::node_element;
}

bool has_elements(const pugi::xml_node& node) noexcept {
    return std::any_of(node.begin(), node.end(), is_element);
}

/// The element's text. Shares the tree's memory when the text is one node without entities, as a text of
/// megabytes usually is.
ProblemOr<ImageBytes> text_in(const XmlTree& tree, const pugi::xml_node& element) {
    const auto first = element.first_child();
    const std::string_view only = first.value();
    if (!first.next_sibling() &&
        (first.type() == pugi::node_cdata || only.find('&') == std::string_view::npos))
        return ImageBytes{tree.document, std::as_bytes(std::span{only})};
    std::string text;
    for (const auto& child : element) {
        if (child.type() == pugi::node_cdata)
            text += child.value();
        else if (child.type() == pugi::node_pcdata)
            if (auto refused = append_xml_text(text, child.value()))
                return *std::move(refused);
    }
    return ImageBytes{std::move(text)};
}

ProblemOr<AgentValue> list_in(const XmlTree& tree, const pugi::xml_node& element) {
    std::vector<std::int64_t> numbers;
    for (const auto& child : element) {
        if (!is_element(child) || numbers.size() > max_agent_ids) // one too many suffices for a refusal
            continue;
        auto text = text_in(tree, child);
        if (!text)
            return text.error();
        const auto value = value_of_text(AgentArgumentType::number, *std::move(text));
        const auto* const number = std::get_if<std::int64_t>(&value);
        if (number == nullptr || has_elements(child))
            return AgentValue{OtherValue{}};
        numbers.push_back(*number);
    }
    return AgentValue{std::move(numbers)};
}

ProblemOr<AgentValue> value_in(const XmlTree& tree, const pugi::xml_node& element, AgentArgumentType type) {
    if (is_xml_nil(element))
        return AgentValue{NullValue{}};
    if (type == AgentArgumentType::numbers)
        return list_in(tree, element);
    if (has_elements(element))
        return AgentValue{OtherValue{}};
    auto text = text_in(tree, element);
    if (!text)
        return text.error();
    return value_of_text(type, *std::move(text));
}

} // namespace

ProblemOr<void> read_xml_arguments(const ImageBytes& body, AgentArguments& arguments) {
    const auto tree = parse_xml_tree(body.text());
    if (!tree)
        return tree.error();
    if (!is_xml_nil(tree->root))
        arguments.set_given();
    for (const auto& element : tree->root) {
        auto* const argument = is_element(element) ? arguments.find(local_xml_name(element.name())) : nullptr;
        if (argument == nullptr)
            continue;
        auto value = value_in(*tree, element, argument->description.type);
        if (!value)
            return value.error();
        argument->value = *std::move(value);
    }
    return {};
}

} // namespace portrait::http
