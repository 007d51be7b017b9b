#pragma once

#include <string>
#include <vector>

namespace portrait::postgres {

/// Without libpq's reason, which may repeat a part of a password.
inline constexpr const char* not_a_connection_string =
    "The connection string can't be read; a URI such as postgresql://user@host/database, keywords such as "
    "host=db.example.com dbname=portrait, and service=NAME are accepted";

/// Whether libpq can read the text.
bool is_connection_string(const std::string& text);

/// One of the servers that a connection string names. Empty parts are the connection string's.
struct Host {
    std::string name; ///< or the folder of its socket
    std::string address;
    std::string port;
};

/// The servers of a connection string, its service file and the environment. One that doesn't answer would
/// use up the time of those after it, so each has to be tried by itself. One entry without parts: there are
/// not several.
std::vector<Host> hosts_of(const std::string& info);

/// The value of sslmode that is added to a connection string: `verify-full` for a server that is reached by
/// TCP on another machine, unless the string, its service or PGSSLMODE has a value of its own. Empty: none
/// is added. `prefer`, libpq's default, counts as a value only in the string itself.
std::string added_sslmode(const std::string& info);

} // namespace portrait::postgres
