#include "tokens_file.hpp"

#include "line_file.hpp"
#include "text_file.hpp"
#include "users_file.hpp"

#include <portrait/http/utf8.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_set>
#include <utility>

namespace portrait::http {

namespace {

constexpr std::size_t max_token_columns = 9;
constexpr std::size_t least_columns = 4;

enum TokenColumn : std::size_t {
    token_id_column,
    token_scheme_column,
    token_digest_column,
    token_name_column,
    token_associate_column,
    token_full_name_column,
    token_person_column,
    token_rights_column,
    token_expiry_column
};

Error bad_tokens_file(std::string message) {
    return {errc::info_text_invalid, std::move(message)};
}

Error bad_token_line(std::size_t line, std::string_view what) {
    return bad_tokens_file(fmt::format("Line {} of the token file: {}", line, what));
}

bool is_token_id(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char character) {
        return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
               (character >= 'A' && character <= 'Z') || character == '-';
    });
}

std::optional<TokenScheme> parse_scheme(std::string_view text) {
    for (const auto scheme : {TokenScheme::so_ticket, TokenScheme::bearer})
        if (text == name_of(scheme))
            return scheme;
    return std::nullopt;
}

/// Reads who it is and what they may do; an error names what is wrong.
[[nodiscard]] result<void> parse_principal(const ColonColumns<max_token_columns>& columns,
                                           Principal& principal, std::size_t number) {
    const auto& text = columns.text;
    if (text[token_name_column].empty() || text[token_name_column].size() > max_user_name_length ||
        text[token_full_name_column].size() > max_user_name_length)
        return bad_token_line(number, fmt::format("the name is missing, or a name has more than {} bytes",
                                                  max_user_name_length));
    const auto associate_id = parse_users_number(text[token_associate_column]);
    if (!associate_id)
        return bad_token_line(number, "the associate id is not a number from 0 to 2147483647");
    const auto person_id = parse_users_number(text[token_person_column]);
    if (!person_id)
        return bad_token_line(number, "the person id is not a number from 0 to 2147483647");
    const auto rights = text[token_rights_column];
    if (!rights.empty() && rights != "read" && rights != "read,write")
        return bad_token_line(number, "the rights are neither read nor read,write");
    principal.name = text[token_name_column];
    principal.actor = {*associate_id, principal.name,
                       std::string{text[token_full_name_column].empty() ? text[token_name_column]
                                                                        : text[token_full_name_column]},
                       *person_id};
    principal.may_write = rights != "read";
    return {};
}

[[nodiscard]] result<Token> parse_token(std::string_view line, std::size_t number) {
    if (!is_utf8(line) || has_control_characters(line))
        return bad_token_line(number, "it is not valid UTF-8 or has control characters");
    const auto columns = split_at_colons<max_token_columns>(line);
    if (!columns || columns->count < least_columns)
        return bad_token_line(number,
                              "it is not id:scheme:sha256:name[:associate id[:full name[:person id[:rights"
                              "[:expiry]]]]]");
    const auto& text = columns->text;
    Token token;
    token.line = number;
    if (!is_token_id(text[token_id_column]))
        return bad_token_line(number, "the id is not 1 to 32 letters, digits and dashes");
    token.description.id = text[token_id_column];
    const auto scheme = parse_scheme(text[token_scheme_column]);
    if (!scheme)
        return bad_token_line(number, "the scheme is neither SoTicket nor Bearer");
    token.description.scheme = *scheme;
    const auto digest = parse_hexadecimal(text[token_digest_column]);
    if (!digest)
        return bad_token_line(number, "the hash is not 64 lower-case hexadecimal digits");
    token.digest = *digest;
    if (auto parsed = parse_principal(*columns, token.description.principal, number); !parsed)
        return parsed.error();
    const auto expiry = text[token_expiry_column];
    if (expiry.empty() || expiry == "never")
        return token;
    token.description.last_day = parse_day(expiry);
    if (!token.description.last_day)
        return bad_token_line(number, "the expiry is neither never nor a day such as 2027-01-31");
    return token;
}

} // namespace

std::string_view name_of(TokenScheme scheme) noexcept {
    return scheme == TokenScheme::so_ticket ? "SoTicket" : "Bearer";
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-')
        return std::nullopt;
    const auto number = [](std::string_view digits) -> std::optional<unsigned> {
        unsigned value = 0;
        for (const char digit : digits) {
            if (digit < '0' || digit > '9')
                return std::nullopt;
            value = value * 10 + static_cast<unsigned>(digit - '0');
        }
        return value;
    };
    const auto year = number(text.substr(0, 4));
    const auto month = number(text.substr(5, 2));
    const auto day = number(text.substr(8, 2));
    if (!year || !month || !day)
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                           std::chrono::month{*month}, std::chrono::day{*day}};
    return date.ok() ? std::optional{std::chrono::sys_days{date}} : std::nullopt;
}

std::string format_day(std::chrono::sys_days day) {
    const std::chrono::year_month_day date{day};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

bool Token::is_good(Timestamp now) const noexcept {
    return !description.last_day || now < *description.last_day + std::chrono::days{1};
}

[[nodiscard]] result<std::vector<Token>> parse_tokens(std::string_view text) {
    if (text.size() > max_users_file_bytes)
        return bad_tokens_file(fmt::format("The token file has more than {} bytes", max_users_file_bytes));
    std::vector<Token> tokens;
    std::unordered_set<std::string> ids;
    std::unordered_set<SecretDigest, SecretDigestHash, SecretDigestEqual> digests;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto line = take_users_line(text);
        if (is_users_comment(line))
            continue;
        if (line.size() > max_users_file_line)
            return bad_token_line(number, fmt::format("it has more than {} bytes", max_users_file_line));
        auto token = parse_token(line, number);
        if (!token)
            return token.error();
        if (!ids.insert(token->description.id).second || !digests.insert(token->digest).second)
            return bad_token_line(number, "the id or the hash stands on an earlier line already");
        tokens.push_back(*std::move(token));
    }
    return tokens;
}

std::string line_of(const Token& token) {
    const auto& [id, scheme, principal, last_day] = token.description;
    const auto& [name, actor, may_write, credential] = principal;
    return fmt::format("{}:{}:{}:{}:{}:{}:{}:{}:{}\n", id, name_of(scheme), hexadecimal(token.digest), name,
                       actor.associate_id, actor.full_name == name ? "" : actor.full_name, actor.person_id,
                       may_write ? "read,write" : "read", last_day ? format_day(*last_day) : "never");
}

[[nodiscard]] result<std::string> read_tokens_file(const std::filesystem::path& path) {
    return read_text_file(path, "token file", max_users_file_bytes);
}

} // namespace portrait::http
