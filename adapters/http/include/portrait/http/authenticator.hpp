#pragma once

#include <portrait/actor.hpp>
#include <portrait/export.hpp>

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace portrait::http {

/// `Authorization: Basic`, decoded.
struct BasicCredentials {
    std::string user;
    std::string password;
};

/// `Authorization: SoTicket`: the ticket as it was sent, such as `7T:…`.
struct TicketCredentials {
    std::string ticket;
};

/// `Authorization: Bearer`: the access token as it was sent, such as `8A:…`.
struct BearerCredentials {
    std::string token;
};

/// What a request shows to say who it is. More kinds may join; visit with a catch-all that refuses.
using Credentials = std::variant<BasicCredentials, TicketCredentials, BearerCredentials>;

/// Somebody who has been recognised.
struct Principal {
    std::string name; ///< for logs
    Actor actor;      ///< what CreatedBy and UpdatedBy will say
    bool may_write = true;
    /// Another one when what they were recognised by has changed, such as the password; 0: not known.
    std::uint64_t credential = 0;
};

/// Why somebody was not let in.
struct AuthenticationFailure {
    enum class Kind {
        rejected, ///< unknown or wrong, which is not told apart: 401
        busy,     ///< too many attempts at present: 429 with Retry-After
        broken,   ///< couldn't be decided: 500, with `cause` in the log
    };
    Kind kind = Kind::rejected;
    std::chrono::seconds retry_after{1};
    std::string cause;
};

/// Never thrown in practice: asking a refusal for its principal is a programming error.
[[noreturn]] PORTRAIT_EXPORT void throw_exception_from_error(const AuthenticationFailure& failure,
                                                             const boost::source_location& where);

using AuthenticationOutcome = boost::system::result<Principal, AuthenticationFailure>;

/// Port: who is calling. Called on the threads that serve sockets, so it must not block: answer at once by
/// calling `done` before returning, or later, once, from a thread of your own. Thread-safe.
class PORTRAIT_EXPORT Authenticator {
public:
    virtual ~Authenticator() = default;

    /// `remote_address` is the client's, for rate limits; valid during the call only.
    virtual void authenticate(Credentials credentials, std::string_view remote_address,
                              std::function<void(AuthenticationOutcome)> done) = 0;

    /// Recognises again a principal that signed in by a password and has a session since: gives the principal
    /// with its present rights, or `rejected` when the user is gone or has another password. Calls `done` as
    /// `authenticate` does. The default gives the principal unchanged.
    virtual void revalidate(const Principal& principal, std::function<void(AuthenticationOutcome)> done);
};

} // namespace portrait::http
