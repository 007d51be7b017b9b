#include <portrait/http/lru_map.hpp>
#include <portrait/http/session_store.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace portrait::http {

class MemorySessionStore::State {
public:
    State(SessionOptions options, std::shared_ptr<const SteadyClock> clock)
        : options_{options}
        , clock_{std::move(clock)} {}

    void start(const SecretDigest& digest, const Principal& principal) {
        const std::lock_guard lock{mutex_};
        const auto now = clock_->now();
        erase(digest);
        make_room(principal.name, now);
        // Everything that can throw comes before the session and its count change.
        Session session{principal, now, now};
        auto& count = of_principal_[principal.name];
        sessions_.touch(digest) = std::move(session);
        ++count;
    }

    std::optional<Principal> find(const SecretDigest& digest) {
        const std::lock_guard lock{mutex_};
        const auto* const found = sessions_.find(digest);
        if (found == nullptr)
            return std::nullopt;
        const auto now = clock_->now();
        if (is_over(*found, now)) {
            erase(digest);
            return std::nullopt;
        }
        auto& session = sessions_.touch(digest);
        session.used = std::max(session.used, now);
        return session.principal;
    }

    bool end(const SecretDigest& digest) {
        const std::lock_guard lock{mutex_};
        return erase(digest);
    }

    std::size_t count() const {
        const std::lock_guard lock{mutex_};
        return sessions_.size();
    }

private:
    struct Session {
        Principal principal;
        SteadyTimestamp started;
        SteadyTimestamp used;
    };

    /// Compares whole seconds, so that a limit of any length compares without an overflow.
    bool is_over(const Session& session, SteadyTimestamp now) const noexcept {
        using std::chrono::seconds;
        return std::chrono::floor<seconds>(now - session.used) >= options_.idle ||
               std::chrono::floor<seconds>(now - session.started) >= options_.lifetime;
    }

    bool erase(const SecretDigest& digest) {
        const auto* const session = sessions_.find(digest);
        if (session == nullptr)
            return false;
        const auto count = of_principal_.find(session->principal.name);
        if (--count->second == 0)
            of_principal_.erase(count);
        return sessions_.erase(digest);
    }

    void make_room(const std::string& principal, SteadyTimestamp now) {
        while (!sessions_.empty() && (is_over(sessions_.oldest().value, now) ||
                                      sessions_.size() >= std::max<std::size_t>(options_.most, 1)))
            erase(sessions_.oldest().key);
        const auto own = of_principal_.find(principal);
        if (own == of_principal_.end() ||
            own->second < std::max<std::size_t>(options_.most_of_one_principal, 1))
            return;
        const auto& entries = sessions_.entries();
        erase(std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
                  return entry.value.principal.name == principal;
              })->key);
    }

    const SessionOptions options_;
    const std::shared_ptr<const SteadyClock> clock_; ///< read under the lock, so that times come in order
    mutable std::mutex mutex_;
    LruMap<Session> sessions_;
    std::unordered_map<std::string, std::size_t> of_principal_; ///< how many sessions each principal has
};

MemorySessionStore::MemorySessionStore(SessionOptions options, std::shared_ptr<const SteadyClock> clock)
    : state_{std::make_unique<State>(options, clock ? std::move(clock) : system_steady_clock())} {}

MemorySessionStore::~MemorySessionStore() = default;

void MemorySessionStore::start(const SecretDigest& session, const Principal& principal,
                               std::function<void(result<void>)> done) {
    state_->start(session, principal);
    done({});
}

void MemorySessionStore::find(const SecretDigest& session,
                              std::function<void(result<std::optional<Principal>>)> done) {
    done(state_->find(session));
}

void MemorySessionStore::end(const SecretDigest& session, std::function<void(result<bool>)> done) {
    done(state_->end(session));
}

std::size_t MemorySessionStore::count() const {
    return state_->count();
}

} // namespace portrait::http
