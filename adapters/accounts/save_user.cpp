#include "line_file.hpp"
#include "locked_file.hpp"
#include "password_hash.hpp"
#include "users_file.hpp"

#include <portrait/accounts/file_authenticator.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace portrait::http {

namespace {

[[nodiscard]] result<void> check(const UserEntry& entry) {
    if (auto checked = check_entry(entry); !checked)
        return checked;
    if (entry.name.front() == '#')
        return Error{errc::account_invalid, "The name can't begin with #, as a comment does"};
    if (const auto fault = password_hash_fault(entry.password_hash); !fault.empty())
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

result<SavedUser> save_user(const std::filesystem::path& users_file, const UserEntry& entry) {
    if (auto checked = check(entry); !checked)
        return checked.error();
    auto file = LockedFile::open(users_file, users_file_name);
    if (!file)
        return file.error();
    const auto text = file->read();
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
    const auto& principal = user->principal;
    const auto changed =
        with_line(*text, found != nullptr ? found->line : 0,
                  fmt::format("{}:{}:{}\n", principal.name, user->password_hash, columns_of(principal)));
    if (auto checked = parse_users(changed); !checked)
        return checked.error();
    if (auto done = file->replace(changed); !done)
        return done.error();
    return SavedUser{found == nullptr, principal.actor.associate_id};
}

} // namespace portrait::http
