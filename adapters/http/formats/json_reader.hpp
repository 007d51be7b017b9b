#pragma once

#include <portrait/http/problem.hpp>

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <string_view>

namespace portrait::http {

/// How deep arrays and objects may be nested in a body.
inline constexpr std::size_t max_json_depth = 32;

/// Reads a JSON body strictly by RFC 8259: no comments, no trailing commas, only valid UTF-8, no lone
/// surrogates in escapes, no numbers beyond a double's. A byte order mark before it is tolerated. Of members
/// with one name the last wins. Refused with 400, depth over `max_json_depth` included. Time and memory are
/// linear in the text's size.
[[nodiscard]] boost::system::result<boost::json::value, Problem> read_json(std::string_view text);

/// The member of that name: the one spelt exactly so, otherwise the last one whose name is equal but for the
/// case of ASCII letters. Null when there is none.
boost::json::value* find_member(boost::json::object& object, std::string_view name) noexcept;
const boost::json::value* find_member(const boost::json::object& object, std::string_view name) noexcept;

} // namespace portrait::http
