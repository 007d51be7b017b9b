#pragma once

#include <portrait/http/authenticator.hpp>
#include <portrait/http/problem.hpp>
#include <portrait/http/session_store.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace portrait::http {

/// Browser sessions by their secrets, over a store and the authenticator. Exceptions of both become errors.
/// Thread-safe; must outlive its completions.
class BrowserSessions {
public:
    BrowserSessions(std::shared_ptr<SessionStore> store,
                    std::shared_ptr<Authenticator> authenticator) noexcept
        : store_{std::move(store)}
        , authenticator_{std::move(authenticator)} {}

    using Found = ProblemOr<Principal>;
    /// Finds a session's principal with its present rights; 401 when there is no such session. A session ends
    /// when its user is removed or gets another password.
    void find(std::string_view secret, const std::function<void(Found)>& done) const;

    /// Starts a session; completes with its secret.
    void start(const Principal& principal, const std::function<void(result<std::string>)>& done) const;

    /// Ends a session; false when there was none.
    void end(std::string_view secret, const std::function<void(result<bool>)>& done) const;

private:
    std::shared_ptr<SessionStore> store_;
    std::shared_ptr<Authenticator> authenticator_;
};

} // namespace portrait::http
