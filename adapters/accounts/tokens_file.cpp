#include "tokens_file.hpp"

#include "text_file.hpp"
#include "users_file.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <system_error>
#include <utility>

namespace portrait::http {
namespace {

bool is_token_id(std::string_view text) {
    constexpr std::string_view characters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    return !text.empty() && text.size() <= 32 && text.find_first_not_of(characters) == std::string_view::npos;
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
    auto parsed = parse_principal(columns[3], std::span{columns}.subspan<4, 4>());
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

/// Empty when there is no file.
[[nodiscard]] result<std::string> text_of(const std::filesystem::path& path, std::string_view name) {
    return is_present(path) ? read_text_file(path, name) : std::string{};
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
    std::tm parts{};
    if (::strptime(std::string{text}.c_str(), "%Y-%m-%d", &parts) == nullptr)
        return std::nullopt;
    const auto day = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds{std::chrono::seconds{::timegm(&parts)}});
    return format_day(day) == text ? std::optional{day} : std::nullopt; // not for the 30th of February
}

std::string format_day(std::chrono::sys_days day) {
    return fmt::format("{:%F}", fmt::gmtime(std::chrono::sys_seconds{day}.time_since_epoch().count()));
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

result<EditedTokens> with_token(std::string_view text, std::string_view users, const TokenEntry& entry) {
    if (auto checked = check_entry(entry); !checked)
        return checked.error();
    const auto known_users = parse_users(users);
    if (!known_users)
        return known_users.error();
    const auto tokens = parse_tokens(text);
    if (!tokens)
        return tokens.error();
    auto principal = principal_of(entry, *known_users, *tokens);
    if (!principal)
        return principal.error();
    EditedTokens edited;
    auto& [token, description] = edited.added;
    token = (entry.scheme == TokenScheme::so_ticket ? "7T:" : "8A:") + random_secret();
    description = {fresh_id(*tokens), entry.scheme, *std::move(principal), entry.last_day};
    edited.text = with_line(text, 0, line_of(description, sha256(token)));
    if (auto checked = parse_tokens(edited.text); !checked)
        return checked.error();
    return edited;
}

result<std::optional<std::string>> without_token(std::string_view text, std::string_view id) {
    const auto tokens = parse_tokens(text);
    if (!tokens)
        return tokens.error();
    const auto token = std::find_if(tokens->begin(), tokens->end(),
                                    [&](const Token& other) { return other.description.id == id; });
    if (token == tokens->end())
        return std::optional<std::string>{};
    return std::optional{with_line(text, token->line, {})};
}

result<std::vector<TokenDescription>> tokens_in(std::string_view text) {
    auto tokens = parse_tokens(text);
    if (!tokens)
        return tokens.error();
    std::vector<TokenDescription> descriptions;
    descriptions.reserve(tokens->size());
    for (auto& token : *tokens)
        descriptions.push_back(std::move(token.description));
    return descriptions;
}

result<AddedToken> add_token(const std::filesystem::path& token_file, const TokenEntry& entry) {
    if (auto checked = check_entry(entry); !checked) // before a file is made
        return checked.error();
    const auto users = text_of(entry.users_file, users_file_name);
    if (!users)
        return users.error();
    if (const auto parsed = parse_users(*users); !parsed)
        return parsed.error();
    AddedToken added;
    const auto change = [&](const std::string& text) -> result<std::string> {
        auto edited = with_token(text, *users, entry);
        if (!edited)
            return edited.error();
        added = std::move(edited->added);
        return std::move(edited->text);
    };
    if (auto done = change_file(token_file, tokens_file_name, change); !done)
        return done.error();
    return added;
}

result<std::vector<TokenDescription>> list_tokens(const std::filesystem::path& token_file) {
    const auto text = text_of(token_file, tokens_file_name);
    if (!text)
        return text.error();
    return tokens_in(*text);
}

result<bool> revoke_token(const std::filesystem::path& token_file, std::string_view id) {
    if (!is_present(token_file))
        return false;
    bool found = false;
    const auto change = [&](const std::string& text) -> result<std::string> {
        auto rest = without_token(text, id);
        if (!rest)
            return rest.error();
        found = rest->has_value();
        return found ? **std::move(rest) : text;
    };
    if (auto done = change_file(token_file, tokens_file_name, change); !done)
        return done.error();
    return found;
}

} // namespace portrait::http
