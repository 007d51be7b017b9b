#pragma once

#include "options/settings.hpp"
#include "serve/users.hpp"
#include "terminal/console.hpp"

#include <portrait/http/session_store.hpp>

#include <memory>

namespace portrait::postgres {
class PostgresCallers;
}

namespace portrait_server {

/// What the servers of one database share about their callers.
struct SharedCallers {
    /// To be destroyed after the endpoint.
    std::shared_ptr<portrait::postgres::PostgresCallers> callers;
    Users users; ///< without a counter, since the callers keep it
    std::shared_ptr<portrait::http::SessionStore> sessions;
    portrait::http::SecretDigest browser_key{}; ///< of the cookies of known browsers
};

/// Refuses files of users and of tokens beside a database.
[[nodiscard]] Outcome<void> check_shared_callers(const Settings& settings);

/// Reads the users and tokens of the database, and follows them. With `--demo` the demo user is added unless
/// the database has that name. Refused in a server without PostgreSQL.
[[nodiscard]] Outcome<SharedCallers>
open_shared_callers(const Settings& settings, std::shared_ptr<portrait::postgres::PostgresCallers> callers,
                    const std::shared_ptr<portrait::http::Log>& log);

} // namespace portrait_server
