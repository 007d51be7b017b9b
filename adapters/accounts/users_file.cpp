#include "users_file.hpp"

#include "password_hash.hpp"
#include "text_file.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/http/secret_digest.hpp>
#include <portrait/http/utf8.hpp>

#include <boost/endian/conversion.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace portrait::http {
namespace {

std::string_view take_line(std::string_view& text) noexcept {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

std::optional<std::int32_t> parse_id(std::string_view column) noexcept {
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(column.data(), column.data() + column.size(), id);
    const bool valid = error == std::errc{} && end == column.data() + column.size() && id >= 0;
    return valid || column.empty() ? std::optional{id} : std::nullopt;
}

/// The line's columns, one for each of the format's.
[[nodiscard]] result<Columns> split_line(std::string_view line, std::string_view names) {
    if (line.size() > max_account_line)
        return bad_line(fmt::format("it has more than {} bytes", max_account_line));
    if (!is_utf8(line) || has_control_characters(line))
        return bad_line("it is not valid UTF-8 or has control characters");
    const auto count = static_cast<std::size_t>(std::count(names.begin(), names.end(), ':')) + 1;
    Columns columns;
    for (auto rest = line; columns.size() < count; rest.remove_prefix(columns.back().size() + 1)) {
        columns.push_back(rest.substr(0, rest.find(':')));
        if (columns.back().size() == rest.size()) {
            columns.resize(count);
            return columns;
        }
    }
    return bad_line(fmt::format("it has more than the columns {}", names));
}

[[nodiscard]] result<User> parse_user(const Columns& columns, std::size_t number) {
    const auto name = columns[0];
    const auto hash = columns[1];
    if (name.empty() || hash.empty())
        return bad_line("it must begin with name:hash");
    if (const auto fault = password_hash_fault(hash); !fault.empty())
        return bad_line(fmt::format("the password hash {}", fault));
    if (const auto fault = password_cost_fault(hash); !fault.empty())
        return bad_line(fmt::format("the password hash of {} {}", name, fault));
    auto principal = parse_principal(name, std::span{columns}.subspan<2, 4>());
    if (!principal)
        return principal.error();
    // Differs for different hashes and reveals nothing of them.
    principal->credential = boost::endian::load_big_u64(sha256(hash).data());
    return User{*std::move(principal), std::string{hash}, number};
}

[[nodiscard]] result<void> check(const UserEntry& entry) {
    if (auto checked = check_entry(entry); !checked)
        return checked;
    if (entry.name.front() == '#')
        return Error{errc::account_invalid, "The name can't begin with #, as a comment does"};
    if (const auto fault = password_hash_fault(entry.password_hash); !fault.empty())
        return Error{errc::account_invalid, fmt::format("The password hash {}", fault)};
    if (const auto fault = password_cost_fault(entry.password_hash); !fault.empty())
        return Error{errc::account_invalid, fmt::format("The password hash {}", fault)};
    if (entry.password_hash.find_first_of(":\r\n") != std::string::npos)
        return Error{errc::account_invalid, "The password hash can't have a colon or a line end"};
    return {};
}

/// The user after the change.
[[nodiscard]] result<User> merged(const UserEntry& entry, const User* existing,
                                  const std::vector<User>& users) {
    User user = existing != nullptr ? *existing : User{};
    auto& actor = user.principal.actor;
    if (existing == nullptr) {
        user.principal.name = actor.name = actor.full_name = entry.name;
        std::int32_t largest = 0;
        for (const auto& other : users)
            largest = std::max(largest, other.principal.actor.associate_id);
        const auto next = entry.associate_id ? *entry.associate_id : next_associate_id(largest);
        if (!next)
            return next.error();
        actor.associate_id = *next;
    }
    user.password_hash = entry.password_hash;
    user.principal.may_write = entry.may_write.value_or(user.principal.may_write);
    apply_entry(entry, actor);
    return user;
}

} // namespace

Error bad_line(std::string message) {
    return {errc::file_invalid, std::move(message)};
}

result<void>
for_each_line(std::string_view text, const LineFormat& format,
              const std::function<result<void>(const Columns& columns, std::size_t number)>& take) {
    if (text.size() > max_account_file_bytes)
        return bad_line(fmt::format("The {} has more than {} bytes", format.file, max_account_file_bytes));
    std::unordered_set<std::string_view> values;
    const auto take_whole = [&](std::string_view line, std::size_t number) -> result<void> {
        const auto columns = split_line(line, format.columns);
        if (!columns)
            return columns.error();
        if (auto taken = take(*columns, number); !taken)
            return taken;
        for (const auto column : format.unique)
            if (!values.insert((*columns)[column]).second)
                return bad_line(fmt::format("an earlier line has the same {}", format.unique_names));
        return {};
    };
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto line = take_line(text);
        if (line.starts_with('#') || line.find_first_not_of(" \t") == std::string_view::npos)
            continue;
        if (const auto taken = take_whole(line, number); !taken)
            return bad_line(
                fmt::format("Line {} of the {}: {}", number, format.file, taken.error().message()));
    }
    return {};
}

