#pragma once

#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/http/authenticator.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// A token file has a line for each token:
/// `id:scheme:sha256:name[:associate id[:full name[:person id[:rights[:expiry]]]]]`.
///
/// The id is for operators (1 to 32 letters, digits and dashes); the scheme is `SoTicket` or `Bearer`; the
/// hash of the token is 64 lower-case hexadecimal digits. Name to rights are as in the users file (see
/// `FileAuthenticator`). The expiry is `never` (default) or the token's last valid day, such as `2027-01-31`,
/// in UTC. Blank lines and lines that begin with `#` are skipped. At most 4 MiB, and 4 KiB a line.

enum class TokenScheme {
    so_ticket,
    bearer,
};

/// `SoTicket` or `Bearer`.
PORTRAIT_EXPORT std::string_view name_of(TokenScheme scheme) noexcept;

/// Parses a day such as `2027-01-31`; absent when malformed.
PORTRAIT_EXPORT std::optional<std::chrono::sys_days> parse_day(std::string_view text);
PORTRAIT_EXPORT std::string format_day(std::chrono::sys_days day);

/// A line of the token file without the hash.
struct TokenDescription {
    std::string id;
    TokenScheme scheme = TokenScheme::bearer;
    Principal principal;
    std::optional<std::chrono::sys_days> last_day; ///< in UTC; absent: never expires
};

/// A token to be added.
struct TokenEntry {
    TokenScheme scheme = TokenScheme::bearer;
    std::string name; ///< of the principal; 1 to 255 bytes of UTF-8, no colon, no control characters
    /// Absent: that of the user, or of an earlier token, of that name; otherwise one more than the largest of
    /// both files.
    std::optional<std::int32_t> associate_id;
    std::optional<std::string> full_name;  ///< likewise; otherwise the name
    std::optional<std::int32_t> person_id; ///< likewise; otherwise 0
    bool may_write = true;                 ///< false if the user of that name may only read
    std::optional<std::chrono::sys_days> last_day;
    std::filesystem::path users_file; ///< may be missing; empty: none
};

/// The result of `add_token`.
struct AddedToken {
    std::string token; ///< `7T:…` or `8A:…` with 256 random bits; kept nowhere else
    TokenDescription description;
};

/// The result of `with_token`.
struct EditedTokens {
    std::string text;
    AddedToken added;
};

/// A new token, and the text in the token file's format with its line. `users` is a text in the users file's
/// format; the entry's `users_file` isn't read. Errors: `account_invalid`, `file_invalid`.
[[nodiscard]] PORTRAIT_EXPORT result<EditedTokens> with_token(std::string_view text, std::string_view users,
                                                              const TokenEntry& entry);

/// The text without the token's line; absent when there is no such id. Error: `file_invalid`.
[[nodiscard]] PORTRAIT_EXPORT result<std::optional<std::string>> without_token(std::string_view text,
                                                                               std::string_view id);

/// The tokens of a text in its order, including expired ones. Error: `file_invalid`.
[[nodiscard]] PORTRAIT_EXPORT result<std::vector<TokenDescription>> tokens_in(std::string_view text);

/// Makes a token and adds its line to the file; makes the file (0600) when there is none. Atomic and durable,
/// also with several processes at a time. Errors: `account_invalid`, `file_invalid`, `store_io`.
[[nodiscard]] PORTRAIT_EXPORT result<AddedToken> add_token(const std::filesystem::path& token_file,
                                                           const TokenEntry& entry);

/// The file's tokens in its order, including expired ones; none when there is no file.
[[nodiscard]] PORTRAIT_EXPORT result<std::vector<TokenDescription>>
list_tokens(const std::filesystem::path& token_file);

/// Removes the token's line from the file; false when there is no such id. Atomic and durable.
[[nodiscard]] PORTRAIT_EXPORT result<bool> revoke_token(const std::filesystem::path& token_file,
                                                        std::string_view id);

} // namespace portrait::http
