#include <portrait/http/secret_digest.hpp>
#include <portrait/http/sign_in_counter.hpp>

#include <algorithm>
#include <limits>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace portrait::http {

namespace {

/// Digests under a random key, so that no client can choose names that collide.
struct Keys {
    SecretDigest network;
    SecretDigest name;
    SecretDigest both;
};

struct Entry {
    SecretDigest key{};
    std::uint32_t failures = 0; ///< at the time of the last attempt
    SteadyTimestamp last{};
};

/// Entries by key, those that were touched longest ago first.
class Table {
public:
    explicit Table(std::size_t capacity)
        : capacity_{capacity} {}

    Entry* find(const SecretDigest& key) {
        const auto place = places_.find(key);
        return place == places_.end() ? nullptr : &*place->second;
    }
    bool has(const SecretDigest& key) const { return places_.contains(key); }

    /// A new entry when there is none; the one that was touched longest ago makes room.
    Entry& touch(const SecretDigest& key) {
        if (const auto place = places_.find(key); place != places_.end()) {
            oldest_first_.splice(oldest_first_.end(), oldest_first_, place->second);
            return *place->second;
        }
        if (places_.size() >= capacity_) {
            places_.erase(oldest_first_.front().key);
            oldest_first_.pop_front();
        }
        const auto place = oldest_first_.insert(oldest_first_.end(), Entry{.key = key});
        places_.emplace(key, place);
        return *place;
    }

    void erase(const SecretDigest& key) {
        const auto place = places_.find(key);
        if (place == places_.end())
            return;
        oldest_first_.erase(place->second);
        places_.erase(place);
    }

private:
    std::size_t capacity_;
    std::list<Entry> oldest_first_;
    std::unordered_map<SecretDigest, std::list<Entry>::iterator, SecretDigestHash, SecretDigestEqual> places_;
};

} // namespace

class MemorySignInCounter::State {
public:
    State(SignInLimits limits, std::shared_ptr<const SteadyClock> clock)
        : limits_{limits}
        , clock_{std::move(clock)}
        , networks_{std::max<std::size_t>(limits.remembered, 1)}
        , names_{std::max<std::size_t>(limits.remembered, 1)}
        , known_{std::max<std::size_t>(limits.remembered, 1)} {}

    SignInLeave begin(const SignInAttempt& attempt);
    void succeeded(const SignInAttempt& attempt);
    void withdraw(const SignInAttempt& attempt);

private:
    Keys keys_of(const SignInAttempt& attempt) const;
    std::uint32_t failures(const Entry& entry, SteadyTimestamp now) const;
    std::chrono::milliseconds wait(Entry* entry, std::uint32_t limit, SteadyTimestamp now) const;
    void count(Table& table, const SecretDigest& key, SteadyTimestamp now) const;
    void uncount(const Keys& keys);

    const SignInLimits limits_;
    const std::shared_ptr<const SteadyClock> clock_; ///< read under the lock, so that times come in order
    const SecretDigest secret_ = random_bytes();
    std::mutex mutex_;
    Table networks_;
    Table names_;
    Table known_;
};

Keys MemorySignInCounter::State::keys_of(const SignInAttempt& attempt) const {
    const auto key = [this](char kind, std::string_view text) {
        return hmac_sha256(secret_, std::string{kind}.append(text));
    };
    auto both = std::string{attempt.network}.append(1, '\0').append(attempt.name);
    return {.network = key('a', attempt.network), .name = key('n', attempt.name), .both = key('b', both)};
}

SignInLeave MemorySignInCounter::State::begin(const SignInAttempt& attempt) {
    const auto keys = keys_of(attempt);
    const std::lock_guard lock{mutex_};
    const auto now = clock_->now();
    SignInLeave leave{.known = known_.has(keys.both)};
    auto longest = wait(networks_.find(keys.network), limits_.failures_per_address, now);
    if (!leave.known)
        longest = std::max(longest, wait(names_.find(keys.name), limits_.failures_per_name, now));
    if (longest > std::chrono::milliseconds{0}) {
        leave.wait = std::chrono::ceil<std::chrono::seconds>(longest);
        return leave;
    }
    count(networks_, keys.network, now);
    count(names_, keys.name, now);
    return leave;
}

void MemorySignInCounter::State::succeeded(const SignInAttempt& attempt) {
    const auto keys = keys_of(attempt);
    const std::lock_guard lock{mutex_};
    uncount(keys);
    // An attacker with an account could clear the network's failures by it, so they stay.
    names_.erase(keys.name);
    known_.touch(keys.both).last = clock_->now();
}

void MemorySignInCounter::State::withdraw(const SignInAttempt& attempt) {
    const auto keys = keys_of(attempt);
    const std::lock_guard lock{mutex_};
    uncount(keys);
}

void MemorySignInCounter::State::uncount(const Keys& keys) {
    for (auto* entry : {networks_.find(keys.network), names_.find(keys.name)})
        if (entry != nullptr && entry->failures > 0)
            --entry->failures;
}

/// Those that time has not forgiven yet.
std::uint32_t MemorySignInCounter::State::failures(const Entry& entry, SteadyTimestamp now) const {
    if (now <= entry.last || limits_.forgive_one_after.count() <= 0)
        return entry.failures;
    const auto forgiven =
        std::chrono::floor<std::chrono::seconds>(now - entry.last) / limits_.forgive_one_after;
    return forgiven >= entry.failures ? 0 : entry.failures - static_cast<std::uint32_t>(forgiven);
}

std::chrono::milliseconds MemorySignInCounter::State::wait(Entry* entry, std::uint32_t limit,
                                                           SteadyTimestamp now) const {
    using std::chrono::milliseconds;
    if (entry == nullptr || limit == 0)
        return milliseconds{0};
    // A clock that was set back must not make anybody wait longer.
    entry->last = std::min(entry->last, now);
    const auto count = failures(*entry, now);
    if (count < limit)
        return milliseconds{0};
    const auto doublings = std::min(count - limit, std::uint32_t{30});
    const auto delay = std::min<std::chrono::seconds>(std::chrono::seconds{std::int64_t{1} << doublings},
                                                      limits_.longest_wait);
    return std::chrono::duration_cast<milliseconds>(entry->last + delay - now);
}

void MemorySignInCounter::State::count(Table& table, const SecretDigest& key, SteadyTimestamp now) const {
    auto& entry = table.touch(key);
    const auto before = failures(entry, now);
    entry.failures = before == std::numeric_limits<std::uint32_t>::max() ? before : before + 1;
    entry.last = now;
}

MemorySignInCounter::MemorySignInCounter(SignInLimits limits, std::shared_ptr<const SteadyClock> clock)
    : state_{std::make_unique<State>(limits, clock ? std::move(clock) : system_steady_clock())} {}

MemorySignInCounter::~MemorySignInCounter() = default;

void MemorySignInCounter::begin(const SignInAttempt& attempt, std::function<void(result<SignInLeave>)> done) {
    done(state_->begin(attempt));
}

void MemorySignInCounter::succeeded(const SignInAttempt& attempt) {
    state_->succeeded(attempt);
}

void MemorySignInCounter::withdraw(const SignInAttempt& attempt) {
    state_->withdraw(attempt);
}

} // namespace portrait::http
