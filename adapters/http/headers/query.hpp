#pragma once

#include <portrait/http/problem.hpp>

#include <boost/url/url_view.hpp>

#include <string>
#include <string_view>

namespace portrait::http {

/// The last query parameter of that name, in any case; empty without one.
std::string query_value(const boost::urls::url_view& url, std::string_view name);

/// 400 for a query parameter of a known name. `accepted` is the part of a sentence such as `0 and 1 are`.
Problem bad_parameter(std::string_view rule, std::string_view name, std::string_view value,
                      std::string_view accepted);

} // namespace portrait::http
