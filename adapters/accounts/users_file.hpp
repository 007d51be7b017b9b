#pragma once

#include <portrait/error.hpp>
#include <portrait/http/authenticator.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace portrait::http {

inline constexpr std::size_t max_users_file_bytes = std::size_t{4} * 1024 * 1024;
inline constexpr std::size_t max_users_file_line = 4096;
/// Of a user's name and of a full name, in bytes.
inline constexpr std::size_t max_user_name_length = 255;

/// One user as the users file has it.
struct User {
    Principal principal;
    std::string password_hash;
    std::size_t line = 0; ///< counted from 1
};

/// Takes the next line off the text, without its LF or CRLF.
std::string_view take_users_line(std::string_view& text) noexcept;

/// A column with an id; 0 when it is empty, absent when it is no number from 0 to 2147483647.
std::optional<std::int32_t> parse_users_number(std::string_view column);

/// Whether a line names nobody: it is blank or begins with `#`.
bool is_users_comment(std::string_view line) noexcept;

/// The users of a text, in its order; see `FileAuthenticator` for the format. Blank lines and lines that
/// begin with
/// `#` are skipped, CRLF is taken. Errors name the line and what is wrong with it, never what is on it.
[[nodiscard]] result<std::vector<User>> parse_users(std::string_view text);

/// Those of the file, and those of the other text whose names the file doesn't have. An error in the other
/// text is told as such.
[[nodiscard]] result<std::vector<User>> parse_users(std::string_view file, std::string_view further);

/// The text of a users file. Errors hold the path in their cause only.
[[nodiscard]] result<std::string> read_users_file(const std::filesystem::path& path);

/// Refuses a file that everybody on the machine may read or change.
[[nodiscard]] result<void> check_users_file_mode(mode_t mode);

} // namespace portrait::http
