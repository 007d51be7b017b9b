#include "callers/browser_sessions.hpp"

#include "callers/authorization.hpp"
#include "callers/sign_in.hpp"

#include <portrait/injection_point.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace portrait::http {
namespace {

/// Calls a port; its completion gets an exception as an error.
template<class Call, class Done>
void contain_port(const Call& call, const Done& done) {
    try {
        call();
    } catch (const std::exception& exception) {
        done(Error{errc::internal}.with_cause(exception.what()));
    }
}

} // namespace

void BrowserSessions::find(std::string_view secret, const std::function<void(Found)>& done) const {
    // Every secret has this length; hashing a longer one would cost time.
    if (secret.size() != session_secret_length)
        return done(problem_of(AuthenticationFailure{}));
    const auto session = sha256(secret);
    const auto fail = [done](const Error& error) { done(problem_of(error, Access::read)); };
    const auto revalidate = [this, session, done, fail](const result<std::optional<Principal>>& found) {
        if (!found)
            return fail(found.error());
        if (!*found)
            return done(problem_of(AuthenticationFailure{}));
        injection_point("session/found");
        const auto decide = [this, session, done](AuthenticationOutcome now) {
            if (now)
                return done(*std::move(now));
            if (now.error().kind == AuthenticationFailure::Kind::rejected)
                store_->end(session, [](const result<bool>&) {});
            done(problem_of(now.error()));
        };
        contain_port([&] { authenticator_->revalidate(**found, decide); }, fail);
    };
    contain_port([&] { store_->find(session, revalidate); }, fail);
}

void BrowserSessions::start(const Principal& principal,
                            const std::function<void(result<std::string>)>& done) const {
    auto secret = random_secret();
    const auto session = sha256(secret);
    contain_port(
        [&] {
            store_->start(session, principal,
                          [secret = std::move(secret), done](const result<void>& started) {
                              done(started ? result<std::string>{secret} : started.error());
                          });
        },
        done);
}

void BrowserSessions::end(std::string_view secret, const std::function<void(result<bool>)>& done) const {
    contain_port([&] { store_->end(sha256(secret), done); }, done);
}

} // namespace portrait::http
