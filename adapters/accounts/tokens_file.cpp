#include "tokens_file.hpp"

#include "line_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

namespace portrait::http {

namespace {

Error bad_token(std::string message) {
    return {errc::file_invalid, std::move(message)};
}

bool is_token_id(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char character) {
        return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
               (character >= 'A' && character <= 'Z') || character == '-';
    });
}

[[nodiscard]] result<Token> parse_token(std::string_view line) {
    const auto columns = columns_of(line, 9);
    if (columns.empty())
        return bad_token("it has more than the nine columns id:scheme:sha256:name:associate id:full name:"
                         "person id:rights:expiry");
    Token token;
    auto& [id, scheme, principal, last_day] = token.description;
    if (!is_token_id(columns[0]))
        return bad_token("the id is not 1 to 32 letters, digits and dashes");
    id = columns[0];
    if (columns[1] != name_of(TokenScheme::so_ticket) && columns[1] != name_of(TokenScheme::bearer))
        return bad_token("the scheme is neither SoTicket nor Bearer");
    scheme = columns[1] == name_of(TokenScheme::bearer) ? TokenScheme::bearer : TokenScheme::so_ticket;
    const auto digest = parse_hexadecimal(columns[2]);
    if (!digest)
        return bad_token("the hash is not 64 lower-case hexadecimal digits");
    token.digest = *digest;
    auto parsed = parse_principal(columns[3], columns[4], columns[5], columns[6], columns[7]);
    if (!parsed)
        return parsed.error();
    principal = *std::move(parsed);
    const auto expiry = columns[8];
    if (expiry.empty() || expiry == "never")
        return token;
    last_day = parse_day(expiry);
    if (!last_day)
        return bad_token("the expiry is neither never nor a day such as 2027-01-31");
    return token;
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
    std::vector<Token> tokens;
    std::unordered_set<std::string> ids;
    std::unordered_set<SecretDigest, SecretDigestHash, SecretDigestEqual> digests;
    const auto take = [&](std::string_view line, std::size_t number) -> result<void> {
        auto token = parse_token(line);
        if (!token)
            return token.error();
        if (!ids.insert(token->description.id).second || !digests.insert(token->digest).second)
            return bad_token("an earlier line has the same id or hash");
        token->line = number;
        tokens.push_back(*std::move(token));
        return {};
    };
    if (auto taken = for_each_line(text, tokens_file_name, take); !taken)
        return taken.error();
    return tokens;
}

std::string line_of(const Token& token) {
    const auto& [id, scheme, principal, last_day] = token.description;
    return fmt::format("{}:{}:{}:{}:{}:{}\n", id, name_of(scheme), hexadecimal(token.digest), principal.name,
                       columns_of(principal), last_day ? format_day(*last_day) : "never");
}

} // namespace portrait::http
