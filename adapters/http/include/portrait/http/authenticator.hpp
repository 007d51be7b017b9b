#pragma once

#include <portrait/actor.hpp>
#include <portrait/export.hpp>

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

namespace portrait::http {

/// `Authorization: Basic`, decoded.
struct BasicCredentials {
    std::string user;
    std::string password;
    /// Stopped when no client waits for the outcome any more: an attempt that still waits may be dropped.
    std::stop_token stop{};
    /// The client's browser has proved that this user has signed in from it before, so that an authenticator
    /// may let the attempt wait apart from unknown clients. It proves nothing else: the password decides.
    bool known_browser = false;
};

/// `Authorization: SoTicket`: the ticket as it was sent, such as `7T:…`.
struct TicketCredentials {
    std::string ticket;
};

/// `Authorization: Bearer`: the access token as it was sent, such as `8A:…`.
struct BearerCredentials {
    std::string token;
};

/// A request's credentials. More kinds may be added; visit with a catch-all that rejects.
using Credentials = std::variant<BasicCredentials, TicketCredentials, BearerCredentials>;

/// An authenticated caller.
struct Principal {
    std::string name; ///< for logs
    Actor actor;      ///< for CreatedBy and UpdatedBy
    bool may_write = true;
    /// Changes with the principal's credentials, such as the password; 0: not known.
    std::uint64_t credential = 0;
};

/// The reason of a failed authentication.
struct AuthenticationFailure {
    enum class Kind {
        rejected,    ///< unknown or wrong, which answers don't distinguish: 401
        busy,        ///< too many attempts at present: 429 with Retry-After
        unavailable, ///< what the check needs can't be reached: 503 with Retry-After, `cause` in the log
        broken,      ///< internal error: 500, with `cause` in the log
    };
    Kind kind = Kind::rejected;
    std::chrono::seconds retry_after{1};
    std::string cause;
};

/// Throws `std::logic_error`: reading the principal of a failure is a programming error.
[[noreturn]] PORTRAIT_EXPORT void throw_exception_from_error(const AuthenticationFailure& failure,
                                                             const boost::source_location& where);

using AuthenticationOutcome = boost::system::result<Principal, AuthenticationFailure>;

/// Port: authenticates callers. Called on the threads that serve sockets, so it must not block: call `done`
/// once, before returning or later from a thread of your own. Thread-safe.
///
/// ```
/// class OneUser final : public Authenticator {
///     void authenticate(Credentials credentials, std::string_view /*remote_address*/,
///                       std::function<void(AuthenticationOutcome)> done) override {
///         const auto* basic = std::get_if<BasicCredentials>(&credentials);
///         if (basic == nullptr || basic->user != "ada" || !equal_secrets(basic->password, password))
///             return done(AuthenticationFailure{});
///         done(Principal{.name = "ada", .actor = {.associate_id = 1, .name = "ada"}});
///     }
/// };
/// ```
class PORTRAIT_EXPORT Authenticator {
public:
    virtual ~Authenticator() = default;

    /// `remote_address` is the client's, for rate limits; valid during the call only.
    virtual void authenticate(Credentials credentials, std::string_view remote_address,
                              std::function<void(AuthenticationOutcome)> done) = 0;

    /// Checks a session's principal again: completes with its present rights, or with `rejected` when the
    /// user was removed or has another password. Calls `done` as `authenticate` does. The default completes
    /// with the principal unchanged.
    virtual void revalidate(const Principal& principal, std::function<void(AuthenticationOutcome)> done);
};

} // namespace portrait::http
