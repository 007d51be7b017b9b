#include "users_file.hpp"

#include "line_file.hpp"
#include "password_hash.hpp"

#include <portrait/http/secret_digest.hpp>

#include <boost/endian/conversion.hpp>
#include <fmt/format.h>

#include <unordered_set>
#include <utility>

namespace portrait::http {

namespace {

Error bad_user(std::string message) {
    return {errc::file_invalid, std::move(message)};
}

[[nodiscard]] result<User> parse_user(std::string_view line) {
    const auto columns = columns_of(line, 6);
    if (columns.empty())
        return bad_user("it has more than the six columns "
                        "name:hash:associate id:full name:person id:rights");
    const auto name = columns[0];
    const auto hash = columns[1];
    if (name.empty() || name == line)
        return bad_user("it must begin with name:hash");
    if (const auto fault = password_hash_fault(hash); !fault.empty())
        return bad_user(fmt::format("the password hash {}", fault));
    auto principal = parse_principal(name, columns[2], columns[3], columns[4], columns[5]);
    if (!principal)
        return principal.error();
    // Differs for different hashes and reveals nothing of them.
    principal->credential = boost::endian::load_big_u64(sha256(hash).data());
    return User{*std::move(principal), std::string{hash}};
}

} // namespace

result<std::vector<User>> parse_users(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    std::vector<User> users;
    std::unordered_set<std::string_view> names;
    const auto take = [&](std::string_view line, std::size_t number) -> result<void> {
        auto user = parse_user(line);
        if (!user)
            return user.error();
        if (!names.insert(line.substr(0, line.find(':'))).second)
            return bad_user("an earlier line has the same name");
        user->line = number;
        users.push_back(*std::move(user));
        return {};
    };
    if (auto taken = for_each_line(text, users_file_name, take); !taken)
        return taken.error();
    return users;
}

result<std::vector<User>> parse_users(std::string_view file, std::string_view further) {
    auto users = parse_users(file);
    if (!users)
        return users;
    auto others = parse_users(further);
    if (!others)
        return bad_user(fmt::format("In the further users: {}", others.error().message()));
    std::unordered_set<std::string> names;
    for (const auto& user : *users)
        names.insert(user.principal.name);
    for (auto& user : *others)
        if (!names.contains(user.principal.name))
            users->push_back(std::move(user));
    return users;
}

} // namespace portrait::http
