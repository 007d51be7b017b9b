#include "line_file.hpp"
#include "locked_file.hpp"
#include "password_hash.hpp"
#include "users_file.hpp"

#include <portrait/accounts/file_authenticator.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace portrait::http {

namespace {

Error bad_user(std::string message) {
    return {errc::info_text_invalid, std::move(message)};
}

[[nodiscard]] result<void> check(const UserEntry& user) {
    if (user.name.find_first_not_of(' ') == std::string::npos || user.name.front() == '#' ||
        !fits_a_column(user.name))
        return bad_user(fmt::format("The user's name has to have 1 to {} bytes of UTF-8, without colons and "
                                    "control characters, and can't begin with #",
                                    max_user_name_length));
    if (user.full_name && !fits_a_column(*user.full_name))
        return bad_user(fmt::format("The full name can have {} bytes of UTF-8, without colons and control "
                                    "characters",
                                    max_user_name_length));
    if (const auto fault = password_hash_fault(user.password_hash);
        !fault.empty() || user.password_hash.find_first_of(":\r\n") != std::string::npos)
        return bad_user(
            fmt::format("The password hash {}", fault.empty() ? "has a character too many" : fault));
    if (user.associate_id.value_or(0) < 0 || user.person_id.value_or(0) < 0)
        return bad_user("An associate id and a person id are numbers from 0 to 2147483647");
    return {};
}

/// What the user's line says from now on.
[[nodiscard]] result<User> merged(const UserEntry& entry, const User* existing,
                                  const std::vector<User>& users) {
    User user = existing != nullptr ? *existing : User{};
    auto& actor = user.principal.actor;
    if (existing == nullptr) {
        user.principal.name = actor.name = actor.full_name = entry.name;
        for (const auto& other : users)
            actor.associate_id = std::max(actor.associate_id, other.principal.actor.associate_id);
        if (!entry.associate_id && actor.associate_id == std::numeric_limits<std::int32_t>::max())
            return bad_user("No associate id is left; the file has a user of 2147483647");
        actor.associate_id += entry.associate_id ? 0 : 1;
    }
    user.password_hash = entry.password_hash;
    actor.associate_id = entry.associate_id.value_or(actor.associate_id);
    actor.person_id = entry.person_id.value_or(actor.person_id);
    user.principal.may_write = entry.may_write.value_or(user.principal.may_write);
    if (entry.full_name)
        actor.full_name = entry.full_name->empty() ? entry.name : *entry.full_name;
    return user;
}

std::string line_of(const User& user) {
    const auto& name = user.principal.name;
    const auto& actor = user.principal.actor;
    return fmt::format("{}:{}:{}:{}:{}:{}\n", name, user.password_hash, actor.associate_id,
                       actor.full_name == name ? "" : actor.full_name, actor.person_id,
                       user.principal.may_write ? "read,write" : "read");
}

/// The text with the line in the place of line `number`, or at its end when that is 0.
std::string with_line(std::string_view text, std::size_t number, const std::string& line) {
    std::string changed;
    changed.reserve(text.size() + line.size() + 1);
    for (std::size_t at = 1; !text.empty(); ++at) {
        const auto before = text;
        take_users_line(text);
        changed += at == number ? std::string_view{line} : before.substr(0, before.size() - text.size());
    }
    if (number == 0) {
        if (!changed.empty() && changed.back() != '\n')
            changed += '\n';
        changed += line;
    }
    return changed;
}

} // namespace

[[nodiscard]] result<SavedUser> save_user(const std::filesystem::path& users_file, const UserEntry& entry) {
    if (auto checked = check(entry); !checked)
        return checked.error();
    auto file = LockedFile::open(users_file, "users file");
    if (!file)
        return file.error();
    const auto text = read_users_file(file->path());
    if (!text)
        return text.error();
    const auto users = parse_users(*text);
    if (!users)
        return users.error();
    const auto existing = std::find_if(users->begin(), users->end(),
                                       [&](const User& user) { return user.principal.name == entry.name; });
    const User* const found = existing == users->end() ? nullptr : &*existing;
    const auto user = merged(entry, found, *users);
    if (!user)
        return user.error();
    const auto changed = with_line(*text, found != nullptr ? found->line : 0, line_of(*user));
    if (auto checked = parse_users(changed); !checked)
        return checked.error();
    if (auto done = file->replace(changed); !done)
        return done.error();
    return SavedUser{found == nullptr, user->principal.actor.associate_id};
}

} // namespace portrait::http
