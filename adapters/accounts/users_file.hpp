#pragma once

#include <portrait/error.hpp>
#include <portrait/http/authenticator.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The users file, and its format, which the token file shares: lines of columns between colons.
namespace portrait::http {

inline constexpr std::size_t max_account_line = 4096;
/// The most bytes of a user's name and of a full name.
inline constexpr std::size_t max_user_name_length = 255;

/// An error of a line as `file_invalid`.
Error bad_line(std::string message);

/// The columns of a line; absent ones at its end are empty.
using Columns = std::vector<std::string_view>;

/// The format of a file's lines.
struct LineFormat {
    std::string_view file;           ///< its name in messages
    std::string_view columns;        ///< their names between colons
    std::vector<std::size_t> unique; ///< columns whose values appear once in the file
    std::string_view unique_names;   ///< in messages
};

/// Calls `take` with the columns of each line and its number from 1. Skips blank lines and lines that begin
/// with `#`. Stops at a line that is too long, is not UTF-8, has control characters, too many columns or an
/// earlier line's value in a unique column, and at the first error of `take`; the message names the file and
/// the line. All errors are `file_invalid`.
[[nodiscard]] result<void>
for_each_line(std::string_view text, const LineFormat& format,
              const std::function<result<void>(const Columns& columns, std::size_t number)>& take);

/// Replaces the line of that number by another one, which has its line end or is empty. Appends it for 0.
std::string with_line(std::string_view text, std::size_t number, std::string_view line);

/// Parses all lines, each by `parse`; see `for_each_line`.
template<class Row>
[[nodiscard]] result<std::vector<Row>> parse_lines(std::string_view text, const LineFormat& format,
                                                   result<Row> (*parse)(const Columns& columns,
                                                                        std::size_t number)) {
    std::vector<Row> rows;
    const auto take = [&](const Columns& columns, std::size_t number) -> result<void> {
        auto row = parse(columns, number);
        if (!row)
            return row.error();
        rows.push_back(*std::move(row));
        return {};
    };
    if (auto taken = for_each_line(text, format, take); !taken)
        return taken.error();
    return rows;
}

/// Reads a principal from its name and the columns associate id, full name, person id and rights.
[[nodiscard]] result<Principal> parse_principal(std::string_view name,
                                                std::span<const std::string_view, 4> columns);

/// The columns associate id to rights of a line.
std::string columns_of(const Principal& principal);

/// Whether a name may be a column: UTF-8 without colons and control characters, not too long.
bool fits_column(std::string_view name);

/// Checks a `UserEntry` or a `TokenEntry`. The error is `account_invalid`.
template<class Entry>
[[nodiscard]] result<void> check_entry(const Entry& entry) {
    if (entry.name.find_first_not_of(' ') == std::string::npos || !fits_column(entry.name))
        return Error{errc::account_invalid,
                     "The name must have 1 to 255 bytes of UTF-8, not only spaces, without "
                     "colons and control characters"};
    if (entry.full_name && !fits_column(*entry.full_name))
        return Error{errc::account_invalid,
                     "The full name must have at most 255 bytes of UTF-8, without colons "
                     "and control characters"};
    if (entry.associate_id.value_or(0) < 0 || entry.person_id.value_or(0) < 0)
        return Error{errc::account_invalid,
                     "An associate id and a person id must be numbers from 0 to 2147483647"};
    return {};
}

/// Copies the values that a `UserEntry` or a `TokenEntry` has.
template<class Entry>
void apply_entry(const Entry& entry, Actor& actor) {
    actor.associate_id = entry.associate_id.value_or(actor.associate_id);
    actor.person_id = entry.person_id.value_or(actor.person_id);
    if (entry.full_name)
        actor.full_name = entry.full_name->empty() ? entry.name : *entry.full_name;
}

/// The associate id after the largest one. The error is `account_invalid`.
[[nodiscard]] result<std::int32_t> next_associate_id(std::int32_t largest);

/// The name of the users file in messages.
inline constexpr std::string_view users_file_name = "users file";

/// One line of the users file.
struct User {
    Principal principal;
    std::string password_hash;
    std::size_t line = 0; ///< counted from 1
};

/// Parses a users file; see `FileAuthenticator` for the format. Errors, all `file_invalid`, name the line and
/// perhaps the user, and not the hash, which is secret.
[[nodiscard]] result<std::vector<User>> parse_users(std::string_view text);

/// The users of the file, and those of the other text with other names. An error in the other text is marked.
[[nodiscard]] result<std::vector<User>> parse_users(std::string_view file, std::string_view further);

} // namespace portrait::http
