#include "formats/json_reader.hpp"

#include <portrait/http/message.hpp>
#include <portrait/http/utf8.hpp>

#include <boost/json/array.hpp>
#include <boost/json/error.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parser.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace portrait::http {

namespace json = boost::json;

namespace {

/// The parser reads a number beyond a double's range as infinity, which is not valid JSON when written.
bool has_infinity(const json::value& value) noexcept {
    if (const auto* number = value.if_double())
        return !std::isfinite(*number);
    if (const auto* array = value.if_array())
        return std::any_of(array->begin(), array->end(), has_infinity);
    if (const auto* object = value.if_object())
        return std::any_of(object->begin(), object->end(),
                           [](const auto& member) { return has_infinity(member.value()); });
    return false;
}

} // namespace

ProblemOr<json::value> read_json(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark))
        text.remove_prefix(byte_order_mark.size());
    if (!is_utf8(text))
        return plain_problem(400, "request.json_malformed", "The JSON is not valid UTF-8");
    json::parse_options options;
    options.max_depth = max_json_depth;
    json::parser parser{{}, options};
    boost::system::error_code error;
    const auto parsed = parser.write(text, error);
    if (error == json::error::too_deep)
        return limit_problem(400, "request.too_deep",
                             fmt::format("The JSON is nested more than {} levels deep", max_json_depth),
                             max_json_depth + 1, max_json_depth);
    if (error)
        return plain_problem(400, "request.json_malformed",
                             fmt::format("The JSON is malformed near byte {}: {}", parsed, error.message()));
    auto value = parser.release();
    if (has_infinity(value))
        return plain_problem(400, "request.json_malformed", "The JSON has a number that is too large");
    return value;
}

json::value* find_member(json::object& object, std::string_view name) noexcept {
    if (const auto exact = object.find(name); exact != object.end())
        return &exact->value();
    json::value* found = nullptr;
    for (auto& member : object)
        if (equal_ignoring_case(member.key(), name))
            found = &member.value();
    return found;
}

const json::value* find_member(const json::object& object, std::string_view name) noexcept {
    return find_member(const_cast<json::object&>(object), name); // changes nothing
}

void remove_member(json::object& object, std::string_view name) {
    if (const auto* const found = find_member(object, name))
        object.erase(std::find_if(object.begin(), object.end(),
                                  [&](const auto& member) { return &member.value() == found; }));
}

} // namespace portrait::http
