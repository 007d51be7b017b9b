#pragma once

#include "options/options.hpp"

#include <portrait/error.hpp>
#include <portrait/http/authenticator.hpp>
#include <portrait/http/log.hpp>

#include <functional>
#include <memory>

namespace portrait_server {

/// Who may call.
struct Users {
    std::shared_ptr<portrait::http::Authenticator> authenticator;
    bool demo_user = false;       ///< the demo user is one of them, with the public password
    std::function<void()> reload; ///< looks at the files at once, rather than within a second
};

/// Those of the users file, with the demo user when `--demo` is on and the file has none of that name, and
/// those of the token file. Both files are followed while the server runs; faults to come go to the log. The
/// error's message is a sentence for the operator.
[[nodiscard]] portrait::result<Users> open_users(const Settings& settings,
                                                 const std::shared_ptr<portrait::http::Log>& log);

} // namespace portrait_server