std::string with_line(std::string_view text, std::size_t number, std::string_view line) {
    std::string changed;
    changed.reserve(text.size() + line.size() + 1);
    for (std::size_t at = 1; !text.empty(); ++at) {
        const auto before = text;
        take_line(text);
        changed += at == number ? line : before.substr(0, before.size() - text.size());
    }
    if (number == 0) {
        if (!changed.empty() && changed.back() != '\n')
            changed += '\n';
        changed += line;
    }
    return changed;
}

result<Principal> parse_principal(std::string_view name, std::span<const std::string_view, 4> columns) {
    const auto full_name = columns[1];
    const auto rights = columns[3];
    if (name.empty() || name.size() > max_user_name_length || full_name.size() > max_user_name_length)
        return bad_line(
            fmt::format("the name is missing, or a name has more than {} bytes", max_user_name_length));
    const auto associate = parse_id(columns[0]);
    if (!associate)
        return bad_line("the associate id is not a number from 0 to 2147483647");
    const auto person = parse_id(columns[2]);
    if (!person)
        return bad_line("the person id is not a number from 0 to 2147483647");
    if (!rights.empty() && rights != "read" && rights != "read,write")
        return bad_line("the rights are neither read nor read,write");
    Principal principal;
    principal.name = name;
    principal.actor = {*associate, principal.name, std::string{full_name.empty() ? name : full_name},
                       *person};
    principal.may_write = rights != "read";
    return principal;
}

std::string columns_of(const Principal& principal) {
    const auto& actor = principal.actor;
    return fmt::format("{}:{}:{}:{}", actor.associate_id,
                       actor.full_name == principal.name ? "" : actor.full_name, actor.person_id,
                       principal.may_write ? "read,write" : "read");
}

bool fits_column(std::string_view name) {
    return name.size() <= max_user_name_length && is_utf8(name) && !has_control_characters(name) &&
           name.find(':') == std::string_view::npos;
}

result<std::int32_t> next_associate_id(std::int32_t largest) {
    if (largest == std::numeric_limits<std::int32_t>::max())
        return Error{errc::account_invalid, "No associate id is left; another account has 2147483647"};
    return largest + 1;
}

result<std::vector<User>> parse_users(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    return parse_lines<User>(
        text, {users_file_name, "name:hash:associate id:full name:person id:rights", {0}, "name"},
        parse_user);
}

result<std::vector<User>> parse_users(std::string_view file, std::string_view further) {
    auto users = parse_users(file);
    if (!users)
        return users;
    auto others = parse_users(further);
    if (!others)
        return bad_line(fmt::format("In the further users: {}", others.error().message()));
    std::unordered_set<std::string> names;
    for (const auto& user : *users)
        names.insert(user.principal.name);
    for (auto& user : *others)
        if (!names.contains(user.principal.name))
            users->push_back(std::move(user));
    return users;
}

result<EditedUsers> with_user(std::string_view text, const UserEntry& entry) {
    if (auto checked = check(entry); !checked)
        return checked.error();
    const auto users = parse_users(text);
    if (!users)
        return users.error();
    const auto existing = std::find_if(users->begin(), users->end(),
                                       [&](const User& user) { return user.principal.name == entry.name; });
    const User* const found = existing == users->end() ? nullptr : &*existing;
    const auto user = merged(entry, found, *users);
    if (!user)
        return user.error();
    const auto& principal = user->principal;
    auto changed =
        with_line(text, found != nullptr ? found->line : 0,
                  fmt::format("{}:{}:{}\n", principal.name, user->password_hash, columns_of(principal)));
    if (auto checked = parse_users(changed); !checked)
        return checked.error();
    return EditedUsers{std::move(changed), {found == nullptr, principal.actor.associate_id}};
}

result<SavedUser> save_user(const std::filesystem::path& users_file, const UserEntry& entry) {
    if (auto checked = check(entry); !checked) // before a file is made
        return checked.error();
    SavedUser saved;
    const auto change = [&](const std::string& text) -> result<std::string> {
        auto edited = with_user(text, entry);
        if (!edited)
            return edited.error();
        saved = edited->saved;
        return std::move(edited->text);
    };
    if (auto done = change_file(users_file, users_file_name, change); !done)
        return done.error();
    return saved;
}

} // namespace portrait::http
