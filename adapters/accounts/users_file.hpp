#pragma once

#include <portrait/error.hpp>
#include <portrait/http/authenticator.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// The name of the users file in messages.
inline constexpr std::string_view users_file_name = "users file";

/// One line of the users file.
struct User {
    Principal principal;
    std::string password_hash;
    std::size_t line = 0; ///< counted from 1
};

/// Parses a users file; see `FileAuthenticator` for the format. Errors, all `file_invalid`, name the line and
/// not its content, which is secret.
[[nodiscard]] result<std::vector<User>> parse_users(std::string_view text);

/// The users of the file, and those of the other text with other names. An error in the other text is marked.
[[nodiscard]] result<std::vector<User>> parse_users(std::string_view file, std::string_view further);

} // namespace portrait::http
