#pragma once

#include <portrait/accounts/token_file.hpp>
#include <portrait/clock.hpp>
#include <portrait/http/secret_digest.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace portrait::http {

/// One token as the file has it.
struct Token {
    TokenDescription description;
    SecretDigest digest{};
    std::size_t line = 0; ///< counted from 1

    bool is_good(Timestamp now) const noexcept;
};

/// The tokens of a text, in its order; see token_file.hpp for the format. Errors name the line and what is
/// wrong with it, never what is on it.
[[nodiscard]] result<std::vector<Token>> parse_tokens(std::string_view text);

/// The token's line, with its line end.
std::string line_of(const Token& token);

/// The text of a token file. Errors hold the path in their cause only.
[[nodiscard]] result<std::string> read_tokens_file(const std::filesystem::path& path);

} // namespace portrait::http
