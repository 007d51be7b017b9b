#include <portrait/http/lru_map.hpp>
#include <portrait/http/sign_in_counter.hpp>

#include <algorithm>
#include <limits>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace portrait::http {

class MemorySignInCounter::State {
public:
    State(SignInLimits most, std::shared_ptr<const SteadyClock> time)
        : limits{most}
        , clock{std::move(time)} {}

    SignInLeave begin(const SignInAttempt& attempt) {
        const auto keys = keys_of(attempt);
        const std::lock_guard lock{mutex};
        const auto now = clock->now();
        SignInLeave leave{.known = attempt.known_browser || known.find(keys.both) != nullptr};
        auto longest = wait(networks.find(keys.network), limits.failures_per_address, now);
        if (!leave.known)
            longest = std::max(longest, wait(names.find(keys.name), limits.failures_per_name, now));
        if (longest > std::chrono::milliseconds{0}) {
            leave.wait = std::chrono::ceil<std::chrono::seconds>(longest);
            return leave;
        }
        count(networks, keys.network, now);
        count(names, keys.name, now);
        return leave;
    }

    /// Digests under a random key, so that no client can choose names that collide.
    struct Keys {
        SecretDigest network;
        SecretDigest name;
        SecretDigest both;
    };
    struct Failures {
        std::uint32_t count = 0; ///< at the time of the last attempt
        SteadyTimestamp last{};
    };
    using Table = LruMap<Failures>;

    Keys keys_of(const SignInAttempt& attempt) const {
        const auto key = [this](char kind, std::string_view text) {
            return hmac_sha256(secret, std::string{kind}.append(text));
        };
        auto both = std::string{attempt.network}.append(1, '\0').append(attempt.name);
        return {.network = attempt.known_browser ? key('w', attempt.name) : key('a', attempt.network),
                .name = key('n', attempt.name),
                .both = key('b', both)};
    }

    Failures& touch(Table& table, const SecretDigest& key) const {
        if (table.size() >= std::max<std::size_t>(limits.remembered, 1) && table.find(key) == nullptr)
            table.erase(table.oldest().key);
        return table.touch(key);
    }

    void count(Table& table, const SecretDigest& key, SteadyTimestamp now) const {
        auto& failures = touch(table, key);
        const auto before = unforgiven(failures, now);
        failures.count = before == std::numeric_limits<std::uint32_t>::max() ? before : before + 1;
        failures.last = now;
    }

    /// Takes an attempt back that was counted as a failure.
    void uncount(const Keys& keys) {
        for (auto* failures : {networks.find(keys.network), names.find(keys.name)})
            if (failures != nullptr && failures->count > 0)
                --failures->count;
    }

    /// The failures that time has not forgiven yet.
    std::uint32_t unforgiven(const Failures& failures, SteadyTimestamp now) const {
        if (now <= failures.last || limits.forgive_one_after.count() <= 0)
            return failures.count;
        const auto forgiven =
            std::chrono::floor<std::chrono::seconds>(now - failures.last) / limits.forgive_one_after;
        return forgiven >= failures.count ? 0 : failures.count - static_cast<std::uint32_t>(forgiven);
    }

    std::chrono::milliseconds wait(Failures* failures, std::uint32_t limit, SteadyTimestamp now) const {
        using std::chrono::milliseconds;
        if (failures == nullptr || limit == 0)
            return milliseconds{0};
        // A clock that was set back must not lengthen the wait.
        failures->last = std::min(failures->last, now);
        const auto count = unforgiven(*failures, now);
        if (count < limit)
            return milliseconds{0};
        const auto doublings = std::min(count - limit, std::uint32_t{30});
        const auto delay = std::min<std::chrono::seconds>(std::chrono::seconds{std::int64_t{1} << doublings},
                                                          limits.longest_wait);
        return std::chrono::duration_cast<milliseconds>(failures->last + delay - now);
    }

    const SignInLimits limits;
    const std::shared_ptr<const SteadyClock> clock; ///< read under the lock, so that times come in order
    SecretDigest secret = random_bytes();
    mutable std::mutex mutex;
    Table networks;
    Table names;
    Table known; ///< pairs of network and name that have signed in; their count stays 0
};

MemorySignInCounter::MemorySignInCounter(SignInLimits limits, std::shared_ptr<const SteadyClock> clock)
    : state_{std::make_unique<State>(limits, clock ? std::move(clock) : system_steady_clock())} {}

MemorySignInCounter::~MemorySignInCounter() = default;

void MemorySignInCounter::begin(const SignInAttempt& attempt, std::function<void(result<SignInLeave>)> done) {
    done(state_->begin(attempt));
}

void MemorySignInCounter::succeeded(const SignInAttempt& attempt) {
    const auto keys = state_->keys_of(attempt);
    const std::lock_guard lock{state_->mutex};
    state_->uncount(keys);
    // The network's failures stay: an attacker with an account could clear them.
    state_->names.erase(keys.name);
    state_->touch(state_->known, keys.both);
}

void MemorySignInCounter::withdraw(const SignInAttempt& attempt) {
    const auto keys = state_->keys_of(attempt);
    const std::lock_guard lock{state_->mutex};
    state_->uncount(keys);
}

std::vector<SecretDigest> MemorySignInCounter::known() const {
    const std::lock_guard lock{state_->mutex};
    std::vector<SecretDigest> pairs;
    pairs.reserve(state_->known.size());
    for (const auto& entry : state_->known.entries())
        pairs.push_back(entry.key);
    return pairs;
}

void MemorySignInCounter::restore(const SecretDigest& key, std::span<const SecretDigest> known) {
    const std::lock_guard lock{state_->mutex};
    state_->secret = key;
    for (const auto& pair : known)
        state_->touch(state_->known, pair);
}

} // namespace portrait::http
