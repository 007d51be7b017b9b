#include <portrait/http/session_store.hpp>

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace portrait::http {

namespace {

/// Rounds down to seconds, so that a limit of any length compares without an overflow.
std::chrono::seconds whole_seconds(SteadyTimestamp::duration duration) {
    return std::chrono::floor<std::chrono::seconds>(duration);
}

} // namespace

class MemorySessionStore::State {
public:
    State(SessionOptions options, std::shared_ptr<const SteadyClock> clock)
        : options_{options}
        , clock_{std::move(clock)} {}

    void start(const SecretDigest& digest, const Principal& principal);
    std::optional<Principal> find(const SecretDigest& digest);
    bool end(const SecretDigest& digest);
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
    mutable std::mutex mutex_;
    std::list<Session> longest_idle_first_;
    std::unordered_map<SecretDigest, Place, SecretDigestHash, SecretDigestEqual> places_;
    std::unordered_map<std::string, std::size_t> of_principal_;
};

void MemorySessionStore::State::start(const SecretDigest& digest, const Principal& principal) {
    const std::lock_guard lock{mutex_};
    const auto now = clock_->now();
    if (const auto found = places_.find(digest); found != places_.end())
        erase(found->second);
    make_room(principal.name, now);
    const auto place = longest_idle_first_.insert(longest_idle_first_.end(), {digest, principal, now, now});
    places_.emplace(digest, place);
    ++of_principal_[principal.name];
}

std::optional<Principal> MemorySessionStore::State::find(const SecretDigest& digest) {
    const std::lock_guard lock{mutex_};
    const auto found = places_.find(digest);
    if (found == places_.end())
        return std::nullopt;
    const auto place = found->second;
    const auto now = clock_->now();
    if (is_over(*place, now)) {
        erase(place);
        return std::nullopt;
    }
    place->used = std::max(place->used, now);
    longest_idle_first_.splice(longest_idle_first_.end(), longest_idle_first_, place);
    return place->principal;
}

bool MemorySessionStore::State::end(const SecretDigest& digest) {
    const std::lock_guard lock{mutex_};
    const auto found = places_.find(digest);
    if (found == places_.end())
        return false;
    erase(found->second);
    return true;
}

std::size_t MemorySessionStore::State::count() const {
    const std::lock_guard lock{mutex_};
    return places_.size();
}

bool MemorySessionStore::State::is_over(const Session& session, SteadyTimestamp now) const noexcept {
    return whole_seconds(now - session.used) >= options_.idle ||
           whole_seconds(now - session.started) >= options_.lifetime;
}

void MemorySessionStore::State::erase(Place place) {
    const auto count = of_principal_.find(place->principal.name);
    if (count != of_principal_.end() && --count->second == 0)
        of_principal_.erase(count);
    places_.erase(place->digest);
    longest_idle_first_.erase(place);
}

void MemorySessionStore::State::make_room(const std::string& principal, SteadyTimestamp now) {
    while (!longest_idle_first_.empty() &&
           (is_over(longest_idle_first_.front(), now) ||
            longest_idle_first_.size() >= std::max<std::size_t>(options_.most, 1)))
        erase(longest_idle_first_.begin());
    const auto own = of_principal_.find(principal);
    if (own == of_principal_.end() || own->second < std::max<std::size_t>(options_.most_of_one_principal, 1))
        return;
    const auto oldest =
        std::find_if(longest_idle_first_.begin(), longest_idle_first_.end(),
                     [&](const Session& session) { return session.principal.name == principal; });
    if (oldest != longest_idle_first_.end())
        erase(oldest);
}

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
