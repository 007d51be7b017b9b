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
/// The id names the token to people (1 to 32 letters, digits and dashes); the scheme is `SoTicket` or
/// `Bearer`; of the token itself only its SHA-256 is there, as 64 lower-case hexadecimal digits. Name to
/// rights are as in the users file (see `FileAuthenticator`). The expiry is `never` (default) or the last day
/// on which the token is good, such as `2027-01-31`, in UTC. Blank lines and lines that begin with `#` are
/// skipped. At most 4 MiB, and 4 KiB a line.

enum class TokenScheme {
    so_ticket,
    bearer,
};

/// `SoTicket` or `Bearer`.
PORTRAIT_EXPORT std::string_view name_of(TokenScheme scheme) noexcept;

/// A day such as `2027-01-31`; absent when the text is anything else.
PORTRAIT_EXPORT std::optional<std::chrono::sys_days> parse_day(std::string_view text);
PORTRAIT_EXPORT std::string format_day(std::chrono::sys_days day);

/// A token as the file has it, without the token.
struct TokenDescription {
    std::string id;
    TokenScheme scheme = TokenScheme::bearer;
    Principal principal;
    std::optional<std::chrono::sys_days> last_day; ///< in UTC; absent: never expires
};

/// A token to be made.
struct TokenEntry {
    TokenScheme scheme = TokenScheme::bearer;
    std::string name; ///< of the principal; 1 to 255 bytes of UTF-8, no colon, no control characters
    /// Absent: as the users file has it for that name, or an earlier token of that name; otherwise one more
    /// than the largest of both files.
    std::optional<std::int32_t> associate_id;
    std::optional<std::string> full_name;  ///< likewise; otherwise the name
    std::optional<std::int32_t> person_id; ///< likewise; otherwise 0
    bool may_write = true;                 ///< a user who may only read has no token that may write
    std::optional<std::chrono::sys_days> last_day;
    std::filesystem::path users_file; ///< asked for the name when it exists; empty: none
};

/// What `add_token` has made.
struct AddedToken {
    std::string token; ///< `7T:…` or `8A:…` with 256 random bits; kept nowhere else
    TokenDescription description;
};

/// Makes a token and adds its line to the file, which is made (0600) when there is none. Atomic and durable,
/// also with several processes at a time. Refuses a file that `TokenAuthenticator` would refuse.
[[nodiscard]] PORTRAIT_EXPORT result<AddedToken> add_token(const std::filesystem::path& token_file,
                                                           const TokenEntry& entry);

/// The file's tokens in its order, expired ones too; none when there is no file.
[[nodiscard]] PORTRAIT_EXPORT result<std::vector<TokenDescription>>
list_tokens(const std::filesystem::path& token_file);

/// Takes the token's line out of the file; false when the file has no such id. Atomic and durable as adding
/// is.
[[nodiscard]] PORTRAIT_EXPORT result<bool> revoke_token(const std::filesystem::path& token_file,
                                                        std::string_view id);

} // namespace portrait::http
