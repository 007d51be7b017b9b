#include "tokens_file.hpp"

#include "text_file.hpp"
#include "users_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

namespace portrait::http {

namespace {

bool is_token_id(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char character) {
        return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
               (character >= 'A' && character <= 'Z') || character == '-';
    });
}

[[nodiscard]] result<Token> parse_token(const Columns& columns, std::size_t number) {
    Token token{.description = {}, .digest = {}, .line = number};
    auto& [id, scheme, principal, last_day] = token.description;
    if (!is_token_id(columns[0]))
        return bad_line("the id is not 1 to 32 letters, digits and dashes");
    id = columns[0];
    if (columns[1] != name_of(TokenScheme::so_ticket) && columns[1] != name_of(TokenScheme::bearer))
        return bad_line("the scheme is neither SoTicket nor Bearer");
    scheme = columns[1] == name_of(TokenScheme::bearer) ? TokenScheme::bearer : TokenScheme::so_ticket;
    const auto digest = parse_hexadecimal(columns[2]);
    if (!digest)
        return bad_line("the hash is not 64 lower-case hexadecimal digits");
    token.digest = *digest;
    auto parsed = parse_principal(columns[3], &columns[4]);
    if (!parsed)
        return parsed.error();
    principal = *std::move(parsed);
    const auto expiry = columns[8];
    if (expiry.empty() || expiry == "never")
        return token;
    last_day = parse_day(expiry);
    if (!last_day)
        return bad_line("the expiry is neither never nor a day such as 2027-01-31");
    return token;
}

/// True when the file can't be checked: opening it then reports the error.
bool is_present(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::status(path, error).type() != std::filesystem::file_type::not_found;
}

[[nodiscard]] result<std::vector<User>> users_of(const std::filesystem::path& path) {
    if (path.empty() || !is_present(path))
        return std::vector<User>{};
    const auto text = read_text_file(path, users_file_name);
    if (!text)
        return text.error();
    return parse_users(*text);
}

/// The principal of a new token: the user of that name, or the principal of an earlier token of that name, or
/// a new one.
[[nodiscard]] result<Principal> principal_of(const TokenEntry& entry, const std::vector<User>& users,
                                             const std::vector<Token>& tokens) {
    Principal principal;
    principal.name = principal.actor.name = principal.actor.full_name = entry.name;
    principal.may_write = entry.may_write;
    std::int32_t largest = 0;
    bool known = false;
    const auto consider = [&](const Principal& other) {
        largest = std::max(largest, other.actor.associate_id);
        if (!known && other.name == entry.name) {
            known = true;
            principal.actor = other.actor;
        }
    };
    for (const auto& user : users) {
        consider(user.principal);
        if (user.principal.name == entry.name)
            principal.may_write = entry.may_write && user.principal.may_write;
    }
    for (const auto& token : tokens)
        consider(token.description.principal);
    if (!known && !entry.associate_id) {
        const auto next = next_associate_id(largest);
        if (!next)
            return next.error();
        principal.actor.associate_id = *next;
    }
    apply_entry(entry, principal.actor);
    return principal;
}

/// Eight hexadecimal digits that no other token has.
std::string fresh_id(const std::vector<Token>& tokens) {
    for (;;) {
        auto id = hexadecimal(random_bytes()).substr(0, 8);
        if (std::none_of(tokens.begin(), tokens.end(),
                         [&](const Token& token) { return token.description.id == id; }))
            return id;
    }
}

/// The token's line, with its line end.
std::string line_of(const TokenDescription& token, const SecretDigest& digest) {
    const auto& [id, scheme, principal, last_day] = token;
    return fmt::format("{}:{}:{}:{}:{}:{}\n", id, name_of(scheme), hexadecimal(digest), principal.name,
                       columns_of(principal), last_day ? format_day(*last_day) : "never");
}

} // namespace

std::string_view name_of(TokenScheme scheme) noexcept {
    return scheme == TokenScheme::so_ticket ? "SoTicket" : "Bearer";
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-')
        return std::nullopt;
    const auto year = number_of<unsigned>(text.substr(0, 4));
    const auto month = number_of<unsigned>(text.substr(5, 2));
    const auto day = number_of<unsigned>(text.substr(8, 2));
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

bool Token::is_expired(Timestamp now) const noexcept {
    return description.last_day && now >= *description.last_day + std::chrono::days{1};
}

result<std::vector<Token>> parse_tokens(std::string_view text) {
    return parse_lines<Token>(text,
                              {tokens_file_name,
                               "id:scheme:sha256:name:associate id:full name:person id:rights:expiry",
                               {0, 2},
                               "id or hash"},
                              parse_token);
}

result<AddedToken> add_token(const std::filesystem::path& token_file, const TokenEntry& entry) {
    if (auto checked = check_entry(entry); !checked)
        return checked.error();
    const auto users = users_of(entry.users_file);
    if (!users)
        return users.error();
    AddedToken added;
    const auto change = [&](const std::string& text) -> result<std::string> {
        const auto tokens = parse_tokens(text);
        if (!tokens)
            return tokens.error();
        auto principal = principal_of(entry, *users, *tokens);
        if (!principal)
            return principal.error();
        added.token = (entry.scheme == TokenScheme::so_ticket ? "7T:" : "8A:") + random_secret();
        added.description = {fresh_id(*tokens), entry.scheme, *std::move(principal), entry.last_day};
        auto changed = with_line(text, 0, line_of(added.description, sha256(added.token)));
        if (auto checked = parse_tokens(changed); !checked)
            return checked.error();
        return changed;
    };
    if (auto done = change_file(token_file, tokens_file_name, change); !done)
        return done.error();
    return added;
}

result<std::vector<TokenDescription>> list_tokens(const std::filesystem::path& token_file) {
    if (!is_present(token_file))
        return std::vector<TokenDescription>{};
    const auto text = read_text_file(token_file, tokens_file_name);
    if (!text)
        return text.error();
    auto tokens = parse_tokens(*text);
    if (!tokens)
        return tokens.error();
    std::vector<TokenDescription> descriptions;
    descriptions.reserve(tokens->size());
    for (auto& token : *tokens)
        descriptions.push_back(std::move(token.description));
    return descriptions;
}

result<bool> revoke_token(const std::filesystem::path& token_file, std::string_view id) {
    if (!is_present(token_file))
        return false;
    bool found = false;
    const auto change = [&](const std::string& text) -> result<std::string> {
        const auto tokens = parse_tokens(text);
        if (!tokens)
            return tokens.error();
        const auto token = std::find_if(tokens->begin(), tokens->end(),
                                        [&](const Token& other) { return other.description.id == id; });
        found = token != tokens->end();
        return found ? with_line(text, token->line, {}) : text;
    };
    if (auto done = change_file(token_file, tokens_file_name, change); !done)
        return done.error();
    return found;
}

} // namespace portrait::http
