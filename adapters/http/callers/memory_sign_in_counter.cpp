#include <portrait/http/lru_map.hpp>
#include <portrait/http/sign_in_counter.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
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
            note(keys.network, 0); // so that the totals of other servers come
            note(keys.name, 0);
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

    void count(Table& table, const SecretDigest& key, SteadyTimestamp now) {
        auto& failures = touch(table, key);
        const auto before = unforgiven(failures, now);
        failures.count = before == std::numeric_limits<std::uint32_t>::max() ? before : before + 1;
        failures.last = now;
        note(key, 1);
    }

    /// Takes an attempt back that was counted as a failure.
    void uncount(const Keys& keys) {
        for (auto* failures : {networks.find(keys.network), names.find(keys.name)})
            if (failures != nullptr && failures->count > 0)
                --failures->count;
        note(keys.network, -1);
        note(keys.name, -1);
    }

    struct Change {
        std::int32_t failures = 0;
        bool is_reset = false;
    };
    using Changes = std::map<SecretDigest, Change>;

    /// Null: changes aren't noted, or there is no room for more of them.
    Change* change_of(const SecretDigest& key) {
        if (!is_shared)
            return nullptr;
        const auto found = changes.find(key);
        if (found != changes.end())
            return &found->second;
        return changes.size() < 2 * limits.remembered ? &changes[key] : nullptr;
    }
    void note(const SecretDigest& key, std::int32_t failures) {
        if (auto* const change = change_of(key))
            change->failures += failures;
    }
    void note_success(const Keys& keys) {
        if (auto* const change = change_of(keys.name))
            *change = {.failures = 0, .is_reset = true};
        if (is_shared && new_known.size() < limits.remembered)
            new_known.push_back(keys.both);
    }

    void set_total(const SignInTotal& total, SteadyTimestamp now) {
        auto* failures = networks.find(total.key);
        if (failures == nullptr)
            failures = names.find(total.key);
        if (failures == nullptr) // evicted
            return;
        std::int64_t count = total.failures;
        if (const auto later = changes.find(total.key); later != changes.end())
            count = (later->second.is_reset ? 0 : count) + later->second.failures;
        failures->count = static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(count, 0, std::numeric_limits<std::uint32_t>::max()));
        failures->last = std::max(failures->last, now - std::max(total.age, std::chrono::milliseconds{0}));
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
    bool is_shared = false;
    Changes changes; ///< for other servers
    std::vector<SecretDigest> new_known;
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
    state_->note_success(keys);
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

SignInChanges MemorySignInCounter::take_changes() {
    SignInChanges taken;
    const std::lock_guard lock{state_->mutex};
    state_->is_shared = true;
    taken.counts.reserve(state_->changes.size());
    for (const auto& [key, change] : state_->changes)
        taken.counts.push_back({.key = key, .failures = change.failures, .is_reset = change.is_reset});
    state_->changes.clear();
    taken.known.swap(state_->new_known);
    return taken;
}

void MemorySignInCounter::give_back(const SignInChanges& changes) {
    const std::lock_guard lock{state_->mutex};
    for (const auto& earlier : changes.counts) {
        auto* const change = state_->change_of(earlier.key);
        if (change == nullptr || change->is_reset)
            continue;
        change->failures += earlier.failures;
        change->is_reset = earlier.is_reset;
    }
    auto& known = state_->new_known;
    const auto room = state_->limits.remembered - std::min(known.size(), state_->limits.remembered);
    known.insert(known.end(), changes.known.begin(),
                 changes.known.begin() + static_cast<std::ptrdiff_t>(std::min(room, changes.known.size())));
}

void MemorySignInCounter::set_totals(std::span<const SignInTotal> totals) {
    const std::lock_guard lock{state_->mutex};
    const auto now = state_->clock->now();
    for (const auto& total : totals)
        state_->set_total(total, now);
}

void MemorySignInCounter::add_known(std::span<const SecretDigest> known) {
    const std::lock_guard lock{state_->mutex};
    for (const auto& pair : known)
        state_->touch(state_->known, pair);
}

} // namespace portrait::http
