#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>

namespace portrait::testing {

/// A JSON value as XML can represent it: numbers and booleans are texts, an empty array or object is an empty
/// text.
inline boost::json::value as_xml_values(const boost::json::value& value, bool dictionary = false) {
    namespace json = boost::json;
    if (const auto* object = value.if_object()) {
        if (object->empty())
            return "";
        json::object members;
        json::array items;
        for (const auto& member : *object) {
            auto told = as_xml_values(member.value(), member.key() == "FieldProperties");
            if (dictionary)
                items.push_back(json::object{{"Key", member.key()}, {"Value", std::move(told)}});
            else
                members.emplace(member.key(), std::move(told));
        }
        if (dictionary)
            return items;
        return members;
    }
    if (const auto* array = value.if_array()) {
        json::array items;
        for (const auto& item : *array)
            items.push_back(as_xml_values(item));
        return items.empty() ? json::value("") : json::value(std::move(items));
    }
    if (value.is_null() || value.is_string())
        return value;
    return json::value(json::serialize(value));
}

} // namespace portrait::testing
