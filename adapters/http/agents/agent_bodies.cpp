#include "agents/agent_arguments.hpp"
#include "formats/form.hpp"
#include "formats/json_reader.hpp"
#include "formats/xml.hpp"
#include "headers/field_syntax.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

namespace portrait::http {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_name = 64; // longer ones name no argument

/// Keeps the members of the outermost object that a call takes and skips all others. So memory is bounded
/// for every body, and a text of megabytes isn't copied.
class ArgumentHandler {
public:
    static constexpr std::size_t max_object_size = std::string::npos;
    static constexpr std::size_t max_array_size = std::string::npos;
    static constexpr std::size_t max_key_size = std::string::npos;
    static constexpr std::size_t max_string_size = std::string::npos;

    ArgumentHandler(const ImageBytes& body, AgentArguments& arguments)
        : body_{body}
        , arguments_{arguments} {}

    /// Whether the document is an object or null.
    bool is_acceptable() const noexcept { return acceptable_; }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) {
        if (++depth_ != 1)
            return put(OtherValue{});
        acceptable_ = true;
        arguments_.set_given();
        return true;
    }
    bool on_object_end(std::size_t, json::error_code&) { return leave(); }
    bool on_array_begin(json::error_code&) {
        if (depth_ == 1)
            put(std::vector<std::int64_t>{});
        return ++depth_ <= 2 || put(OtherValue{});
    }
    bool on_array_end(std::size_t, json::error_code&) { return leave(); }

    bool on_key_part(json::string_view part, std::size_t size, json::error_code&) {
        if (depth_ == 1 && size <= longest_name)
            text_.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view part, std::size_t size, json::error_code& error) {
        if (depth_ != 1)
            return true;
        on_key_part(part, size, error);
        auto* const argument = size <= longest_name ? arguments_.find(text_) : nullptr;
        current_ = argument != nullptr ? &argument->value : nullptr;
        text_.clear();
        return true;
    }

    bool on_string_part(json::string_view part, std::size_t size, json::error_code&) {
        if (current_ != nullptr && (depth_ == 1 || (list() != nullptr && size <= longest_name)))
            text_.append(part.data(), part.size());
        return true;
    }
    bool on_string(json::string_view part, std::size_t size, json::error_code& error) {
        if (list() != nullptr) {
            on_string_part(part, size, error);
            const auto number =
                size <= longest_name ? parse_number<std::int64_t>(trimmed(text_, white_space)) : std::nullopt;
            text_.clear();
            return number ? on_int64(*number, {}, error) : put(OtherValue{});
        }
        if (depth_ != 1 || current_ == nullptr)
            return put(OtherValue{});
        if (text_.empty() && is_in_body(part))
            return put(body_.slice(static_cast<std::size_t>(part.data() - body_.text().data()), part.size()));
        on_string_part(part, size, error);
        return put(ImageBytes{std::exchange(text_, {})});
    }

    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
        auto* const numbers = list();
        if (numbers == nullptr)
            return put(number);
        if (numbers->size() <= max_agent_ids) // one too many suffices for a refusal
            numbers->push_back(number);
        return true;
    }
    bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return put(OtherValue{}); }
    bool on_double(double, json::string_view, json::error_code&) { return put(OtherValue{}); }
    bool on_bool(bool, json::error_code&) { return put(OtherValue{}); }
    bool on_null(json::error_code&) {
        acceptable_ = acceptable_ || depth_ == 0;
        return put(NullValue{});
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

private:
    /// The list whose entries are read; null outside of one.
    std::vector<std::int64_t>* list() const noexcept {
        return current_ != nullptr && depth_ == 2 ? std::get_if<std::vector<std::int64_t>>(current_)
                                                  : nullptr;
    }
    bool is_in_body(json::string_view part) const noexcept {
        const auto text = body_.text();
        return !part.empty() && std::less_equal<>{}(text.data(), part.data()) &&
               std::less_equal<>{}(part.data() + part.size(), text.data() + text.size());
    }
    /// Sets the current argument. A value inside of a list or an object makes it invalid.
    bool put(AgentValue value) {
        if (current_ != nullptr)
            *current_ = depth_ == 1 ? std::move(value) : OtherValue{};
        return true;
    }
    bool leave() noexcept {
        --depth_;
        return true;
    }

    const ImageBytes& body_;
    AgentArguments& arguments_;
    AgentValue* current_ = nullptr;
    std::string text_;
    std::size_t depth_ = 0;
    bool acceptable_ = false;
};

ProblemOr<void> read_json_arguments(const ImageBytes& body, AgentArguments& arguments) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    auto text = body.text();
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    json::parse_options options;
    options.max_depth = max_json_depth;
    json::basic_parser<ArgumentHandler> parser{options, body, arguments};
    json::error_code error;
    const auto read = parser.write_some(false, text.data(), text.size(), error);
    if (error == json::error::too_deep)
        return bad_agent_body(fmt::format(
            "The body's JSON is nested too deeply; at most {} levels are accepted", max_json_depth));
    if (error || read < text.size())
        return bad_agent_body(fmt::format("The body is not valid JSON after byte {}", read));
    if (!parser.handler().is_acceptable())
        return bad_agent_body("The body must be a JSON object of the arguments");
    arguments.read_numbers_in_texts();
    return {};
}

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

ProblemOr<void> read_form_arguments(const ImageBytes& body, AgentArguments& arguments) {
    auto fields = read_form(body.text());
    if (!fields)
        return fields.error();
    for (auto& field : *fields) {
        auto* const argument = arguments.find(field.name);
        if (argument == nullptr)
            continue;
        auto& value = argument->value;
        auto found = value_of_text(argument->description.type, ImageBytes{std::move(field.value)});
        // A list has a field for each of its entries.
        if (argument->description.type != AgentArgumentType::numbers)
            value = std::move(found);
        else if (const auto* const number = std::get_if<std::int64_t>(&found); number == nullptr)
            value = OtherValue{};
        else if (std::holds_alternative<std::monostate>(value))
            value = std::vector{*number};
        else if (auto* const list = std::get_if<std::vector<std::int64_t>>(&value))
            list->push_back(*number);
    }
    arguments.set_given();
    return {};
}

} // namespace

ProblemOr<AgentArguments> read_agent_arguments(std::span<const AgentArgument> wanted, BodyType type,
                                               const ImageBytes& body) {
    AgentArguments arguments{wanted};
    if (wanted.empty() || trimmed(body.text(), white_space).empty())
        return arguments;
    ProblemOr<void> read;
    switch (type) {
    case BodyType::xml: read = read_xml_arguments(body, arguments); break;
    case BodyType::form: read = read_form_arguments(body, arguments); break;
    default: read = read_json_arguments(body, arguments); break;
    }
    if (!read)
        return read.error();
    return arguments;
}

} // namespace portrait::http
