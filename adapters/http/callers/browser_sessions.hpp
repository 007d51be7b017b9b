#pragma once


#include <portrait/http/secret_digest.hpp>
#include <portrait/clock.hpp>
#include <portrait/http/authenticator.hpp>
#include <portrait/http/caller_options.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace portrait::http {

/// The length of a session's secret and of its XSRF value: 256 random bits as base64url.
inline constexpr std::size_t session_secret_length = 43;

/// Who is signed in (contract section 4). In memory, bounded, by the SHA-256 of each session's secret:
/// neither secret nor XSRF value is kept. The XSRF value is a MAC of the secret under a key that is made at
/// random for this object, so it belongs to one session and can be shown again to whoever has the secret.
/// Thread-safe; each call is a look into a table under a lock.
class Sessions {
public:
    Sessions(SessionOptions options, std::shared_ptr<const SteadyClock> clock);

    /// Signs somebody in: a fresh session, and its secret.
    std::string start(const Principal& principal);
    /// Who is signed in by this secret, and notes that the session was used. Absent when there is no such
    /// session, or none any more.
    std::optional<Principal> find(std::string_view secret);
    /// Signs out. Returns whether there was such a session.
    bool end(std::string_view secret);

    /// The value that X-XSRF-TOKEN has to have.
    std::string xsrf_value(std::string_view secret) const;
    bool is_xsrf_value(std::string_view secret, std::string_view value) const;

    std::size_t count() const;

private:
    struct Session {
        SecretDigest digest;
        Principal principal;
        SteadyTimestamp started;
        SteadyTimestamp used;
    };
    using Place = std::list<Session>::iterator;

    bool is_over(const Session& session, SteadyTimestamp now) const noexcept;
    void erase(Place place);
    void make_room(const std::string& principal, SteadyTimestamp now);

    const SessionOptions options_;
    const std::shared_ptr<const SteadyClock> clock_; ///< read under the lock, so that times come in order
    const SecretDigest xsrf_key_;
    mutable std::mutex mutex_;
    std::list<Session> longest_idle_first_;
    std::unordered_map<SecretDigest, Place, SecretDigestHash, SecretDigestEqual> places_;
    std::unordered_map<std::string, std::size_t> of_principal_;
};

} // namespace portrait::http
