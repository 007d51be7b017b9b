#include "users_file.hpp"

#include "line_file.hpp"
#include "password_hash.hpp"
#include "text_file.hpp"

#include <portrait/http/secret_digest.hpp>
#include <portrait/http/utf8.hpp>

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <unordered_set>
#include <utility>

#include <sys/stat.h>

namespace portrait::http {

namespace {

constexpr std::size_t max_user_columns = 6;

enum UserColumn : std::size_t {
    user_name_column,
    user_hash_column,
    user_associate_column,
    user_full_name_column,
    user_person_column,
    user_rights_column
};

Error bad_users_file(std::string message) {
    return {errc::info_text_invalid, std::move(message)};
}

Error bad_user_line(std::size_t line, std::string_view what) {
    return bad_users_file(fmt::format("Line {} of the users file: {}", line, what));
}

/// Tells hashes apart without telling anything of them.
std::uint64_t credential_of(std::string_view password_hash) {
    const auto digest = sha256(password_hash);
    std::uint64_t number = 0;
    for (std::size_t index = 0; index < sizeof number; ++index)
        number = (number << 8U) | digest[index];
    return number;
}

[[nodiscard]] result<User> parse_user(std::string_view line, std::size_t number) {
    if (!is_utf8(line) || has_control_characters(line))
        return bad_user_line(number, "it is not valid UTF-8 or has control characters");
    const auto columns = split_at_colons<max_user_columns>(line);
    if (!columns)
        return bad_user_line(number, "there are more than the six columns "
                                     "name:hash:associate id:full name:person id:rights");
    const auto& text = columns->text;
    if (columns->count < 2 || text[user_name_column].empty())
        return bad_user_line(number, "it has to begin with name:hash");
    if (text[user_name_column].size() > max_user_name_length ||
        text[user_full_name_column].size() > max_user_name_length)
        return bad_user_line(number, fmt::format("a name has more than {} bytes", max_user_name_length));
    if (const auto fault = password_hash_fault(text[user_hash_column]); !fault.empty())
        return bad_user_line(number, fmt::format("the password hash {}", fault));
    const auto associate_id = parse_users_number(text[user_associate_column]);
    if (!associate_id)
        return bad_user_line(number, "the associate id is not a number from 0 to 2147483647");
    const auto person_id = parse_users_number(text[user_person_column]);
    if (!person_id)
        return bad_user_line(number, "the person id is not a number from 0 to 2147483647");
    const auto rights = text[user_rights_column];
    if (!rights.empty() && rights != "read" && rights != "read,write")
        return bad_user_line(number, "the rights are neither read nor read,write");

    User user;
    user.principal.name = text[user_name_column];
    user.principal.actor = {*associate_id, user.principal.name,
                            std::string{text[user_full_name_column].empty() ? text[user_name_column]
                                                                            : text[user_full_name_column]},
                            *person_id};
    user.principal.may_write = rights != "read";
    user.password_hash = text[user_hash_column];
    user.principal.credential = credential_of(user.password_hash);
    user.line = number;
    return user;
}

} // namespace

std::optional<std::int32_t> parse_users_number(std::string_view column) {
    if (column.empty())
        return 0;
    std::int32_t number = 0;
    const auto* const end = column.data() + column.size();
    const auto [stop, error] = std::from_chars(column.data(), end, number);
    return error == std::errc{} && stop == end && number >= 0 ? std::optional{number} : std::nullopt;
}

std::string_view take_users_line(std::string_view& text) noexcept {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

bool is_users_comment(std::string_view line) noexcept {
    return line.starts_with('#') || line.find_first_not_of(" \t") == std::string_view::npos;
}

[[nodiscard]] result<std::vector<User>> parse_users(std::string_view text) {
    if (text.size() > max_users_file_bytes)
        return bad_users_file(fmt::format("The users file has more than {} bytes", max_users_file_bytes));
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    std::vector<User> users;
    std::unordered_set<std::string_view> names;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto line = take_users_line(text);
        if (is_users_comment(line))
            continue;
        if (line.size() > max_users_file_line)
            return bad_user_line(number, fmt::format("it has more than {} bytes", max_users_file_line));
        auto user = parse_user(line, number);
        if (!user)
            return user.error();
        if (!names.insert(line.substr(0, line.find(':'))).second)
            return bad_user_line(number, "the name stands on an earlier line already");
        users.push_back(std::move(*user));
    }
    return users;
}

[[nodiscard]] result<std::vector<User>> parse_users(std::string_view file, std::string_view further) {
    auto users = parse_users(file);
    if (!users)
        return users;
    auto others = parse_users(further);
    if (!others)
        return bad_users_file(fmt::format("Beside the users file: {}", others.error().message()));
    std::unordered_set<std::string> names;
    for (const auto& user : *users)
        names.insert(user.principal.name);
    for (auto& user : *others)
        if (!names.contains(user.principal.name))
            users->push_back(std::move(user));
    return users;
}

[[nodiscard]] result<void> check_users_file_mode(mode_t mode) {
    if ((mode & mode_t{S_IROTH | S_IWOTH}) != 0)
        return bad_users_file(
            "Everybody on this machine may read or change it; take that away by chmod o-rwx, or "
            "chmod 600 when nobody else needs it");
    return {};
}

[[nodiscard]] result<std::string> read_users_file(const std::filesystem::path& path) {
    return read_text_file(path, "users file", max_users_file_bytes);
}

} // namespace portrait::http
