#pragma once

#include <portrait/accounts/token_file.hpp>
#include <portrait/clock.hpp>
#include <portrait/http/secret_digest.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// The name of the token file in messages.
inline constexpr std::string_view tokens_file_name = "token file";

/// One line of the token file.
struct Token {
    TokenDescription description;
    SecretDigest digest{};
    std::size_t line = 0; ///< counted from 1

    bool is_expired(Timestamp now) const noexcept;
};

/// Parses a token file; see token_file.hpp for the format. Errors, all `file_invalid`, name the line and not
/// its content, which is secret.
[[nodiscard]] result<std::vector<Token>> parse_tokens(std::string_view text);

} // namespace portrait::http
