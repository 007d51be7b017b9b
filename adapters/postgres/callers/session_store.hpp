#pragma once

#include "callers/freshness.hpp"

#include <portrait/http/lru_map.hpp>
#include <portrait/http/session_store.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace portrait::postgres {

class Database;

/// A session as it was read.
struct FoundSession {
    http::Principal principal;
    std::int64_t number = 0; ///< of the last change when it was read
    Deadline ends{};         ///< by its lifetime
    Deadline used{};
    Deadline written{}; ///< its use in the database
};

/// The sessions that were found lately, and which of them were used. Thread-safe.
class SessionCache {
public:
    explicit SessionCache(const http::SessionOptions& options);

    /// A session that nothing has ended up to the change of that number; notes the use.
    std::optional<http::Principal> find(const http::SecretDigest& session, std::int64_t number);
    /// The number of calls of `forget` and `clear`.
    std::uint64_t removals() const;
    /// Adds a session unless `removals` has changed since before it was read, and notes the use.
    void add(const http::SecretDigest& session, FoundSession found, std::uint64_t removals);
    void forget(const http::SecretDigest& session);
    void clear();

    /// Removes and returns the sessions whose use has to be written.
    std::vector<http::SecretDigest> take_uses();
    void give_back(const std::vector<http::SecretDigest>& uses);

    const http::SessionOptions& options() const noexcept { return options_; }

private:
    void note_use(const http::SecretDigest& session, FoundSession& found, Deadline now);

    const http::SessionOptions options_;
    const std::chrono::milliseconds writing_interval_; ///< of a session's use
    mutable std::mutex mutex_;
    http::LruMap<FoundSession> sessions_;
    std::vector<http::SecretDigest> uses_;
    std::uint64_t removals_ = 0;
};

/// Sessions in the table session.
class PostgresSessionStore final : public http::SessionStore {
public:
    PostgresSessionStore(std::weak_ptr<Database> database, std::shared_ptr<Freshness> freshness,
                         std::shared_ptr<SessionCache> cache);

    void start(const http::SecretDigest& session, const http::Principal& principal,
               std::function<void(result<void>)> done) override;
    void find(const http::SecretDigest& session,
              std::function<void(result<std::optional<http::Principal>>)> done) override;
    void end(const http::SecretDigest& session, std::function<void(result<bool>)> done) override;

private:
    // Weak: the last owner must not be a completion on one of its threads.
    const std::weak_ptr<Database> database_;
    const std::shared_ptr<Freshness> freshness_;
    const std::shared_ptr<SessionCache> cache_;
};

/// Writes the noted uses. Their notes may be lost.
[[nodiscard]] attempt<void> write_uses(Connection& connection, SessionCache& cache, Deadline deadline);
/// Deletes sessions that are over.
[[nodiscard]] attempt<void> sweep_sessions(Connection& connection, const http::SessionOptions& options,
                                           Deadline deadline);

} // namespace portrait::postgres
