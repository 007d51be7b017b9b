#pragma once

#include <portrait/http/problem.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <string_view>

namespace portrait::http {

/// The most levels of arrays and objects in a body.
inline constexpr std::size_t max_json_depth = 32;

/// Reads a JSON body strictly by RFC 8259: no comments, no trailing commas, only valid UTF-8, no lone
/// surrogates in escapes, no numbers beyond a double's range. Skips a byte order mark. Of members
/// with one name the last wins. Refused with 400, depth over `max_json_depth` included. Time and memory are
/// linear in the text's size.
[[nodiscard]] ProblemOr<boost::json::value> read_json(std::string_view text);

/// Finds the member of exactly that name, otherwise the last one whose name is equal but for the case of
/// ASCII letters. Null when there is none.
boost::json::value* find_member(boost::json::object& object, std::string_view name) noexcept;
const boost::json::value* find_member(const boost::json::object& object, std::string_view name) noexcept;

/// Removes the member that `find_member` finds.
void remove_member(boost::json::object& object, std::string_view name);

} // namespace portrait::http
