#pragma once

#include <portrait/clock.hpp>
#include <portrait/error.hpp>
#include <portrait/export.hpp>
#include <portrait/http/authenticator.hpp>
#include <portrait/http/caller_options.hpp>
#include <portrait/http/secret_digest.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace portrait::http {

/// Port: browser sessions (contract section 4), each by the SHA-256 of its secret; only the browser has the
/// secret. An endpoint without one has a `MemorySessionStore`; servers that share sessions implement it over
/// a common database:
///
/// ```
/// void RedisSessions::find(const SecretDigest& session,
///                          std::function<void(result<std::optional<Principal>>)> done) {
///     redis_.async_get("session:" + hexadecimal(session), [done](error_code error, const auto& text) {
///         if (error)
///             return done(Error{errc::service_busy}.with_cause(error.message()));
///         done(text ? std::optional{principal_of(*text)} : std::nullopt);
///     });
/// }
/// ```
///
/// Called on the threads that serve sockets, so it must not block: it calls `done` once, before it returns or
/// later from another thread, also after an error. An error is answered with its `status_of`. Thread-safe.
class PORTRAIT_EXPORT SessionStore {
public:
    virtual ~SessionStore() = default;

    /// Adds a session. An implementation with a limit ends another session to make room.
    virtual void start(const SecretDigest& session, const Principal& principal,
                       std::function<void(result<void>)> done) = 0;

    /// Finds the session's principal and restarts the session's idle time; absent when there is no such
    /// session or it has expired.
    virtual void find(const SecretDigest& session,
                      std::function<void(result<std::optional<Principal>>)> done) = 0;

    /// Ends the session; false when there was none.
    virtual void end(const SecretDigest& session, std::function<void(result<bool>)> done) = 0;
};

/// Sessions in memory, bounded by `SessionOptions`: beyond `most`, the session idle longest ends. A restart
/// ends all of them. Calls `done` before it returns, never with an error.
class PORTRAIT_EXPORT MemorySessionStore final : public SessionStore {
public:
    /// A null clock is the system's.
    explicit MemorySessionStore(SessionOptions options, std::shared_ptr<const SteadyClock> clock = nullptr);
    MemorySessionStore(const MemorySessionStore&) = delete;
    MemorySessionStore& operator=(const MemorySessionStore&) = delete;
    ~MemorySessionStore() override;

    void start(const SecretDigest& session, const Principal& principal,
               std::function<void(result<void>)> done) override;
    void find(const SecretDigest& session,
              std::function<void(result<std::optional<Principal>>)> done) override;
    void end(const SecretDigest& session, std::function<void(result<bool>)> done) override;

    /// The number of sessions, including expired ones that were not removed yet.
    std::size_t count() const;

private:
    class PORTRAIT_HIDDEN State;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
