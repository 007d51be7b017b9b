#pragma once

#include <portrait/http/problem.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace portrait::http {

/// The contract's ErrorType for a status (section 6).
std::string_view error_type(unsigned status) noexcept;

/// The contract's error object (section 6). In XML its root is `Error`, as ASP.NET calls it.
boost::json::object error_document(const Problem& problem);

} // namespace portrait::http
