#pragma once

#include "options/options.hpp"

namespace portrait_server {

/// `tokens add NAME`: prints the token alone on standard output, and about it on standard error, so that a
/// script can take it. Returns the exit code, as the others do.
int add_token(const Settings& settings, const AddToken& command);

/// `tokens list`: a line for each.
int list_tokens(const Settings& settings);

/// `tokens revoke ID`
int revoke_token(const Settings& settings, const RevokeToken& command);

} // namespace portrait_server
