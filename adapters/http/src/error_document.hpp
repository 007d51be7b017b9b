#pragma once

#include <portrait/http/problem.hpp>

#include <boost/json/object.hpp>

namespace portrait::http {

/// The contract's error object (section 6). In XML its root is `Error`, as ASP.NET calls it.
boost::json::object error_document(const Problem& problem);

} // namespace portrait::http
