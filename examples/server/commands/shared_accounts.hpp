#pragma once

#include "options/settings.hpp"
#include "terminal/console.hpp"

#include <portrait/accounts/file_authenticator.hpp>
#include <portrait/accounts/token_file.hpp>

#include <string_view>
#include <vector>

namespace portrait_server {

// The users and tokens in the database of `--store`. In a server without PostgreSQL all are refused.

[[nodiscard]] Outcome<portrait::http::SavedUser> save_shared_user(const Settings& settings,
                                                                  const portrait::http::UserEntry& user);
/// The entry's `users_file` isn't read.
[[nodiscard]] Outcome<portrait::http::AddedToken> add_shared_token(const Settings& settings,
                                                                   const portrait::http::TokenEntry& token);
[[nodiscard]] Outcome<std::vector<portrait::http::TokenDescription>>
list_shared_tokens(const Settings& settings);
/// False when there is no such token.
[[nodiscard]] Outcome<bool> revoke_shared_token(const Settings& settings, std::string_view id);

} // namespace portrait_server
