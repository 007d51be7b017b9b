#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>

#include <string>

namespace portrait::postgres {

/// Checks a connection string of libpq, or a URI, without connecting. Error: `store_unfit` with a sentence
/// that doesn't have the string: it isn't valid, or has a password, which everybody on the machine could read
/// on a command line. Passwords belong in a passfile, a service file or PGPASSWORD.
[[nodiscard]] PORTRAIT_EXPORT result<void> check_connection_string(const std::string& text);

} // namespace portrait::postgres
