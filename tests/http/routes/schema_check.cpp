#include "schema_check.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace portrait::testing {

namespace json = boost::json;

namespace {

bool is_of_type(const json::value& value, std::string_view type) {
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "boolean" && value.is_bool()) ||
           (type == "integer" && (value.is_int64() || value.is_uint64())) ||
           (type == "number" && value.is_number()) || (type == "null" && value.is_null());
}

bool is_of_types(const json::value& value, const json::value& types) {
    if (types.is_string())
        return is_of_type(value, types.as_string());
    return std::any_of(types.as_array().begin(), types.as_array().end(),
                       [&](const json::value& type) { return is_of_type(value, type.as_string()); });
}

std::string limit_violation(const json::object& schema, const json::value& value) {
    const auto limit = [&](std::string_view name) { return schema.if_contains(name); };
    const auto over = [](const json::value& number, const json::value& other) {
        return number.to_number<double>() > other.to_number<double>();
    };
    if (const auto* minimum = limit("minimum"); minimum && value.is_number() && over(*minimum, value))
        return "too small: " + json::serialize(value);
    if (const auto* maximum = limit("maximum"); maximum && value.is_number() && over(value, *maximum))
        return "too large: " + json::serialize(value);
    if (const auto* length = limit("maxLength");
        length && value.is_string() && value.as_string().size() > length->to_number<std::size_t>())
        return "too long: " + json::serialize(value);
    if (const auto* items = limit("maxItems");
        items && value.is_array() && value.as_array().size() > items->to_number<std::size_t>())
        return "too many items";
    if (const auto* values = limit("enum");
        values &&
        std::find(values->as_array().begin(), values->as_array().end(), value) == values->as_array().end())
        return "none of the enumerated: " + json::serialize(value);
    return {};
}

std::string object_violation(const json::object& document, const json::object& schema,
                             const json::object& value) {
    if (const auto* required = schema.if_contains("required"))
        for (const auto& name : required->as_array())
            if (!value.contains(name.as_string()))
                return "there is no " + std::string{name.as_string()};
    const auto* properties = schema.if_contains("properties");
    const auto* others = schema.if_contains("additionalProperties");
    for (const auto& [name, member] : value) {
        const auto* named = properties ? properties->as_object().if_contains(name) : nullptr;
        const auto* described = named != nullptr ? named : others;
        if (described == nullptr && properties != nullptr)
            return "undocumented: " + std::string{name};
        if (described != nullptr)
            if (auto violation = schema_violation(document, *described, member); !violation.empty())
                return std::string{name} + ": " + violation;
    }
    return {};
}

} // namespace

const json::value& resolved(const json::object& document, const json::value& value) {
    if (!value.is_object() || !value.as_object().contains("$ref"))
        return value;
    const std::string path{value.at("$ref").as_string()};
    const json::value* found = nullptr;
    if (path.starts_with("#/components/")) {
        const auto name = path.substr(13);
        const auto slash = name.find('/');
        const auto& components = document.at("components").as_object();
        if (const auto* kind = components.if_contains(name.substr(0, slash)))
            found = kind->as_object().if_contains(name.substr(slash + 1));
    }
    if (found == nullptr)
        throw std::runtime_error{path + " leads nowhere"};
    return *found;
}

std::string schema_violation(const json::object& document, const json::value& schema,
                             const json::value& value) {
    const auto& rules = resolved(document, schema).as_object();
    if (const auto* type = rules.if_contains("type"); type && !is_of_types(value, *type))
        return json::serialize(value) + " is no " + json::serialize(*type);
    if (auto violation = limit_violation(rules, value); !violation.empty())
        return violation;
    if (value.is_object())
        return object_violation(document, rules, value.as_object());
    if (const auto* items = rules.if_contains("items"); items && value.is_array())
        for (const auto& item : value.as_array())
            if (auto violation = schema_violation(document, *items, item); !violation.empty())
                return violation;
    return {};
}

} // namespace portrait::testing
