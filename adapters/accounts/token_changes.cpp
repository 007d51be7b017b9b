#include "line_file.hpp"
#include "locked_file.hpp"
#include "text_file.hpp"
#include "tokens_file.hpp"
#include "users_file.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace portrait::http {

namespace {

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

} // namespace

result<AddedToken> add_token(const std::filesystem::path& token_file, const TokenEntry& entry) {
    if (auto checked = check_entry(entry); !checked)
        return checked.error();
    const auto users = users_of(entry.users_file);
    if (!users)
        return users.error();
    auto file = LockedFile::open(token_file, tokens_file_name);
    if (!file)
        return file.error();
    const auto text = file->read();
    if (!text)
        return text.error();
    const auto tokens = parse_tokens(*text);
    if (!tokens)
        return tokens.error();
    auto principal = principal_of(entry, *users, *tokens);
    if (!principal)
        return principal.error();

    AddedToken added;
    added.token = (entry.scheme == TokenScheme::so_ticket ? "7T:" : "8A:") + random_secret();
    added.description = {fresh_id(*tokens), entry.scheme, *std::move(principal), entry.last_day};
    const auto changed = with_line(*text, 0, line_of({added.description, sha256(added.token)}));
    if (auto checked = parse_tokens(changed); !checked)
        return checked.error();
    if (auto done = file->replace(changed); !done)
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
    auto file = LockedFile::open(token_file, tokens_file_name);
    if (!file)
        return file.error();
    const auto text = file->read();
    if (!text)
        return text.error();
    const auto tokens = parse_tokens(*text);
    if (!tokens)
        return tokens.error();
    const auto token = std::find_if(tokens->begin(), tokens->end(),
                                    [&](const Token& other) { return other.description.id == id; });
    if (token == tokens->end())
        return false;
    if (auto done = file->replace(with_line(*text, token->line, {})); !done)
        return done.error();
    return true;
}

} // namespace portrait::http
