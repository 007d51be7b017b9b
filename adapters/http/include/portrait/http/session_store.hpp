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

/// Port: the sessions of browsers (contract section 4), each by the SHA-256 of its secret; the secret itself
/// stays with the browser. An endpoint without one has a `MemorySessionStore`; servers that share sessions
/// implement it over what they share.
///
/// Called on the threads that serve sockets, so an implementation must not block: it calls `done` once,
/// before it returns or later from a thread of its own, also after an error. An error is answered as
/// `status_of` has it. Thread-safe.
class PORTRAIT_EXPORT SessionStore {
public:
    virtual ~SessionStore() = default;

    /// Adds a session of the principal. An implementation with a limit ends another session to make room.
    virtual void start(const SecretDigest& session, const Principal& principal,
                       std::function<void(result<void>)> done) = 0;

    /// Finds the session's principal and counts this as a use of the session; absent when there is no such
    /// session or it is over.
    virtual void find(const SecretDigest& session,
                      std::function<void(result<std::optional<Principal>>)> done) = 0;

    /// Ends the session; false when there was none.
    virtual void end(const SecretDigest& session, std::function<void(result<bool>)> done) = 0;
};

/// Sessions in this process's memory, bounded by `SessionOptions`: beyond `most`, the one that was idle
/// longest ends. A restart ends all of them. Calls `done` before it returns, never with an error.
class PORTRAIT_EXPORT MemorySessionStore final : public SessionStore {
public:
    /// Without a clock it takes the system's.
    explicit MemorySessionStore(SessionOptions options, std::shared_ptr<const SteadyClock> clock = nullptr);
    MemorySessionStore(const MemorySessionStore&) = delete;
    MemorySessionStore& operator=(const MemorySessionStore&) = delete;
    ~MemorySessionStore() override;

    void start(const SecretDigest& session, const Principal& principal,
               std::function<void(result<void>)> done) override;
    void find(const SecretDigest& session,
              std::function<void(result<std::optional<Principal>>)> done) override;
    void end(const SecretDigest& session, std::function<void(result<bool>)> done) override;

    /// How many sessions are kept, those included that are over and were not removed yet.
    std::size_t count() const;

private:
    class PORTRAIT_HIDDEN State;
    std::unique_ptr<State> state_;
};

} // namespace portrait::http
