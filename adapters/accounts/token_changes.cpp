#include "line_file.hpp"
#include "locked_file.hpp"
#include "tokens_file.hpp"
#include "users_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <utility>

namespace portrait::http {

namespace {

Error bad_token(std::string message) {
    return {errc::info_text_invalid, std::move(message)};
}

[[nodiscard]] result<void> check(const TokenEntry& entry) {
    if (entry.name.find_first_not_of(' ') == std::string::npos || !fits_a_column(entry.name) ||
        (entry.full_name && !fits_a_column(*entry.full_name)))
        return bad_token(fmt::format("A name has to have 1 to {} bytes of UTF-8, without colons and control "
                                     "characters",
                                     max_user_name_length));
    if (entry.associate_id.value_or(0) < 0 || entry.person_id.value_or(0) < 0)
        return bad_token("An associate id and a person id are numbers from 0 to 2147483647");
    return {};
}

bool is_there(const std::filesystem::path& path) {
    std::error_code error;
    // What can't be told is tried, and fails by its own message.
    return std::filesystem::status(path, error).type() != std::filesystem::file_type::not_found;
}

[[nodiscard]] result<std::vector<User>> users_of(const std::filesystem::path& path) {
    if (path.empty() || !is_there(path))
        return std::vector<User>{};
    const auto text = read_users_file(path);
    if (!text)
        return text.error();
    return parse_users(*text);
}

/// Who the token is for: the user of that name, or whom an earlier token of that name is for, or somebody
/// new.
[[nodiscard]] result<Principal> principal_of(const TokenEntry& entry, const std::vector<User>& users,
                                             const std::vector<Token>& tokens) {
    Principal principal;
    principal.name = principal.actor.name = principal.actor.full_name = entry.name;
    std::int32_t largest = 0;
    bool known = false;
    const auto consider = [&](const Principal& other) {
        largest = std::max(largest, other.actor.associate_id);
        if (!known && other.name == entry.name) {
            known = true;
            principal.actor = other.actor;
        }
    };
    bool user_may_write = true;
    for (const auto& user : users) {
        consider(user.principal);
        if (user.principal.name == entry.name)
            user_may_write = user.principal.may_write;
    }
    for (const auto& token : tokens)
        consider(token.description.principal);
    if (!known && !entry.associate_id) {
        if (largest == std::numeric_limits<std::int32_t>::max())
            return bad_token("No associate id is left; somebody has 2147483647");
        principal.actor.associate_id = largest + 1;
    }
    principal.actor.associate_id = entry.associate_id.value_or(principal.actor.associate_id);
    principal.actor.person_id = entry.person_id.value_or(principal.actor.person_id);
    if (entry.full_name)
        principal.actor.full_name = entry.full_name->empty() ? entry.name : *entry.full_name;
    principal.may_write = entry.may_write && user_may_write;
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

/// The text without line `number`.
std::string without_line(std::string_view text, std::size_t number) {
    std::string changed;
    changed.reserve(text.size());
    for (std::size_t at = 1; !text.empty(); ++at) {
        const auto before = text;
        take_users_line(text);
        if (at != number)
            changed += before.substr(0, before.size() - text.size());
    }
    return changed;
}

} // namespace

[[nodiscard]] result<AddedToken> add_token(const std::filesystem::path& token_file, const TokenEntry& entry) {
    if (auto checked = check(entry); !checked)
        return checked.error();
    const auto users = users_of(entry.users_file);
    if (!users)
        return users.error();
    auto file = LockedFile::open(token_file, "token file");
    if (!file)
        return file.error();
    auto text = read_tokens_file(file->path());
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
    Token line;
    line.description = added.description;
    line.digest = sha256(added.token);
    if (!text->empty() && text->back() != '\n')
        *text += '\n';
    *text += line_of(line);
    if (auto checked = parse_tokens(*text); !checked)
        return checked.error();
    if (auto done = file->replace(*text); !done)
        return done.error();
    return added;
}

[[nodiscard]] result<std::vector<TokenDescription>> list_tokens(const std::filesystem::path& token_file) {
    if (!is_there(token_file))
        return std::vector<TokenDescription>{};
    const auto text = read_tokens_file(token_file);
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

[[nodiscard]] result<bool> revoke_token(const std::filesystem::path& token_file, std::string_view id) {
    if (!is_there(token_file))
        return false;
    auto file = LockedFile::open(token_file, "token file");
    if (!file)
        return file.error();
    const auto text = read_tokens_file(file->path());
    if (!text)
        return text.error();
    const auto tokens = parse_tokens(*text);
    if (!tokens)
        return tokens.error();
    const auto token = std::find_if(tokens->begin(), tokens->end(),
                                    [&](const Token& other) { return other.description.id == id; });
    if (token == tokens->end())
        return false;
    if (auto done = file->replace(without_line(*text, token->line)); !done)
        return done.error();
    return true;
}

} // namespace portrait::http
