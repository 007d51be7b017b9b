#include "serve/demo.hpp"

#include <portrait/accounts/file_authenticator.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <vector>

namespace portrait_server::demo {

namespace {

constexpr std::int32_t last_person = 1000;

} // namespace

[[nodiscard]] portrait::result<std::string> users_line() {
    const auto hash = portrait::http::hash_password(password);
    if (!hash)
        return hash.error();
    return fmt::format("{}:{}:1:Terje Demo\n", user, *hash);
}

[[nodiscard]] portrait::result<void> add_persons(portrait::sqlite::SqlitePersonDirectory& persons) {
    std::vector<portrait::sqlite::Person> missing;
    for (std::int32_t number = 1; number <= last_person; ++number) {
        const auto id = portrait::PersonId::from(number).value();
        const auto exists = persons.contains(id);
        if (!exists)
            return exists.error();
        if (!*exists)
            missing.push_back({.id = id, .name = fmt::format("Demo person {}", number)});
    }
    return missing.empty() ? portrait::result<void>{} : persons.add(missing);
}

} // namespace portrait_server::demo
