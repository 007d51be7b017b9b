#pragma once

#include <portrait/http/authenticator.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/http/session_store.hpp>

#include <boost/system/result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace portrait::http {

/// The sessions of browsers by their secrets, over the two ports that know them. Contains the ports'
/// exceptions. Thread-safe; lives until every completion has come.
class BrowserSessions {
public:
    BrowserSessions(std::shared_ptr<SessionStore> store,
                    std::shared_ptr<Authenticator> authenticator) noexcept;

    using Found = boost::system::result<Principal, Problem>;
    /// Finds the principal of a session with its present rights; 401 when there is no such session. A session
    /// ends with its user and with its user's password.
    void find(std::string_view secret, const std::function<void(Found)>& done) const;

    /// Starts a session and gives its secret.
    void start(const Principal& principal, const std::function<void(result<std::string>)>& done) const;

    /// Ends a session; false when there was none.
    void end(std::string_view secret, const std::function<void(result<bool>)>& done) const;

private:
    std::shared_ptr<SessionStore> store_;
    std::shared_ptr<Authenticator> authenticator_;
};

} // namespace portrait::http
