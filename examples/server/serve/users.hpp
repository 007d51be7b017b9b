#pragma once

#include "options/settings.hpp"
#include "terminal/console.hpp"

#include <portrait/accounts/known_callers.hpp>
#include <portrait/http/authenticator.hpp>
#include <portrait/http/log.hpp>
#include <portrait/http/sign_in_counter.hpp>

#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

namespace portrait_server {

/// The demo user has the credential of SuperOffice's own examples.
inline constexpr std::string_view demo_user = "tje0";
inline constexpr std::string_view demo_password = "Tje0";

/// The users and tokens that may sign in.
struct Users {
    std::shared_ptr<portrait::http::Authenticator> authenticator;
    std::shared_ptr<portrait::http::MemorySignInCounter> counter;
    bool has_demo_user = false;   ///< the demo user can sign in with the public password
    std::function<void()> reload; ///< reads the files at once, rather than within a second
};

/// The demo user's line of a users file with `--demo`; otherwise empty.
std::string demo_users(const Settings& settings);
/// Whether a line of a users file is that user's.
bool names_user(std::istream& users, std::string_view name);

/// Opens the users file and the token file. With `--demo` the demo user is added unless the file has that
/// name. Both files are reloaded when they change; errors of a reload go to the log.
[[nodiscard]] Outcome<Users> open_users(const Settings& settings,
                                        const std::shared_ptr<portrait::http::Log>& log);

/// The parts of sign-in that are kept in the data folder.
struct KeptCallers {
    portrait::http::SecretDigest browser_key{};                  ///< of the cookies of known browsers
    std::unique_ptr<portrait::http::KnownCallersFile> addresses; ///< the users' addresses
};

/// Opens the files `sign-in.key` and `known-callers` in the data folder, and makes them when they are
/// missing.
[[nodiscard]] Outcome<KeptCallers>
open_kept_callers(const Settings& settings,
                  const std::shared_ptr<portrait::http::MemorySignInCounter>& counter,
                  const std::shared_ptr<portrait::http::Log>& log);

/// Adds the tokens of the file of `--app-tokens`, if there is one.
[[nodiscard]] Outcome<void> read_app_tokens(const Settings& settings, portrait::http::AppTokens& tokens);

} // namespace portrait_server
